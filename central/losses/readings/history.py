"""What was known of a meter before this sheet: its last value with its date, and how much it usually uses."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import pairwise

from central.campus.models import Binding
from central.domain.hand_reading import Usual, usual_use
from central.link.models import MeterSwap, PeriodRegister
from central.losses.readings.models import AgreedReading, HandReading, ReadingSheet
from gateway.domain.loss import MS_PER_HOUR

DAY_MS = 24 * MS_PER_HOUR
MOST_PAST = 13
"""Periods that say what is usual: a year, and the same month of the last."""
MOST_SWAPS = 5
"""Of one room within one period: more is a circle in what was told."""


@dataclass(frozen=True, slots=True)
class Last:
    """The value that a use counts from. `by_hand` False: it is a register that was told when the meter was put in."""

    register_wh: int
    at_ms: int
    by_hand: bool = True
    automatic_wh: int | None = None
    """The automatic register at the same instant, as it was agreed then."""
    used_before_wh: int = 0
    """What the meters before it counted since their own last value."""
    swapped: tuple[str, ...] = ()
    """The meters it replaced since, the newest first."""


def last_values(sheet_from_ms: int, meters: Collection[str], until_ms: int) -> dict[str, Last]:
    """Give each meter's last value before a sheet: the agreed one, else the last reading, else what was told."""
    swaps = _swaps(meters, until_ms)
    wanted = {*meters, *(one.old_meter for chain in swaps.values() for one in chain)}
    found = (
        _put_in(wanted)
        | _closed(sheet_from_ms, wanted)
        | _read(sheet_from_ms, wanted)
        | _agreed(sheet_from_ms, wanted)
    )
    for meter, chain in swaps.items():
        own = found.get(meter)
        newest = chain[0]
        if own is None or not own.by_hand or own.at_ms < newest.from_ms:
            found[meter] = _after_swaps(chain, found)
    return {meter: found[meter] for meter in meters if meter in found}


def _after_swaps(chain: list[MeterSwap], found: dict[str, Last]) -> Last:
    """Count from the new meter's first register; beside it what those before counted since the last value of one of them."""
    used_wh = 0
    for swap, before in zip(chain, [*chain[1:], None], strict=True):
        old = found.get(swap.old_meter)
        if old is not None and old.by_hand:
            used_wh += swap.last_wh - old.register_wh
            break
        if before is not None:
            used_wh += swap.last_wh - before.first_wh
    newest = chain[0]
    names = tuple(swap.old_meter for swap in chain)
    return Last(newest.first_wh, newest.from_ms, by_hand=False, used_before_wh=used_wh, swapped=names)


def _swaps(meters: Collection[str], until_ms: int) -> dict[str, list[MeterSwap]]:
    """Give by meter the replacements that led to it, the newest first."""
    by_new: dict[str, MeterSwap] = {}
    wanted = set(meters)
    for _round in range(MOST_SWAPS):
        found = MeterSwap.objects.filter(new_meter__in=wanted, from_ms__lte=until_ms).order_by("from_ms")
        fresh = {swap.new_meter: swap for swap in found}
        by_new |= fresh
        wanted = {swap.old_meter for swap in fresh.values()} - by_new.keys()
        if not wanted:
            break
    chains = {}
    for meter in meters:
        chain: list[MeterSwap] = []
        at = by_new.get(meter)
        while at is not None and at not in chain and len(chain) < MOST_SWAPS:
            chain.append(at)
            at = by_new.get(at.old_meter)
        if chain:
            chains[meter] = chain
    return chains


def _agreed(before_ms: int, meters: Iterable[str]) -> dict[str, Last]:
    """Give what was agreed of earlier periods; a supplement counts over its table."""
    lines = AgreedReading.objects.filter(
        meter__in=list(meters), agreed_wh__isnull=False, table__sheet__from_ms__lt=before_ms
    )
    rows = lines.order_by("table__sheet__from_ms", "table__number").values_list(
        "meter", "agreed_wh", "agreed_ms", "automatic_wh"
    )
    return {meter: Last(wh or 0, at_ms, automatic_wh=automatic) for meter, wh, at_ms, automatic in rows}


def _read(before_ms: int, meters: Iterable[str]) -> dict[str, Last]:
    readings = HandReading.objects.filter(
        meter__in=list(meters), register_wh__isnull=False, sheet__from_ms__lt=before_ms
    )
    rows = readings.order_by("sheet__from_ms", "at_ms", "pk").values_list("meter", "register_wh", "at_ms")
    return {meter: Last(wh or 0, at_ms) for meter, wh, at_ms in rows}


def _put_in(meters: Iterable[str]) -> dict[str, Last]:
    bound = Binding.objects.filter(meter__meter_no__in=list(meters), baseline_wh__isnull=False)
    rows = bound.order_by("from_ms").values_list("meter__meter_no", "baseline_wh", "from_ms")
    return {meter: Last(wh or 0, at_ms, by_hand=False) for meter, wh, at_ms in rows}


def _closed(before_ms: int, meters: Iterable[str]) -> dict[str, Last]:
    """Give what gateways told at the closing of the periods before: where nobody has read yet, use counts from there."""
    rows = PeriodRegister.objects.filter(meter__in=list(meters), period_ms__lte=before_ms)
    told = rows.order_by("period_ms").values_list("meter", "register_wh", "period_ms")
    return {meter: Last(wh, at_ms, by_hand=False) for meter, wh, at_ms in told}


def daily_uses(before_ms: int, meters: Collection[str]) -> dict[str, list[int]]:
    """Give each meter's use a day in earlier spans, from agreed tables and from the gateways' closing registers."""
    found: dict[str, list[int]] = {meter: [] for meter in meters}
    agreed = AgreedReading.objects.filter(
        meter__in=list(meters),
        use_wh__gte=0,
        last_ms__isnull=False,
        table__number=1,
        table__sheet__from_ms__lt=before_ms,
    )
    for meter, use_wh, last_ms, at_ms in agreed.values_list("meter", "use_wh", "last_ms", "agreed_ms"):
        found[meter].append(_a_day(use_wh or 0, at_ms - (last_ms or 0)))
    registers: dict[str, list[tuple[int, int]]] = {}
    closed = PeriodRegister.objects.filter(meter__in=list(meters), period_ms__lte=before_ms)
    for meter, at_ms, wh in closed.order_by("period_ms").values_list("meter", "period_ms", "register_wh"):
        registers.setdefault(meter, []).append((at_ms, wh))
    for meter, points in registers.items():
        for (from_ms, first_wh), (to_ms, last_wh) in pairwise(points):
            if last_wh >= first_wh:
                found[meter].append(_a_day(last_wh - first_wh, to_ms - from_ms))
    return {meter: uses[-MOST_PAST:] for meter, uses in found.items()}


def _a_day(use_wh: int, span_ms: int) -> int:
    return use_wh * DAY_MS // max(span_ms, DAY_MS)


def usual_of(last: Last | None, daily: list[int], at_ms: int) -> Usual | None:
    """Give what is usual between a meter's last value and an instant."""
    if last is None:
        return None
    return usual_use(daily, max(1, -(-(at_ms - last.at_ms) // DAY_MS)))


def sheets_of(building_ids: Iterable[int], period: str) -> dict[int, ReadingSheet]:
    """Give the sheets of a period by building; a building without an entry has none."""
    return {
        one.building_id: one
        for one in ReadingSheet.objects.filter(building__in=list(building_ids), period=period)
    }
