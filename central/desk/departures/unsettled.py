"""What an account may still come to owe, in words for who pays money out: floors above the desk know it, and say it here."""

from collections.abc import Callable

from central.office.words import Words

Finder = Callable[[str], Words]
"""Given an account's code; gives "" where it knows of nothing."""
_FINDERS: dict[str, Finder] = {}


def add_finder(name: str, finder: Finder) -> None:
    """Let a floor above say what it knows; the same name again replaces the former."""
    _FINDERS[name] = finder


def unsettled_notes(account_code: str) -> list[Words]:
    """Give all that is known to be open: once money has left, nothing can be set off against it."""
    return [words for finder in _FINDERS.values() if (words := finder(account_code))]
