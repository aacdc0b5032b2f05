"""Which readings a gateway keeps when it has been without central for very long (R-G2, C-12). Knows no table and no clock.

A reading bills nothing: the energy is in the next one. So of readings that wait for days one per meter and quarter hour is enough
for a curve; but none that tells a story (any outcome but a plain advance) and none that stands behind an entry.
"""

from collections.abc import Collection, Iterable

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
    packed: Collection[list[ReadingRow]], behind: Collection[Register], every_ms: int = KEPT_EVERY_MS
) -> list[list[ReadingRow]]:
    """Give the same packs with fewer readings: the last per meter and `every_ms` of the stamp, and all that must stay.

    Stamps of an untrusted clock fall into quarters of their own; order and packs stay as they are, a pack may become empty.
    """
    last: dict[tuple[MeterNo, bool, int], ReadingRow] = {}
    for pack in packed:
        for row in pack:
            last[row.meter, row.trusted, row.wall_ms // every_ms] = row

    def stays(row: ReadingRow) -> bool:
        return (
            row.outcome not in PLAIN
            or (row.meter, row.register_wh) in behind
            or last[row.meter, row.trusted, row.wall_ms // every_ms] is row
        )

    return [[row for row in pack if stays(row)] for pack in packed]
