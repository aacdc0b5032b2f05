"""Faults of modules and concentrators, from the first sign to their end, on the day's clock (R-4.3.3b, R-4.3.6)."""
