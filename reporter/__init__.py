"""Proof, on a schedule, that a promoted Go-backend pilot can be released and rolled back."""

__version__ = "0.1.0"
