"""Sweeps with a purpose: other people's numbers, and those this project reports; each run again, with a verdict."""
