"""Run ids -> their specifications -> trained again, from nothing stored -> compared -> a verdict each.

Nothing stored is executed: a specification is JSON that a strict schema reads, weights are arrays, and everything is
held against its recorded hash before anything is trained.
"""

from threshold_lab.reproduce.again import reproduce
from threshold_lab.reproduce.verdict import CANNOT, DIFFERS, IDENTICAL, VERDICTS, WITHIN, Reproduction

__all__ = ["CANNOT", "DIFFERS", "IDENTICAL", "VERDICTS", "WITHIN", "Reproduction", "reproduce"]
