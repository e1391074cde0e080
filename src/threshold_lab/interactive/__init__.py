"""Scores of a cell -> what lets its threshold be moved, without a network; the only door to Altair."""

from threshold_lab.interactive.page import page
from threshold_lab.interactive.part import Movable, library, movable

__all__ = ["Movable", "library", "movable", "page"]
