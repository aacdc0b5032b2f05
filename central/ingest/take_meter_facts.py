"""Take what a gateway says of meters themselves: tied to a room, replaced on site, a register at a period's end (R-4.3.5, R-4.1.9).

A swap's binding is the gateway's: central writes it down, so that its next configuration doesn't undo what hangs on the wall (C-3).
"""

from central.campus.models import Building
from central.campus.site_swaps import SiteSwap, take_site_swap
from central.ingest.book_entries import CannotTake
from central.ingest.received_rows import INT64, instant_ms
from central.link.models import BilledRegister, Gateway, GatewayEpoch, MeterSwap, PeriodRegister
from central.prepared import upsert
from gateway.contract import meter_facts
from gateway.contract.facts import Instant
from gateway.contract.identifiers import NotAnIdentifier, checked


def take_binding(gateway: Gateway, epoch: GatewayEpoch, fact: meter_facts.MeterBound, now_ms: int) -> None:
    """Note from where a meter bills its account, before its first entry. Raises CannotTake for what can't be.

    A store that has no opening yet may not know how far central's books go: it moves no register that they have.
    """
    if not 0 <= fact.register_wh < INT64 or not fact.binding or len(fact.binding) > 64:
        raise CannotTake(f"a binding of meter {fact.meter} has no name or no register that can be kept")
    if epoch.opened or not BilledRegister.objects.filter(meter=fact.meter).exists():
        begin = (fact.account, fact.register_wh, fact.binding, fact.at)
        bill_from(gateway, fact.meter, *begin, now_ms)


def bill_from(
    gateway: Gateway, meter: str, account: str, register_wh: int, name: str, at: Instant, now_ms: int
) -> None:
    """Note that a meter bills an account from a register on; `name` is the binding, swap or control that says so."""
    upsert(
        BilledRegister(
            meter=meter,
            gateway=gateway,
            account=account,
            register_wh=register_wh,
            entry=name[:120],
            at_ms=instant_ms(at, now_ms),
            at_trusted=at.trusted,
        )
    )


def take_swap(gateway: Gateway, fact: meter_facts.MeterSwapped, now_ms: int) -> None:
    """Book a swap. Idempotent by its id. Raises CannotTake: the row is quarantined, shown, and nothing is changed."""
    row = _swap_row(gateway, fact, now_ms)
    known = MeterSwap.objects.filter(pk=fact.swap).first()
    if known is not None:
        if _content(known) != _content(row):
            raise CannotTake(f"swap {fact.swap} exists with different content")
        return
    _check(gateway, fact)
    building = Building.objects.select_for_update(no_key=True).get(pk=gateway.building_id)
    swap = SiteSwap(fact.binding, fact.old_meter, fact.new_meter, fact.account, fact.from_ms, fact.first_wh)
    actor = f"{gateway.pk}/{fact.by}"[:64]
    detail = f"{fact.old_meter} at {fact.last_wh} Wh, {fact.new_meter} from {fact.first_wh} Wh on: {fact.why}"
    why = take_site_swap(building, swap, actor=actor, detail=detail[:200], now_ms=now_ms)
    if why:
        raise CannotTake(why)
    row.save(force_insert=True)
    if fact.account is not None:
        bill_from(gateway, fact.new_meter, fact.account, fact.first_wh, fact.swap, fact.at, now_ms)


def _check(gateway: Gateway, fact: meter_facts.MeterSwapped) -> None:
    if not fact.swap.startswith(f"{gateway.pk}."):
        raise CannotTake(f"swap {fact.swap} is not named by its originator")
    if fact.account is not None and (not fact.binding or len(fact.binding) > 64):
        raise CannotTake(f"swap {fact.swap} names no binding that can be kept")
    numbers = (fact.last_wh, fact.first_wh, fact.from_ms)
    if not all(0 <= number < INT64 for number in numbers):
        raise CannotTake(f"swap {fact.swap} counts below zero or beyond 64 bits")
    try:
        checked(fact.new_meter)
    except NotAnIdentifier as error:
        raise CannotTake(str(error)) from error


def _swap_row(gateway: Gateway, fact: meter_facts.MeterSwapped, now_ms: int) -> MeterSwap:
    return MeterSwap(
        swap=fact.swap,
        gateway=gateway,
        account=fact.account or "",
        binding=fact.binding,
        old_meter=fact.old_meter,
        new_meter=fact.new_meter,
        last_wh=fact.last_wh,
        first_wh=fact.first_wh,
        last_frame=fact.last_frame or "",
        first_frame=fact.first_frame or "",
        last_read_by=fact.last_read_by[:64],
        first_read_by=fact.first_read_by[:64],
        by=fact.by[:64],
        why=fact.why[:500],
        from_ms=fact.from_ms,
        at_ms=instant_ms(fact.at, now_ms),
        at_trusted=fact.at.trusted,
        last_at_ms=instant_ms(fact.last_at, now_ms),
        received_ms=now_ms,
    )


def _content(row: MeterSwap) -> tuple[object, ...]:
    return row.old_meter, row.new_meter, row.account, row.binding, row.last_wh, row.first_wh, row.from_ms


def take_period_register(gateway: Gateway, fact: meter_facts.PeriodRegister, now_ms: int) -> None:
    """Keep a closing instant's register; what is said of it again completes it. Raises CannotTake for numbers none can be."""
    numbers = (
        fact.period_ms,
        fact.register_wh,
        fact.uncertainty_wh,
        fact.from_ms,
        fact.to_ms,
        fact.own_wh or 0,
    )
    if not all(0 <= number < INT64 for number in numbers):
        raise CannotTake(f"a register of meter {fact.meter} counts below zero or beyond 64 bits")
    said = {
        "gateway": gateway,
        "account": fact.account or "",
        "register_wh": fact.register_wh,
        "uncertainty_wh": fact.uncertainty_wh,
        "method": fact.method.value,
        "from_ms": fact.from_ms,
        "to_ms": fact.to_ms,
        "raw_frame": fact.raw_frame or "",
    }
    PeriodRegister.objects.update_or_create(
        meter=fact.meter,
        period_ms=fact.period_ms,
        defaults={**said, "own_wh": fact.own_wh} if fact.own_wh is not None else said,
        create_defaults={**said, "own_wh": fact.own_wh, "at_ms": instant_ms(fact.at, now_ms)},
    )
