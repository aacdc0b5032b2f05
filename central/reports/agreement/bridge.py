"""The bridge's sources: what the gateways told of balances, what was given and taken back, what the energy used costs (R-4.1.9).

Nothing here is read from central's own ledger: balances are those that the gateway wrote beside its entries, consumption is energy
times price as the entry names them. So that the bridge closes proves ledger and gateways alike. Money and kWh are two bridges.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast

from central.campus.models import Account, Bucket, Building, Room
from central.clock import campus_day
from central.desk.models import Receipt
from central.domain.agreement_rows import Frame, Row
from central.domain.four_way import Party
from central.domain.periods import Period
from central.link.models import (
    Closing,
    Delivery,
    Gateway,
    GatewayEntry,
    Grant,
    MirrorBalance,
    TakeBackRequest,
    WatermarkCheck,
)
from central.papers.accounting import instants_of
from central.reports.agreement.given import Given, ours
from gateway.contract.facts import EntryKind
from gateway.contract.quantities import Unit

NANO_PER_MICRO = 1000
BUCKET, UNIT, AMOUNT, AFTER = range(4)
"""What stands where in an entry's line."""
LOOKED_BACK = (8, 400)
"""So many entries before an edge are looked through for an account's buckets: most times a few name them all. A bucket that lies
still longer is looked for by its name.
"""
TOLD_BY_CENTRAL = (EntryKind.OPENING.value, EntryKind.GRANT.value)
"""Kinds of entries that are never booked; any other one that is not was replaced by an opening, and is billed anew after it."""
PARTIES = (Party.OPENING, Party.TAKINGS, Party.SUBSIDIES, Party.REFUNDS, Party.CONSUMPTION, Party.CLOSING)
TOLD = ("received_ms", "seq", "lines", "carried_nano_yuan")
Balances = dict[tuple[str, str, str], int]
"""By account, bucket and unit."""


@dataclass(slots=True)
class Bridge:
    """Both bridges of one building and period."""

    frame: Frame
    has_told: bool
    """False: no gateway told anything up to the period's end."""
    rows: dict[tuple[str, Party], list[Row]] = field(default_factory=dict)

    def put(self, unit: str, party: Party, row: Row) -> None:
        """Add one row."""
        self.rows.setdefault((unit, party), []).append(row)

    def given(self, unit: str) -> dict[Party, Given]:
        """Give one unit's parties; while the gateway has not told, the closing balances are missing, and never zero."""
        told = [party for party in PARTIES if self.has_told or party is not Party.CLOSING]
        return {party: ours(party, self.rows.get((unit, party), ()), [self.frame]) for party in told}

    def has_any(self, unit: str) -> bool:
        """Say whether anything is kept in a unit here."""
        return any(kept == unit for kept, _party in self.rows)


@dataclass(frozen=True, slots=True)
class Known:
    """What the locked period before says: its closing balances by unit, and since when entries count as late."""

    closing: dict[str, tuple[Row, ...]]
    locked_ms: int


