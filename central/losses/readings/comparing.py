"""Each reading beside the automatic register of its instant, each master beside its subs: what agrees, what differs by how much."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from central.campus.meter_groups import groups_of
from central.domain.hand_reading import Unreadable, use_since
from central.domain.reading_slips import Explanation, Pair, exchanged_with, explanations
from central.domain.readings_compared import (
    Allowances,
    Automatic,
    GroupByHand,
    Settled,
    Source,
    Verdict,
    agreed,
    group_by_hand,
    needs_settling,
    to_span,
    tolerance_wh,
    verdict,
)
from central.losses.readings.automatic import automatic_at
from central.losses.readings.history import Last
from central.losses.readings.meters import rules_at
from central.losses.readings.models import Settlement
from central.losses.readings.sheets import Line, Place, lines_of
from central.office.dated_settings import Where, number_at
from gateway.contract.rules import GroupRule

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Compared:
    """One line with what it is compared with. Energies are Wh; None where nothing is known."""

    line: Line
    at_ms: int
    hand_wh: int | None
    hand_use_wh: int | None
    automatic: Automatic | None
    automatic_use_wh: int | None
    within_wh: int
    verdict: Verdict
    settlement: Settlement | None
    agreed_wh: int | None
    use_wh: int | None
    source: Source
    slips: list[Explanation] = field(default_factory=list)

    @property
    def difference_wh(self) -> int | None:
        """By how much the reading lies above the automatic register."""
        if self.hand_wh is None or self.automatic is None or self.automatic.is_late:
            return None
        return self.hand_wh - self.automatic.register_wh

    @property
    def settled(self) -> Settled | None:
        """How its disagreement ended."""
        return Settled(self.settlement.how) if self.settlement else None

    @property
    def stands(self) -> bool:
        """Say whether it keeps the sheet from being agreed."""
        return needs_settling(self.verdict, self.settled)

    @property
    def span_ms(self) -> int | None:
        """How long its use took."""
        return self.at_ms - self.line.last.at_ms if self.line.last else None


@dataclass(frozen=True, slots=True)
class GroupCompared:
    """A master against its subs, by the values to be agreed and by the automatic registers."""

    rule: GroupRule
    by_hand: GroupByHand
    by_registers: GroupByHand


def allowances_at(place: Place) -> Allowances:
    """Give what the settings allow in a building."""
    where = Where(building=place.building.code)
    return Allowances(
        skew_ms=number_at("readings.clock-off", place.from_ms, where=where) * MINUTE_MS,
        fixed_wh=number_at("readings.tolerance", place.from_ms, where=where),
        class_ppm=number_at("readings.class-error", place.from_ms, where=where),
    )


def compared(place: Place, lines: Sequence[Line], now_ms: int) -> list[Compared]:
    """Compare each line; slips are looked for where one differs."""
    instants = {
        one.meter.meter: one.reading.at_ms
        if one.reading and one.reading.register_wh is not None
        else min(now_ms, place.until_ms)
        for one in lines
    }
    registers = automatic_at(instants)
    begun = _begun([one for one in lines if one.last])
    allowed = allowances_at(place)
    settled = _settlements(place)
    found = [
        _compared(one, instants[one.meter.meter], registers.get(one.meter.meter), begun, allowed, settled)
        for one in lines
    ]
    return _explained(found)


def compare_now(place: Place, now_ms: int) -> list[Compared]:
    """Compare a sheet's lines as of now."""
    return compared(place, lines_of(place, now_ms), now_ms)


def _begun(lines: Iterable[Line]) -> dict[str, int]:
    """Give by meter the automatic register where its use begins: as it was agreed, else as it is found now."""
    known: dict[str, int] = {}
    wanted: dict[str, int] = {}
    for line in lines:
        last = line.last
        assert last is not None, "only lines that count from a value are given"
        if not last.by_hand:
            known[line.meter.meter] = last.register_wh
        elif last.automatic_wh is not None:
            known[line.meter.meter] = last.automatic_wh
        else:
            wanted[line.meter.meter] = last.at_ms
    found = automatic_at(wanted)
    return known | {meter: one.register_wh for meter, one in found.items() if not one.is_late}


