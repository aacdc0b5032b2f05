"""Write down what was ordered, add to it, and end an order whose rest will not come. One transaction each, on record."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db import transaction

from central.ledger.one_writer import lock_head, one_writer
from central.ledger.operations import record_audit
from central.office.models import User
from central.workshop.devices.models import DeviceType, Maker
from central.workshop.goods.models import Order, OrderLine
from central.workshop.goods.queries import order_row

MOST_OF_A_LINE = 100_000


class OrderRefusal(StrEnum):
    """Why an order was not written down so."""

    NO_NUMBER = "no-number"
    NUMBER_KNOWN = "number-known"
    NO_LINES = "no-lines"
    OTHER_MAKER = "other-maker"
    """A line's model is another maker's: `what` is its code."""
    OUT_OF_RANGE = "out-of-range"
    CLOSED = "closed"
    UNKNOWN_ORDER = "unknown-order"
    NO_REASON = "no-reason"
    """Something is missing, and nobody says why the order ends: `what` is how many."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An expected refusal."""

    why: OrderRefusal
    what: str = ""


@one_writer
@transaction.atomic
def place_order(
    number: str, maker: Maker, day: date, lines: Mapping[DeviceType, int], *, actor: User, now_ms: int
) -> Order | Refused:
    """Write down an order: so many of each type. The same again gives the same order."""
    lock_head()
    number = number.strip()
    if not number:
        return Refused(OrderRefusal.NO_NUMBER)
    if (refused := _bad_lines(maker, lines)) is not None:
        return refused
    if (known := Order.objects.filter(number=number).first()) is not None:
        said = {line.type_id: line.quantity for line in known.lines.all()}
        is_same = (known.maker_id, known.day, said) == (maker.pk, day, {k.pk: v for k, v in lines.items()})
        return known if is_same else Refused(OrderRefusal.NUMBER_KNOWN, number)
    order = Order.objects.create(number=number, maker=maker, day=day, opened_ms=now_ms)
    for type_, quantity in lines.items():
        OrderLine.objects.create(order=order, type=type_, quantity=quantity)
    _on_record(order, "place-order", _said(lines), actor, now_ms)
    return order


@one_writer
@transaction.atomic
def set_line(order_id: int, type_: DeviceType, quantity: int, *, actor: User, now_ms: int) -> Order | Refused:
    """Order so many of a type from now on: more, fewer, or a model that the order did not have."""
    order = _locked(order_id)
    if isinstance(order, Refused):
        return order
    if order.closed_ms is not None:
        return Refused(OrderRefusal.CLOSED, order.number)
    if (refused := _bad_lines(order.maker, {type_: quantity})) is not None:
        return refused
    OrderLine.objects.update_or_create(order=order, type=type_, defaults={"quantity": quantity})
    _on_record(order, "change-order", _said({type_: quantity}), actor, now_ms)
    return order


@one_writer
@transaction.atomic
def close_order(order_id: int, why: str, *, actor: User, now_ms: int) -> Order | Refused:
    """End an order: complete, or with the reason why the rest will not come. Ended already: nothing changes."""
    order = _locked(order_id)
    if isinstance(order, Refused) or order.closed_ms is not None:
        return order
    lacks = order_row(order).missing
    if lacks and not why.strip():
        return Refused(OrderRefusal.NO_REASON, str(lacks))
    order.closed_ms, order.closed_why = now_ms, why.strip()[:200]
    order.save(update_fields=["closed_ms", "closed_why"])
    _on_record(order, "close-order", f"{lacks} missing {order.closed_why}".strip(), actor, now_ms)
    return order


def _locked(order_id: int) -> Order | Refused:
    lock_head()
    found = Order.objects.select_for_update(of=("self",), no_key=True).select_related("maker")
    return found.filter(pk=order_id).first() or Refused(OrderRefusal.UNKNOWN_ORDER)


def _bad_lines(maker: Maker, lines: Mapping[DeviceType, int]) -> Refused | None:
    if not lines:
        return Refused(OrderRefusal.NO_LINES)
    for type_, quantity in lines.items():
        if type_.maker_id != maker.pk:
            return Refused(OrderRefusal.OTHER_MAKER, type_.code)
        if not 0 < quantity <= MOST_OF_A_LINE:
            return Refused(OrderRefusal.OUT_OF_RANGE, type_.code)
    return None


def _said(lines: Mapping[DeviceType, int]) -> str:
    return ", ".join(f"{quantity} x {type_.code}" for type_, quantity in lines.items())


def _on_record(order: Order, action: str, detail: str, actor: User, now_ms: int) -> None:
    record_audit(
        actor=actor.username, action=action, subject=order.number, detail=detail[:200], now_ms=now_ms
    )
