"""Modules and concentrators, one record each from delivery to scrap: what they are, where they are, each step (R-4.3)."""