@dataclass(slots=True)
class _Reader:
    """Reads one building's entries in the order in which the gateway wrote them: that of their numbers, whatever its clock said."""

    period: Period
    bridge: Bridge
    rooms: dict[str, Room]
    """By account."""
    buckets: dict[str, set[str]]
    """Which buckets an account may have."""
    balances: Balances = field(default_factory=dict)
    carried: dict[str, int] = field(default_factory=dict)
    """Nano-yuan below a micro-yuan, by account."""
    used: dict[tuple[str, str, date, date | None], int] = field(default_factory=dict)
    """By account, unit, day and the day it was booked when late: nano-yuan, or Wh."""

    def balance_rows(self, party: Party, day: date) -> None:
        """Put each account's balances as they stand now."""
        sums: dict[tuple[str, str], int] = {}
        for (account, _bucket, unit), amount in self.balances.items():
            sums[account, unit] = sums.get((account, unit), 0) + amount
        for (account, unit), amount in sorted(sums.items()):
            self.bridge.put(unit, party, self.row(account, account, day, amount))

    def row(
        self,
        name: str,
        account: str,
        day: date,
        amount: int,
        *,
        document: str = "",
        at_ms: int | None = None,
        booked: date | None = None,
        origin: str = "",
    ) -> Row:
        """Make a row of this building and period; without a paper of its own it leads to the account's room."""
        building, period = self.bridge.frame
        room = self.rooms.get(account)
        place, page = (room.full_label, f"room:{room.pk}") if room else (account, "")
        return Row(
            name, building, period, day, amount, place, document, at_ms, booked=booked, is_typed=False, origin=origin or page
        )  # fmt: skip

    def take(self, entry: GatewayEntry, late: date | None) -> None:
        """Follow one entry: its balances, and what was used or lapsed by it."""
        for line in entry.lines:
            self.balances[entry.account, line[BUCKET], line[UNIT]] = line[AFTER]
        if entry.kind == EntryKind.CONSUMPTION:
            self._take_use(entry, late)
        elif entry.kind == EntryKind.ADJUSTMENT:
            for line in entry.lines:
                nano = NANO_PER_MICRO if line[UNIT] == Unit.YUAN else 1
                self._add(entry, line[UNIT], -line[AMOUNT] * nano, late)
        elif entry.kind == EntryKind.EXPIRED or (late and entry.kind == EntryKind.TAKEN_BACK):
            for place, line in enumerate(entry.lines):
                name, day = f"{entry.entry}/{place}", campus_day(entry.at_ms - 1)
                row = self.row(name, entry.account, day, -line[AMOUNT], at_ms=entry.at_ms, booked=late)
                self.bridge.put(line[UNIT], Party.REFUNDS, row)
        self.carried[entry.account] = entry.carried_nano_yuan

    def _take_use(self, entry: GatewayEntry, late: date | None) -> None:
        """Count energy times price, as the entry names both; what kWh buckets paid of it is counted in Wh."""
        in_money = any(line[UNIT] == Unit.YUAN for line in entry.lines)
        kwh_wh = -sum(line[AMOUNT] for line in entry.lines if line[UNIT] == Unit.KWH)
        if kwh_wh and not in_money and not entry.micro_yuan_per_kwh:
            kwh_wh = entry.energy_wh
        if kwh_wh:
            self._add(entry, Unit.KWH, kwh_wh, late)
        priced_wh = entry.energy_wh - kwh_wh
        if entry.micro_yuan_per_kwh is not None and (priced_wh or in_money):
            before = self.carried.get(entry.account, 0)
            nano = priced_wh * entry.micro_yuan_per_kwh + before - entry.carried_nano_yuan
            self._add(entry, Unit.YUAN, nano, late)
        elif in_money:
            money = -sum(line[AMOUNT] for line in entry.lines if line[UNIT] == Unit.YUAN)
            self._add(entry, Unit.YUAN, money * NANO_PER_MICRO, late)

    def _add(self, entry: GatewayEntry, unit: str, nano: int, late: date | None) -> None:
        key = (entry.account, unit, campus_day(entry.at_ms - 1), late)
        self.used[key] = self.used.get(key, 0) + nano

    def put_use(self) -> None:
        """Put what was used, a row for each account and day."""
        for (account, unit, day, late), nano in sorted(self.used.items(), key=repr):
            amount = nano // NANO_PER_MICRO if unit == Unit.YUAN else nano
            name = f"{account} {day}" + (f" late {late}" if late else "")
            row = self.row(name, account, day, amount, booked=late)
            if amount:
                self.bridge.put(unit, Party.CONSUMPTION, row)


def bridge_of(building: Building, period: Period, before: Known | None) -> Bridge:
    """Gather a building's bridges of a period; `before`: what the locked period before it says."""
    from_ms, until_ms = instants_of(period)
    gateway = Gateway.objects.filter(building=building).first()
    frame = (building.code, period.name)
    bridge = Bridge(frame, gateway is not None and has_told(gateway, until_ms))
    accounts = Account.objects.filter(point__room__building=building).select_related("point__room__building")
    rooms = {one.code: one.point.room for one in accounts}
    names: dict[int, set[str]] = {}
    for class_id, name in Bucket.objects.values_list("customer_class", "name"):
        names.setdefault(class_id, set()).add(name)
    buckets = {one.code: names.get(one.point.customer_class_id, set()) for one in accounts}
    reader = _Reader(period, bridge, rooms, buckets)
    if gateway is not None:
        _read_entries(reader, gateway, before, (from_ms, until_ms))
    _put_given(reader, building, (from_ms, until_ms))
    _put_taken_back(reader, building, (from_ms, until_ms))
    return bridge


def has_told(gateway: Gateway, until_ms: int) -> bool:
    """Say whether what a gateway wrote up to the edge is here: its rows come in order, so one from after it proves that.

    That it was heard proves nothing: after an outage rows of days may still be on their way.
    """
    if not GatewayEntry.objects.filter(gateway=gateway, at_ms__lte=until_ms).exists():
        return False
    if GatewayEntry.objects.filter(gateway=gateway, at_ms__gt=until_ms).exists():
        return True
    return WatermarkCheck.objects.filter(gateway=gateway, at_ms__gte=until_ms).exists()


