"""For each gap of the four-way agreement the smallest set of rows and errors that explains it (R-B4). Pure.

    rows against rows   gap_rows.py     matched by keys, then by numbers; what differs or has no partner is an error
    rows against sums   gap_totals.py   the smallest set of single errors that closes each sum's gap

Both look at all buildings and the periods beside, so that a moved row's other half is found. Equal explanations are all given (or
counted), none is invented: every set closes its gap to the unit, and what no rows explain is said to be unexplained.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from central.domain.agreement_rows import Frame, Grain, Row, Rules
from central.domain.four_way import LineKind, Party, Sources, line_rows
from central.domain.gap_findings import GapExplanation, Part, mirrored
from central.domain.gap_rows import explain_rows
from central.domain.gap_totals import explain_totals

MONEY_RULES = Rules()
ENERGY_RULES = Rules(one_row_per_place=True, reading_step=1000)
"""The electrician writes whole kWh; the modules say hundredths."""
BRIDGE_RULES = Rules()


def explain_line(
    kind: LineKind, sources: Sources, buildings: Iterable[str], period: str, rules: Rules
) -> tuple[GapExplanation, ...]:
    """Explain one line's gap in each building whose sources are all there for the period; the others are left out.

    The bridge is compared room by room when every balance names its room, else building by building.
    """
    left, right = line_rows(kind, sources)
    there = [building for building in buildings if _is_there(kind, sources, (building, period))]
    covers = [sources[party].covers for party in PARTIES[kind] if party in sources]
    rules = replace(rules, both_cover=frozenset.intersection(*covers) if covers else frozenset())
    return explain(left, right, there, period, rules, *_grains(kind, sources, right))


def _is_there(kind: LineKind, sources: Sources, frame: Frame) -> bool:
    return all(party in sources and frame in sources[party].covers for party in PARTIES[kind])


PARTIES: dict[LineKind, tuple[Party, ...]] = {
    LineKind.MONEY: (Party.CARD_ROOM, Party.K3),
    LineKind.ENERGY: (Party.ELECTRICIAN, Party.AUTOMATIC),
    LineKind.BRIDGE: (
        Party.OPENING,
        Party.TAKINGS,
        Party.SUBSIDIES,
        Party.REFUNDS,
        Party.CONSUMPTION,
        Party.CLOSING,
    ),
}


def _grains(kind: LineKind, sources: Sources, balances: Sequence[Row]) -> tuple[Grain, Grain]:
    if kind is LineKind.BRIDGE:
        return Grain.ROWS, Grain.PLACES if all(row.place for row in balances) else Grain.PERIOD
    left, right = (sources[party].grain if party in sources else Grain.ROWS for party in PARTIES[kind])
    return left, right


def explain(
    left: Sequence[Row],
    right: Sequence[Row],
    buildings: Iterable[str],
    period: str,
    rules: Rules,
    left_grain: Grain = Grain.ROWS,
    right_grain: Grain = Grain.ROWS,
) -> tuple[GapExplanation, ...]:
    """Explain the gaps of some buildings in one period from all rows of both sources, neighbouring periods and buildings too."""
    if left_grain is Grain.ROWS and right_grain is Grain.ROWS:
        parts = explain_rows(left, right, rules)
    elif right_grain is not Grain.ROWS:
        parts = explain_totals(left, right, right_grain, rules)
    else:
        turned = explain_totals(right, left, left_grain, rules)
        parts = {frame: [_mirrored(part) for part in found] for frame, found in turned.items()}
    frames = [(building, period) for building in buildings]
    return tuple(_explanation(frame, left, right, parts.get(frame, [])) for frame in frames)


def _explanation(
    frame: Frame, left: Iterable[Row], right: Iterable[Row], parts: list[Part]
) -> GapExplanation:
    gap = sum(row.amount for row in left if row.frame == frame)
    gap -= sum(row.amount for row in right if row.frame == frame)
    return GapExplanation(*frame, gap, tuple(sorted(parts, key=repr)))


def _mirrored(part: Part) -> Part:
    turned = tuple(tuple(mirrored(error) for error in errors) for errors in part.alternatives)
    return replace(part, delta=-part.delta, alternatives=turned)
