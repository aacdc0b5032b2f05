"""Subsidies: credit per head for a whole campus at once, previewed, signed, credited once, with one way back on the same day."""
