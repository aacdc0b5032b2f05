"""The power bureau's own bills, entered beside our figures (R-4.1.9)."""
