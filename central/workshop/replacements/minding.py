"""What is looked at once a minute: replacements recorded, true-ups computed, reminders of rooms that nobody meters."""

from central.workshop.replacements.controls import remind
from central.workshop.replacements.intervals import compute_new
from central.workshop.replacements.recording import record_new


def mind_replacements(now_ms: int) -> int:
    """Record and compute what is new, and remind; give how many things were done. Safe to repeat."""
    return record_new(now_ms) + compute_new(now_ms) + remind(now_ms)