def _read_entries(reader: _Reader, gateway: Gateway, before: Known | None, edges: tuple[int, int]) -> None:
    from_ms, until_ms = edges
    stands = Q(booked=True) | Q(kind__in=TOLD_BY_CENTRAL)
    entries = GatewayEntry.objects.filter(stands, gateway=gateway).order_by("received_ms", "seq")
    _stand_at(reader, entries, from_ms, before)
    counted = Q(at_ms__gt=from_ms, at_ms__lte=until_ms)
    if before is None:
        reader.balance_rows(Party.OPENING, reader.period.first)
    else:
        counted |= Q(at_ms__lte=from_ms, received_ms__gt=before.locked_ms)
        _put_locked(reader, before)
    for entry in entries.filter(counted).iterator():
        reader.take(entry, campus_day(entry.received_ms) if entry.at_ms <= from_ms else None)
    reader.put_use()
    if reader.bridge.has_told:
        reader.balance_rows(Party.CLOSING, reader.period.last)


def _put_locked(reader: _Reader, before: Known) -> None:
    """Begin with the closing balances of the locked period before."""
    for unit, rows in before.closing.items():
        for row in rows:
            opening = reader.row(row.id, row.id, reader.period.first, row.amount)
            reader.bridge.put(unit, Party.OPENING, opening)


def _stand_at(reader: _Reader, entries: QuerySet[GatewayEntry], at_ms: int, before: Known | None) -> None:
    """Find each account's balances and remainder as they stood at an edge, by the newest entries before it."""
    named: dict[str, set[str]] = {}
    for account, bucket in MirrorBalance.objects.filter(account__in=reader.rooms).values_list(
        "account", "bucket"
    ):
        named.setdefault(account, set()).add(bucket)
    for account in reader.rooms:
        known = entries.filter(account=account, at_ms__lte=at_ms)
        if before is not None:
            known = known.filter(received_ms__lte=before.locked_ms)
        ordered = known.order_by("-at_ms", "-seq")
        for deep in LOOKED_BACK:
            found, carried = _newest_balances(account, ordered.values_list(*TOLD)[:deep])
            missing = reader.buckets[account] - {bucket for _account, bucket, _unit in found}
            if not missing:
                break
        for bucket in sorted(missing & named.get(account, set())):
            deeper = ordered.annotate(text=Cast("lines", TextField())).filter(text__contains=f'"{bucket}"')
            found = _newest_balances(account, deeper.values_list(*TOLD)[:1])[0] | found
        reader.carried[account] = carried
        reader.balances |= found


def _newest_balances(
    account: str, newest: Iterable[tuple[int, int, list[list[Any]], int]]
) -> tuple[Balances, int]:
    """Give each bucket's balance by the newest entry that names it, and the newest entry's remainder."""
    found: Balances = {}
    remainder: int | None = None
    for _received_ms, _seq, lines, carried in sorted(newest, key=lambda one: one[:2], reverse=True):
        remainder = carried if remainder is None else remainder
        for line in lines:
            found.setdefault((account, line[BUCKET], line[UNIT]), line[AFTER])
    return found, remainder or 0


def _put_given(reader: _Reader, building: Building, edges: tuple[int, int]) -> None:
    """Put every credit that central gave: of payments, and all others beside the subsidies. What was withdrawn before any gateway
    had it was never given.
    """
    grants = Grant.objects.filter(
        account__point__room__building=building, created_ms__gte=edges[0], created_ms__lt=edges[1]
    ).exclude(delivery__refused=Delivery.WITHDRAWN)
    receipts = dict(
        Receipt.objects.filter(payment__grant__in=grants.values("pk")).values_list("payment__grant", "number")
    )
    for grant in grants.select_related("account"):
        number = receipts.get(grant.pk)
        party = Party.TAKINGS if grant.source == Grant.Source.PAYMENT else Party.SUBSIDIES
        account = grant.account.code
        row = reader.row(
            grant.pk,
            account,
            campus_day(grant.created_ms),
            grant.amount,
            document=f"{number:08d}" if number else "",
            at_ms=grant.created_ms,
            origin=f"receipt:{number}" if number else "",
        )
        reader.bridge.put(grant.unit, party, row)


def _put_taken_back(reader: _Reader, building: Building, edges: tuple[int, int]) -> None:
    """Put what was asked back and what closed accounts were left with, as the desk's requests have it."""
    for name, account, unit, amount, at_ms in _taken_back(building, edges):
        day = campus_day(at_ms)
        row = reader.row(name, account, day, amount, at_ms=at_ms)
        reader.bridge.put(unit, Party.REFUNDS, row)


def _taken_back(building: Building, edges: tuple[int, int]) -> Iterator[tuple[str, str, str, int, int]]:
    inside = {
        "account__point__room__building": building,
        "answered_ms__gte": edges[0],
        "answered_ms__lt": edges[1],
    }
    for one in TakeBackRequest.objects.filter(taken__gt=0, **inside).select_related("account"):
        yield one.request_id, one.account.code, one.unit, one.taken, one.answered_ms or 0
    for closing in Closing.objects.filter(**inside).select_related("account"):
        for place, (_bucket, unit, amount) in enumerate(closing.left):
            name = f"{closing.request_id}/{place}"
            yield name, closing.account.code, unit, amount, closing.answered_ms or 0
