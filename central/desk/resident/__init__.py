"""Residents at a distance: a room's PIN, and who may try how often. What they then see is the dashboard's."""
