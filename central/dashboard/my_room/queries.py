"""What a resident sees of his room: read for one account, and without a word of other rooms, of names or of who took the money."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from central.campus.models import Account
from central.campus.queries import price_at
from central.dashboard.my_room.supply_words import Facts, Said, say
from central.dashboard.use import by_day, use_chart
from central.desk.amounts_left import Left
from central.desk.models import Payment, Receipt
from central.desk.room_lines import RoomLine, room_lines
from central.desk.search import point_of_room
from central.domain.days_left import MOST_DAYS_SHOWN, days_left, energy_left_wh
from central.link.models import AccountDecision, Gateway, RelayState
from central.office.words import Words
from central.papers.charts import Column
from central.workshop.replacements.models import TrueUp
from central.workshop.replacements.queries import told_of_account

PAYMENTS, OLD_AFTER_MS = 8, 30 * 60_000
DAYS_AVERAGED = 7


@dataclass(frozen=True)
class Paid:
    """A payment: when, how much, its receipt's number; what for, where it was not electricity."""

    at_ms: int
    amount_fen: int
    number: int
    purpose: Words = ""


@dataclass(frozen=True)
class MyRoom:
    """One room. `days_left` None: it can't be told."""

    label: str
    building: str
    left: Left
    is_shared: bool
    """The balance is used up by other rooms, too: which is not said."""
    said: Said
    since_ms: int | None
    days_left: int | None
    lasts_long: bool
    heard_ms: int | None
    """The meter's last reading."""
    old: str
    """Why the figures may be old: `building` can't be reached, `meter` wasn't heard; empty when they are fresh."""
    columns: list[Column]
    chart: SafeString
    payments: list[Paid]
    true_ups: list[TrueUp]
    """What was not metered and the residents were told of, newest first (R-4.3.5)."""


def my_room(account: Account, now_ms: int) -> MyRoom:
    """Read one account's room; a fixed number of queries."""
    point = point_of_room(account.point.room_id)
    if point is None or point.live_account != account.code:
        raise LookupError(account.code)
    line = room_lines([point], now_ms)[0]
    columns = by_day(line.meters, now_ms)
    price = price_at(point.customer_class.tariff_id, now_ms)
    is_shared = bool(line.shares_with)
    lasts = None if is_shared else _days_left(line, columns, price.micro_yuan_per_kwh if price else None)
    return MyRoom(
        label=line.label,
        building=line.building,
        left=line.left,
        is_shared=is_shared,
        said=say(_facts(line)),
        since_ms=line.supply.since_ms,
        days_left=lasts,
        lasts_long=lasts == MOST_DAYS_SHOWN,
        heard_ms=line.last_seen_ms,
        old=_why_old(point.room.building_id, line, now_ms),
        columns=columns,
        chart=use_chart("use", "day", columns),
        payments=_payments(account),
        true_ups=told_of_account(account.code),
    )


def _facts(line: RoomLine) -> Facts:
    relays = list(RelayState.objects.filter(meter__in=line.meters).order_by("observed_closed", "at_ms"))
    decision = AccountDecision.objects.filter(account=line.paid_account).first()
    return Facts(
        kind=line.supply.kind,
        relay_why=relays[0].why if relays else "",
        decision=decision.decision if decision else "",
        reason=decision.reason if decision else "",
        is_low=line.is_low,
        is_spent=bool(line.left.now) and all(one.amount <= 0 for one in line.left.now),
    )


def _days_left(line: RoomLine, columns: Sequence[Column], micro_yuan_per_kwh: int | None) -> int | None:
    """Reckon by the last whole days: today is not over."""
    amounts = [(one.amount, one.unit) for one in line.left.now]
    used = [column.value for column in columns if not column.unfinished][-DAYS_AVERAGED:]
    return days_left(energy_left_wh(amounts, micro_yuan_per_kwh), used)


def _why_old(building_id: int, line: RoomLine, now_ms: int) -> str:
    if not Gateway.objects.filter(building=building_id, online=True).exists():
        return "building"
    if line.last_seen_ms is None or now_ms - line.last_seen_ms > OLD_AFTER_MS:
        return "meter"
    return ""


def _payments(account: Account) -> list[Paid]:
    """Give the last payments of this occupancy: those of whoever lived here before are none of his business."""
    rows = Receipt.objects.filter(payment__account=account).order_by("-number")[:PAYMENTS]
    words: dict[str, Words] = {one.value: one.label for one in Payment.Purpose} | {Payment.Purpose.ENERGY: ""}
    found = rows.values_list("at_ms", "amount_fen", "number", "payment__purpose", "payment__debt__penalty")
    return [
        Paid(at_ms, fen, number, words[purpose] if penalty is None else _("Penalty for stolen power"))
        for at_ms, fen, number, purpose, penalty in found
    ]
