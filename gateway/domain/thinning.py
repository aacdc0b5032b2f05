"""Which readings a gateway keeps when it has been without central for very long (R-G2, C-12). Knows no table and no clock.

A reading bills nothing: the energy is in the next one. So of readings that wait for days one per meter and quarter hour is enough
for a curve; but none that tells a story (any outcome but a plain advance) and none that stands behind an entry.
"""

from collections.abc import Collection, Iterable, Sequence

from gateway.contract.facts import Entry, ReadingOutcome, ReadingRow
from gateway.contract.identifiers import MeterNo

KEPT_EVERY_MS = 900_000
PLAIN = frozenset({ReadingOutcome.ADVANCED, ReadingOutcome.UNCHANGED})

Register = tuple[MeterNo, int]


def registers_behind(entries: Iterable[Entry]) -> frozenset[Register]:
    """Give the registers that entries begin and end with: what was read there is never thinned (C-12)."""
    return frozenset(
        (entry.meter, register_wh)
        for entry in entries
        if entry.meter is not None
        for register_wh in (entry.register_from_wh, entry.register_to_wh)
        if register_wh is not None
    )


def thinned(
    packed: Sequence[list[ReadingRow]], behind: Collection[Register], every_ms: int = KEPT_EVERY_MS
) -> list[list[ReadingRow]]:
    """Give the same packs with fewer readings: the last of each meter's runs in one `every_ms`, and all that must stay.

    A run ends where the stamp's quarter or its trust changes, and where the stamp goes back: a clock that was set must not make two
    quarters one. Order and packs stay as they are, a pack may become empty.
    """
    following: dict[MeterNo, ReadingRow] = {}
    left = []
    for pack in reversed(packed):
        kept = []
        for row in reversed(pack):
            told = row.outcome not in PLAIN or (row.meter, row.register_wh) in behind
            if told or not _same_run(row, following.get(row.meter), every_ms):
                kept.append(row)
            following[row.meter] = row
        left.append(kept[::-1])
    return left[::-1]


def _same_run(row: ReadingRow, following: ReadingRow | None, every_ms: int) -> bool:
    return (
        following is not None
        and following.trusted is row.trusted
        and following.wall_ms >= row.wall_ms
        and following.wall_ms // every_ms == row.wall_ms // every_ms
    )
