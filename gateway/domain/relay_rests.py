"""How long a relay is left alone before it is looked at, or told, again."""

RETRY_MS = (2_000, 10_000, 60_000, 300_000, 900_000)
"""The rest after the n-th command that had no effect; the last one repeats."""
DELAYED_LOOK_MS = 5_000
KEY_LOOK_MS = 5_000
SILENT_LOOK_MS = 10_000
"""The rest after a first silence, doubled with each further one: a dead meter must not keep a line from the others ..."""
LONGEST_SILENT_MS = 300_000
"""... up to this. A reading of its register ends it."""


def retry_rest_ms(tries: int) -> int:
    """Give the rest after the n-th command that had no effect."""
    return RETRY_MS[min(max(tries, 1), len(RETRY_MS)) - 1]


def silent_rest_ms(silences: int) -> int:
    """Give the rest after so many silences in a row."""
    return min(SILENT_LOOK_MS << min(max(silences, 1) - 1, 8), LONGEST_SILENT_MS)
