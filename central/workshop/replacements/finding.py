"""Find the intervals that nobody metered and that have no true-up yet (R-4.3.5).

An interval is a software control that ended, or the time between an old module's last register and its successor's first one.
One that belongs to a control is the control's.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from central.campus.models import Account, MeteringPoint
from central.domain.unmetered import HOUR_MS
from central.link.models import BilledRegister, MeterSwap, SoftwareControl, SoftwareControlEnd
from central.office.dated_settings import Where, number_at
from central.workshop.replacements.models import Replacement, TrueUp

MINUTE_MS, DAY_MS = 60_000, 86_400_000
CONTROL, SWAP = "control:", "swap:"
Kind = TrueUp.Kind


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
    is_certain: bool = True
    """False: told by a clock that was not trusted, so that its instants are when central learnt of them."""
    is_read: bool = False
    """`counted_wh` was read off a display that photographs show: it is taken whatever an estimate says."""


def found(now_ms: int, building: str = "") -> Iterator[Unmetered]:
    """Give the intervals that ended and have no true-up, of one building or all.

    A replacement that was told longer ago than what is corrected at all is let be: those of the time before this was kept.
    """
    done = set(TrueUp.objects.values_list("interval", flat=True))
    since_ms = now_ms - number_at("true-up.wrong-days", now_ms) * DAY_MS
    for one in (
        *_controls(building, done),
        *_swaps(building, since_ms, done),
        *_said_here(building, since_ms, done),
    ):
        if _is_lived_in(one):
            yield one


def _controls(building: str, done: set[str]) -> Iterator[Unmetered]:
    ends = SoftwareControlEnd.objects.select_related("control__gateway__building").order_by("at_ms", "pk")
    for end in ends.filter(**({"control__gateway__building__code": building} if building else {})):
        one = _of_control(end)
        if one.name not in done and one.from_ms < one.to_ms:
            yield one


def _swaps(building: str, since_ms: int, done: set[str]) -> Iterator[Unmetered]:
    swaps = (
        MeterSwap.objects.exclude(account="")
        .filter(received_ms__gt=since_ms)
        .select_related("gateway__building")
        .order_by("at_ms", "pk")
    )
    for swap in swaps.filter(**({"gateway__building__code": building} if building else {})):
        name, at_ms = f"{SWAP}{swap.swap}"[:170], swap.at_ms
        if name not in done and _is_long(swap) and not _is_a_controls(swap.account, at_ms, swap.swap):
            sure = swap.at_trusted
            yield Unmetered(
                name, Kind.SWAP, swap.account, swap.old_meter, swap.last_at_ms, at_ms, is_certain=sure
            )


def _said_here(building: str, since_ms: int, done: set[str]) -> Iterator[Unmetered]:
    """Give what old modules counted beyond their last billed register, where central's page said the replacement.

    Known once the gateway bills by the new one, or by what took that one's place: its entries come in order,
    so all that the old one was billed is here then.
    """
    rows = Replacement.objects.filter(method=Replacement.Method.HERE, made_ms__gt=since_ms)
    for row in rows.filter(**({"building__code": building} if building else {})).order_by("at_ms", "pk"):
        if row.source in done:
            continue
        of = BilledRegister.objects.filter(account=row.account)
        is_taken = of.exclude(meter=row.old_meter).filter(at_ms__gte=row.at_ms).exists()
        old = of.filter(meter=row.old_meter).first() if is_taken else None
        if old is None or row.last_wh <= old.register_wh or _is_a_controls(row.account, row.at_ms):
            continue
        yield Unmetered(
            row.source,
            Kind.SWAP,
            row.account,
            row.old_meter,
            min(old.at_ms, row.at_ms - HOUR_MS),
            row.at_ms,
            row.last_wh - old.register_wh,
            is_read=True,
        )


def _of_control(end: SoftwareControlEnd) -> Unmetered:
    """Give a control's interval. Instants of an untrusted clock are when central learnt of them: at least a day is looked at."""
    control = end.control
    is_good_known = control.last_good_ms is not None
    from_ms = control.last_good_ms if control.last_good_ms is not None else control.began_ms
    is_certain = end.at_trusted and (control.last_good_trusted if is_good_known else control.began_trusted)
    return Unmetered(
        f"{CONTROL}{control.pk}"[:170],
        Kind.CONTROL,
        control.account,
        control.meter,
        from_ms if is_certain else min(from_ms, end.at_ms - DAY_MS),
        end.at_ms,
        end.counted_wh,
        is_certain=is_certain,
    )


def _is_long(swap: MeterSwap) -> bool:
    least = number_at("true-up.least-minutes", swap.at_ms, Where(building=swap.gateway.building.code))
    return swap.at_ms - swap.last_at_ms >= max(least, 1) * MINUTE_MS


def _is_a_controls(account: str, at_ms: int, swap: str = "") -> bool:
    """Say whether a software control stood then: its own end tells the interval, and may still be on its way."""
    began = SoftwareControl.objects.filter(account=account, began_ms__lte=at_ms)
    standing, ended = began.filter(ended=None), began.filter(ended__at_ms__gte=at_ms)
    by_it = SoftwareControlEnd.objects.filter(swap=swap) if swap else SoftwareControlEnd.objects.none()
    return standing.exists() or ended.exists() or by_it.exists()


def account_of(one: Unmetered) -> Account | None:
    """Give the account that an interval was told of; None: the campus has it no longer."""
    return Account.objects.filter(code=one.account).select_related("point").first()


def _is_lived_in(one: Unmetered) -> bool:
    """Say whether an account was open in an interval: else nobody can be charged, and no period waits for it."""
    account = account_of(one)
    return account is not None and bool(occupied(account.point, one.from_ms, one.to_ms))


def occupied(point: MeteringPoint, from_ms: int, to_ms: int) -> list[Account]:
    """Give the accounts of a point that were open at some time of an interval: each pays for its own part (C-4)."""
    accounts = Account.objects.filter(point=point, opened_ms__lt=to_ms).order_by("opened_ms")
    rows = accounts.select_related("point__customer_class__tariff", "point__room__building")
    return [one for one in rows if one.closed_ms is None or one.closed_ms > max(from_ms, one.opened_ms)]
