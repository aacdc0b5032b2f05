"""What keeps a room's supply off besides its credit, in words for who sells: floors above the desk know it, and say it here."""

from collections.abc import Callable

from central.office.words import Words

Finder = Callable[[int, int], Words]
"""Given a room's key and the instant; gives "" where it knows of nothing."""
_FINDERS: dict[str, Finder] = {}


def add_finder(name: str, finder: Finder) -> None:
    """Let a floor above say what it knows; the same name again replaces the former."""
    _FINDERS[name] = finder


def supply_notes(room_id: int, now_ms: int) -> list[Words]:
    """Give all that is known of a room: what must be said before somebody pays for a supply that won't return at once."""
    return [words for finder in _FINDERS.values() if (words := finder(room_id, now_ms))]
