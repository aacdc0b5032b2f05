"""Find the intervals that nobody metered, and compute a true-up for each account of each: at once, and once (R-4.3.5).

An interval is a software control that ended, or the time between an old module's last register and its successor's first one.
One that belongs to a control is the control's.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from django.db import transaction

from central.campus.models import Account, MeteringPoint
from central.domain.unmetered import HOUR_MS, Estimate, agrees, known_instead
from central.ledger.one_writer import one_writer
from central.ledger.operations import record_audit
from central.link.models import MeterSwap, SoftwareControl, SoftwareControlEnd
from central.office.dated_settings import Where, number_at
from central.workshop.replacements.history import Interval, estimate_of
from central.workshop.replacements.models import TrueUp, TrueUpStep
from central.workshop.replacements.money import cost_of

CENTRAL = "central"
MINUTE_MS, DAY_MS = 60_000, 86_400_000
CONTROL, SWAP = "control:", "swap:"
Kind, Method, State = TrueUp.Kind, TrueUp.Method, TrueUp.State


@dataclass(frozen=True, slots=True)
class Unmetered:
    """An interval of an account's room as the gateway told it. `counted_wh`: what the old module counted meanwhile, if known."""

    name: str
    kind: TrueUp.Kind
    account: str
    meter: str
    from_ms: int
    to_ms: int
    counted_wh: int | None = None


def compute_new(now_ms: int) -> int:
    """Compute the true-ups of all intervals that have none; give how many were made. Safe to repeat."""
    return sum(_compute(one, now_ms) for one in found(now_ms))


def found(now_ms: int, building: str = "") -> Iterator[Unmetered]:
    """Give the intervals that ended and have no true-up, of one building or all.

    A replacement that was told longer ago than what is corrected at all is let be: those of the time before this was kept.
    """
    known = TrueUp.objects.values_list("interval", flat=True)
    done = set(known)
    ends = SoftwareControlEnd.objects.select_related("control__gateway__building").order_by("at_ms", "pk")
    for end in ends.filter(**({"control__gateway__building__code": building} if building else {})):
        one = _of_control(end)
        if one.name not in done and one.from_ms < one.to_ms and _account_of(one) is not None:
            yield one
    since_ms = now_ms - number_at("true-up.wrong-days", now_ms) * DAY_MS
    swaps = (
        MeterSwap.objects.exclude(account="")
        .filter(received_ms__gt=since_ms)
        .select_related("gateway__building")
        .order_by("at_ms", "pk")
    )
    for swap in swaps.filter(**({"gateway__building__code": building} if building else {})):
        between = Unmetered(
            f"{SWAP}{swap.swap}"[:170], Kind.SWAP, swap.account, swap.old_meter, swap.last_at_ms, swap.at_ms
        )
        if between.name not in done and _is_long(swap) and not _is_a_controls(swap) and _account_of(between):
            yield between


def _of_control(end: SoftwareControlEnd) -> Unmetered:
    control = end.control
    from_ms = control.began_ms if control.last_good_ms is None else control.last_good_ms
    return Unmetered(
        f"{CONTROL}{control.pk}"[:170],
        Kind.CONTROL,
        control.account,
        control.meter,
        from_ms,
        end.at_ms,
        end.counted_wh,
    )


def _is_long(swap: MeterSwap) -> bool:
    least = number_at("true-up.least-minutes", swap.at_ms, Where(building=swap.gateway.building.code))
    return swap.at_ms - swap.last_at_ms >= max(least, 1) * MINUTE_MS


def _is_a_controls(swap: MeterSwap) -> bool:
    """Say whether a software control stood then: its own end tells the interval, and may still be on its way."""
    began = SoftwareControl.objects.filter(account=swap.account, began_ms__lte=swap.at_ms)
    standing, ended = began.filter(ended=None), began.filter(ended__at_ms__gte=swap.at_ms)
    return standing.exists() or ended.exists()


def _account_of(one: Unmetered) -> Account | None:
    return Account.objects.filter(code=one.account).select_related("point").first()


@one_writer
@transaction.atomic
def _compute(one: Unmetered, now_ms: int) -> int:
    account = _account_of(one)
    if account is None:
        return 0
    point = MeteringPoint.objects.select_related("room__building", "customer_class").get(pk=account.point_id)
    whole = Interval(point, one.from_ms, one.to_ms)
    estimate = estimate_of(whole)
    made = 0
    for lived in occupied(point, one.from_ms, one.to_ms):
        part = Interval(
            point, max(one.from_ms, lived.opened_ms), min(one.to_ms, lived.closed_ms or one.to_ms)
        )
        made += _store(one, whole, part, lived, estimate, now_ms)
    return made


