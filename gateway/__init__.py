"""The building gateway: polls meters, keeps credit, cuts and restores, reports."""