def _settlements(place: Place) -> dict[int, Settlement]:
    """Give the last settlement of each entry: a later entry of the meter is judged anew."""
    if place.sheet is None:
        return {}
    return {one.reading_id: one for one in place.sheet.settlements.order_by("pk")}


def _compared(
    line: Line,
    at_ms: int,
    automatic: Automatic | None,
    begun: Mapping[str, int],
    allowed: Allowances,
    settled: Mapping[int, Settlement],
) -> Compared:
    reading, last = line.reading, line.last
    hand_wh = reading.register_wh if reading else None
    use_wh = _use(line, hand_wh)
    within_wh = tolerance_wh(automatic, use_wh or 0, allowed) if automatic else 0
    judged = verdict(hand_wh, automatic, within_wh)
    if reading is not None and reading.unreadable == Unreadable.OTHER_METER:
        judged = Verdict.OTHER_METER
    settlement = settled.get(reading.pk) if reading else None
    value_wh, source = agreed(hand_wh, automatic, judged, Settled(settlement.how) if settlement else None)
    base = begun.get(line.meter.meter)
    automatic_use = None
    if automatic is not None and not automatic.is_late and base is not None and last is not None:
        automatic_use = _use_between(line, base, automatic)
    return Compared(
        line,
        at_ms,
        hand_wh,
        use_wh,
        automatic,
        automatic_use,
        within_wh,
        judged,
        settlement,
        value_wh,
        _use(line, value_wh),
        source,
    )


def _use(line: Line, register_wh: int | None) -> int | None:
    """Give the use up to a register: of this display, and of those that hung there before it."""
    last: Last | None = line.last
    if last is None or register_wh is None:
        return None
    return use_since(last.register_wh, register_wh, line.usual)[0] + last.used_before_wh


def _use_between(line: Line, begun_wh: int, automatic: Automatic) -> int:
    """Give the use by the automatic registers; the gateway's begins anew where the display does."""
    assert line.last is not None, "only a line with a last value has a use"
    return use_since(begun_wh, automatic.register_wh, line.usual)[0] + line.last.used_before_wh


def _explained(found: list[Compared]) -> list[Compared]:
    pairs = {
        one.line.meter.meter: Pair(one.hand_wh, one.automatic.register_wh if one.automatic else None)
        for one in found
    }
    for one in found:
        if one.verdict is Verdict.DIFFERS and one.hand_wh is not None and one.automatic is not None:
            one.slips.extend(exchanged_with(one.line.meter.meter, pairs, one.within_wh))
            one.slips.extend(explanations(one.hand_wh, one.automatic.register_wh, one.within_wh))
    return found


def groups_compared(place: Place, found: Sequence[Compared]) -> list[GroupCompared]:
    """Balance the building's groups by their agreed values and by the registers, brought to each master's span."""
    rules = rules_at(groups_of(place.building), place.until_ms - 1)
    by_meter = {one.line.meter.meter: one for one in found}
    return [
        GroupCompared(
            rule,
            _balanced(rule, rules, by_meter, {meter: one.use_wh for meter, one in by_meter.items()}),
            _balanced(
                rule, rules, by_meter, {meter: one.automatic_use_wh for meter, one in by_meter.items()}
            ),
        )
        for _name, rule in sorted(rules.items())
    ]


def _balanced(
    rule: GroupRule,
    rules: dict[str, GroupRule],
    by_meter: Mapping[str, Compared],
    uses_wh: Mapping[str, int | None],
) -> GroupByHand:
    master = by_meter.get(rule.master)
    span_ms = master.span_ms if master else None
    if not span_ms or span_ms <= 0:
        return group_by_hand(rule, rules, {}, 0, {})
    brought: dict[str, int | None] = {}
    skews: dict[str, int] = {}
    for meter, use_wh in uses_wh.items():
        own_ms = by_meter[meter].span_ms
        brought[meter] = use_wh
        if use_wh is not None and own_ms and own_ms > 0:
            in_span_wh = to_span(use_wh, own_ms, span_ms)
            brought[meter], skews[meter] = in_span_wh, abs(in_span_wh - use_wh)
    return group_by_hand(rule, rules, brought, span_ms, skews)