def occupied(point: MeteringPoint, from_ms: int, to_ms: int) -> list[Account]:
    """Give the accounts of a point that were open at some time of an interval: each pays for its own part (C-4)."""
    accounts = Account.objects.filter(point=point, opened_ms__lt=to_ms).order_by("opened_ms")
    rows = accounts.select_related("point__customer_class__tariff", "point__room__building")
    return [one for one in rows if one.closed_ms is None or one.closed_ms > from_ms]


def _store(
    one: Unmetered, whole: Interval, part: Interval, account: Account, estimate: Estimate | None, now_ms: int
) -> int:
    hours, low_wh, high_wh, method = _figure(one, whole, part, estimate)
    cost = cost_of(account, part.from_ms, part.to_ms, hours) if method != Method.NONE else None
    state = State.NO_FIGURE if cost is None else State.COMPUTED
    row, is_new = TrueUp.objects.get_or_create(
        interval=one.name,
        account=account,
        defaults={
            "kind": one.kind,
            "building": part.point.room.building,
            "meter": one.meter,
            "from_ms": part.from_ms,
            "to_ms": part.to_ms,
            "unit": account.point.customer_class.unit,
            "energy_wh": sum(hours),
            "low_wh": low_wh,
            "high_wh": high_wh,
            "amount": cost.amount if cost else 0,
            "method": method if cost else Method.NONE,
            "figures": _figures(estimate, one, cost),
            "hours": list(hours),
            "state": state,
            "computed_ms": now_ms,
        },
    )
    if is_new:
        write_step(row, TrueUpStep.Kind.COMPUTED, f"{row.name}-computed", None, "", now_ms)
        detail = f"{row.interval}: {row.energy_wh} Wh, {row.amount} {row.unit}, {row.method}"
        record_audit(
            actor=CENTRAL, action="true-up-computed", subject=account.code, detail=detail[:200], now_ms=now_ms
        )
    return int(is_new)


def _figure(
    one: Unmetered, whole: Interval, part: Interval, estimate: Estimate | None
) -> tuple[list[int], int, int, TrueUp.Method]:
    """Give the hours of an account's part with their bounds: the estimate, or what the old module counted where that agrees."""
    shape = list(estimate.hours) if estimate else list(whole.parts_ms)
    if one.counted_wh is not None and (estimate is None or agrees(estimate, one.counted_wh)):
        hours = _cut(list(known_instead(one.counted_wh, shape)), whole, part)
        return hours, sum(hours), sum(hours), Method.REGISTER
    if estimate is None:
        return [0] * len(part.parts_ms), 0, 0, Method.NONE
    hours, all_wh = _cut(shape, whole, part), max(estimate.wh, 1)
    low, high = (bound * sum(hours) // all_wh for bound in (estimate.low_wh, estimate.high_wh))
    return hours, low, high, Method.ESTIMATE


def _cut(hours: list[int], whole: Interval, part: Interval) -> list[int]:
    """Cut a part out of an interval's hours; an hour in which somebody moved is shared by time."""
    skip = (part.first_ms - whole.first_ms) // HOUR_MS
    theirs, all_ms = part.parts_ms, whole.parts_ms
    return [hours[skip + place] * ms // max(all_ms[skip + place], 1) for place, ms in enumerate(theirs)]


def _figures(estimate: Estimate | None, one: Unmetered, cost: object) -> dict[str, object]:
    figures: dict[str, object] = {} if estimate is None else asdict(estimate)
    figures.pop("hours", None)
    if estimate is not None:
        figures["wh"] = estimate.wh
    if one.counted_wh is not None:
        figures["counted_wh"] = one.counted_wh
    if cost is not None:
        figures["rates"] = [getattr(cost, "lowest_rate", 0), getattr(cost, "highest_rate", 0)]
    return figures


def write_step(
    row: TrueUp, kind: TrueUpStep.Kind, step: str, by: object, text: str, now_ms: int
) -> TrueUpStep:
    """Write what was done to a true-up, with its figures as they are now."""
    return TrueUpStep.objects.create(
        step=step[:64],
        true_up=row,
        kind=kind,
        energy_wh=row.energy_wh,
        amount=row.amount,
        method=row.method,
        text=text[:500],
        by=by,
        at_ms=now_ms,
    )
