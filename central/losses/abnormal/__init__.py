"""Rooms with unusual use, each month (R-3.5): a work list for a person, that accuses nobody; only what he reviewed goes upwards."""
