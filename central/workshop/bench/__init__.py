"""Bench records, taken in as the bench wrote them (R-4.3.1, R-4.3.3b)."""
