"""Compute a true-up for each account of each interval that nobody metered: at once, and once (R-4.3.5)."""

from dataclasses import asdict

from django.db import transaction

from central.campus.models import Account, MeteringPoint
from central.domain.unmetered import HOUR_MS, Estimate, agrees, known_instead
from central.ledger.one_writer import one_writer
from central.ledger.operations import record_audit
from central.workshop.replacements.finding import Unmetered, account_of, found, occupied
from central.workshop.replacements.history import Interval, estimate_of
from central.workshop.replacements.models import TrueUp, TrueUpStep
from central.workshop.replacements.money import Cost, cost_of

CENTRAL = "central"
Method, State = TrueUp.Method, TrueUp.State


def compute_new(now_ms: int) -> int:
    """Compute the true-ups of all intervals that have none; give how many were made. Safe to repeat."""
    return sum(_compute(one, now_ms) for one in found(now_ms))


@one_writer
@transaction.atomic
def _compute(one: Unmetered, now_ms: int) -> int:
    account = account_of(one)
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
    if not one.is_certain:
        return [0] * len(part.parts_ms), 0, 0, Method.NONE
    if one.counted_wh is not None and _is_taken(one.counted_wh, one, whole, estimate):
        hours = _cut(list(known_instead(one.counted_wh, shape)), whole, part)
        return hours, sum(hours), sum(hours), Method.REGISTER
    if estimate is None:
        return [0] * len(part.parts_ms), 0, 0, Method.NONE
    hours, all_wh = _cut(shape, whole, part), max(estimate.wh, 1)
    low, high = (bound * sum(hours) // all_wh for bound in (estimate.low_wh, estimate.high_wh))
    return hours, low, high, Method.ESTIMATE


def _is_taken(counted_wh: int, one: Unmetered, whole: Interval, estimate: Estimate | None) -> bool:
    """Say whether what the old module counted is taken: where it agrees; a photographed one unless the fuse says no."""
    if one.is_read:
        return counted_wh <= whole.point.max_power_w * sum(whole.parts_ms) // HOUR_MS + 1
    return estimate is None or agrees(estimate, counted_wh)


def _cut(hours: list[int], whole: Interval, part: Interval) -> list[int]:
    """Cut a part out of an interval's hours; an hour in which somebody moved is shared by time."""
    skip = (part.first_ms - whole.first_ms) // HOUR_MS
    theirs, all_ms = part.parts_ms, whole.parts_ms
    return [hours[skip + place] * ms // max(all_ms[skip + place], 1) for place, ms in enumerate(theirs)]


def _figures(estimate: Estimate | None, one: Unmetered, cost: Cost | None) -> dict[str, object]:
    figures: dict[str, object] = {} if estimate is None else asdict(estimate)
    figures.pop("hours", None)
    if estimate is not None:
        figures["wh"] = estimate.wh
    if one.counted_wh is not None:
        figures["counted_wh"] = one.counted_wh
    if not one.is_certain:
        figures["times_unknown"] = True
    if cost is not None:
        figures["rates"] = list(cost.rates)
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
