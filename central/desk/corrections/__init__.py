"""Corrections of receipts on the day of payment, and adjustments of the college's own errors found later (R-4.1.5)."""
