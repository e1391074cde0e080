"""A store -> what is wrong with it -> what of it can be put right, without training or touching what is right."""

from threshold_lab.verify.check import Onlooker, verify
from threshold_lab.verify.damage import Damage, Findings
from threshold_lab.verify.repair import Mended, repair

__all__ = ["Damage", "Findings", "Mended", "Onlooker", "repair", "verify"]
