"""Firmware versions: three numbers, compared as numbers. Pure."""

import re
from typing import NamedTuple

HIGHEST = 0xFFFF
_TYPED = re.compile(r"(\d{1,5})\.(\d{1,5})\.(\d{1,5})")
_SAID = re.compile(r"v?(\d{1,5})\.(\d{1,5})(?:\.(\d{1,5}))?(?:[-+ ].*)?", re.DOTALL)


class Version(NamedTuple):
    """`1.4.0`."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"


ANY = Version(0, 0, 0)


def typed_version(text: str) -> Version | None:
    """Read `1.4.0` as a person types it; None for anything else, and beyond 65535."""
    match = _TYPED.fullmatch(text) if text.isascii() else None
    return _checked(match)


def said_version(text: str) -> Version | None:
    """Read what a module says of itself: `1.4`, `v1.4.0`, `1.4.0-rc2` (a pre-release counts as its release); None otherwise."""
    match = _SAID.fullmatch(text.strip()) if text.isascii() else None
    return _checked(match)


def _checked(match: re.Match[str] | None) -> Version | None:
    if match is None:
        return None
    numbers = [int(part or 0) for part in match.groups()]
    return Version(*numbers) if max(numbers) <= HIGHEST else None
