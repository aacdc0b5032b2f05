"""Split a debt among persons: whole fen, and the shares make the debt exactly. Pure."""

from collections.abc import Sequence
from enum import StrEnum

MOST_SHARES = 20


class ShareFault(StrEnum):
    """Why shares can't be those of a debt."""

    NOBODY = "nobody"
    TOO_MANY = "too-many"
    NO_NAME = "no-name"
    NAMED_TWICE = "named-twice"
    NOT_POSITIVE = "not-positive"
    OTHER_SUM = "other-sum"


def split_evenly(total_fen: int, persons: int) -> list[int]:
    """Give each person's share; they differ by a fen at most, the first ones bear what doesn't divide."""
    each, rest = divmod(total_fen, persons)
    return [each + (place < rest) for place in range(persons)]


def fault_of(total_fen: int, shares: Sequence[tuple[str, int]]) -> ShareFault | None:
    """Say why these shares (name, fen) are not the debt's; None when they are."""
    names = [name.strip() for name, _fen in shares]
    if not shares:
        return ShareFault.NOBODY
    if len(shares) > MOST_SHARES:
        return ShareFault.TOO_MANY
    if not all(names):
        return ShareFault.NO_NAME
    if len(set(names)) != len(names):
        return ShareFault.NAMED_TWICE
    if any(fen <= 0 for _name, fen in shares):
        return ShareFault.NOT_POSITIVE
    return ShareFault.OTHER_SUM if sum(fen for _name, fen in shares) != total_fen else None
