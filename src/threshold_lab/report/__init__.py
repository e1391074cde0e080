"""Stored runs -> tables, pictures, the answers. Every number is read from what was recorded."""

from threshold_lab.report.rows import Estimate, Row, rows
from threshold_lab.report.state import opened, status

__all__ = ["Estimate", "Row", "opened", "rows", "status"]
