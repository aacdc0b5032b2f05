"""The daily check of the five parties: recorded, late, missing (R-4.2.0)."""
