"""When a certificate is renewed, and when its renewal is tried again. Knows no certificate and no clock."""

from dataclasses import dataclass

SHARE_LEFT = 3
"""Renewed once a third of its life is left (R-G6): of 90 days, 30 for whatever is in the way."""
SPREAD = 60
"""All gateways of a campus were set up in one week: each begins up to a sixtieth of the life later, by its own dice."""
FIRST_PAUSE_MS = 5 * 60_000
LONGEST_PAUSE_MS = 6 * 3_600_000
LONGEST_PAUSE_EXPIRED_MS = 30 * 60_000
"""Without a certificate there is no link: asked more often."""
TRIES_BEFORE_ALARM = 3


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when a certificate holds, in milliseconds since 1970 in UTC."""

    from_ms: int
    until_ms: int


def due_ms(validity: Validity, dice: float) -> int:
    """Say when a certificate is to be renewed; `dice` from 0 to 1."""
    life_ms = max(validity.until_ms - validity.from_ms, 0)
    return validity.until_ms - life_ms // SHARE_LEFT + int(life_ms / SPREAD * dice)


def pause_ms(tries: int, dice: float, *, expired: bool) -> int:
    """Say how long to wait after so many tries that failed: doubling, capped, the upper half spread by `dice` (0 to 1)."""
    longest_ms = LONGEST_PAUSE_EXPIRED_MS if expired else LONGEST_PAUSE_MS
    ceiling_ms = min(longest_ms, FIRST_PAUSE_MS * 2 ** min(max(tries - 1, 0), 10))
    return int(ceiling_ms * (0.5 + dice / 2))


def is_alarming(tries: int, *, expired: bool) -> bool:
    """Say whether a person must know of failed tries: one is a central that was just restarted."""
    return tries >= TRIES_BEFORE_ALARM or (expired and tries > 0)
