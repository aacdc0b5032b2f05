"""Gather a period's sources and set the lines side by side: nothing is written here (R-4.1.9).

Money and energy are read for all buildings and the periods beside: a payment in the wrong building or month is found there.
The bridge is read for one building and its period.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from central.campus.models import Building
from central.clock import campus_day
from central.domain.agreement_rows import Frame, Grain, Row
from central.domain.four_way import LineUnit, Party, Source, agreements
from central.domain.periods import Period, accounting_period_of
from central.papers.accounting import first_days, instants_of, period_before
from central.reports.agreement import energy, money
from central.reports.agreement.bridge import Bridge, Known, bridge_of
from central.reports.agreement.content import (
    KIND_OF,
    OF_KEY,
    BuildingContent,
    LineContent,
    LineKey,
    PartyRows,
)
from central.reports.agreement.given import Given
from central.reports.agreement.locked_before import Before, locked_before, put_locked
from central.reports.agreement.outside import outside
from gateway.contract.quantities import Unit

UNIT_OF_BRIDGE = {LineKey.BRIDGE: Unit.YUAN.value, LineKey.BRIDGE_KWH: Unit.KWH.value}


@dataclass(slots=True)
class Gathered:
    """All sources of a period and those beside it, ready to be compared building by building."""

    period: Period
    periods: list[Period]
    buildings: list[Building]
    given: dict[Party, Given]
    by_frame: dict[tuple[Party, Frame], list[Row]] = field(default_factory=dict)
    bridges: dict[str, Bridge] = field(default_factory=dict)
    """By building, as far as they were asked for."""

    def source(self, party: Party, frame: Frame) -> Source | None:
        """Give what one party says of one building and period."""
        how = self.given[party].frames.get(frame)
        if how is None:
            return None
        rows = tuple(self.by_frame.get((party, frame), ()))
        return Source(party, how.origin, rows, frozenset({frame}), how.grain)

    def grains(self, key: LineKey, building: str) -> tuple[Grain, Grain] | None:
        """Give how fine a line's two sides are; None while one has said nothing."""
        left, right = (self.given[party].frames.get((building, self.period.name)) for party in OF_KEY[key])
        return (left.grain, right.grain) if left and right else None


def beside(period: Period, now_ms: int) -> list[Period]:
    """Give the periods before and after one, and itself; what has not begun is left out."""
    after = accounting_period_of(period.after, first_days)
    return [period_before(period), period, *([after] if after.first <= campus_day(now_ms) else [])]


def is_over(period: Period, now_ms: int) -> bool:
    """Say whether a period's last instant has passed."""
    return instants_of(period)[1] <= now_ms


def gather(period: Period, wanted: Iterable[str], now_ms: int, *, alone: bool = False) -> Gathered:
    """Read the sources; the bridges of the `wanted` buildings only. `alone`: nothing of the others either, for figures without a
    search.
    """
    chosen = set(wanted)
    everywhere = Building.objects.order_by("code")
    buildings = list(everywhere.filter(code__in=chosen) if alone else everywhere)
    periods = beside(period, now_ms)[:2] if alone else beside(period, now_ms)
    by_hand, automatic = energy.readings(periods, buildings)
    own = {
        Party.CARD_ROOM: money.card_room(periods, buildings),
        Party.K3: money.k3(periods, buildings),
        Party.ELECTRICIAN: by_hand,
        Party.AUTOMATIC: automatic,
    }
    lists = (Party.K3, Party.ELECTRICIAN, Party.AUTOMATIC)
    given = own | {party: own[party].put_over(outside(party, periods, buildings)) for party in lists}
    locked = locked_before(periods[0], buildings)
    put_locked(given, locked.values(), period)
    found = Gathered(period, periods, buildings, given)
    for party, one in given.items():
        for row in one.rows:
            found.by_frame.setdefault((party, row.frame), []).append(row)
    for building in buildings:
        if building.code in chosen:
            found.bridges[building.code] = bridge_of(building, period, _known(locked.get(building.code)))
    return found


def _known(before: Before | None) -> Known | None:
    """Give what the locked period before says of a building's balances."""
    if before is None:
        return None
    closing = {
        unit: line.rows_of(Party.CLOSING)
        for key, unit in UNIT_OF_BRIDGE.items()
        if (line := before.content.get(key)) is not None
    }
    return Known(closing, before.locked_ms)


def compared(gathered: Gathered, building: Building) -> BuildingContent:
    """Set a building's lines side by side."""
    period = gathered.period
    frame = (building.code, period.name)
    lines = [_line(key, frame, _sources(gathered, key, frame)) for key in OF_KEY]
    bridge = gathered.bridges[building.code]
    for key, unit in UNIT_OF_BRIDGE.items():
        if key is LineKey.BRIDGE or bridge.has_any(unit):
            lines.append(_line(key, frame, bridge_sources(bridge, unit)))
    return BuildingContent(building.code, building.name, period.name, *instants_of(period), tuple(lines))


def _sources(gathered: Gathered, key: LineKey, frame: Frame) -> dict[Party, Source]:
    found = ((party, gathered.source(party, frame)) for party in OF_KEY[key])
    return {party: source for party, source in found if source is not None}


def bridge_sources(bridge: Bridge, unit: str) -> dict[Party, Source]:
    """Give one bridge's parties as sources."""
    sources = ((party, given.of_frame(bridge.frame)) for party, given in bridge.given(unit).items())
    return {party: source for party, source in sources if source is not None}


def _line(key: LineKey, frame: Frame, sources: dict[Party, Source]) -> LineContent:
    building, period = frame
    (found,) = agreements([building], period, sources)
    line = next(one for one in found.lines if one.kind is KIND_OF[key])
    if key is LineKey.BRIDGE_KWH:
        line = replace(line, unit=LineUnit.WATT_HOURS)
    rows = tuple(PartyRows(party, _sorted(source.rows)) for party, source in sorted(sources.items()))
    return LineContent(key, line.unit, line.left, line.right, rows)


def _sorted(rows: Sequence[Row]) -> tuple[Row, ...]:
    return tuple(sorted(rows, key=lambda row: (row.day, row.place, row.id)))
