"""Book a gateway's ledger entries (C-1): keep them as received, mirror their balances, and transfer what was used.

A grant was booked when it was given, so its entry only proves that it arrived. What doesn't fit central's own records is an alarm
that names it; what can't be an entry of this gateway is refused with a reason.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from central.campus.models import Account, Bucket
from central.ingest.received_rows import INT64, instant_ms
from central.ingest.supply import mark_supplied
from central.ingest.write_books import Billed, add_to_mirror, keep_billed
from central.ledger import chart_of_accounts as chart
from central.ledger.chart_of_accounts import Side
from central.ledger.operations import Booked, Draft, book
from central.link.alarms import GRANT_UNPROVED, clear_alarm, raise_alarm
from central.link.grants import delivery_named
from central.link.models import Gateway, GatewayEntry, GatewayEpoch, TakeBackRequest
from central.link.stock_vouchers import note_redeemed
from central.prepared import Prepared, PreparedIn, insert_all, update
from gateway.contract.facts import Entry, EntryKind, EntryLine
from gateway.contract.quantities import Unit

MOST_AMOUNT = 10**13
"""Ten million yuan or ten GWh in one entry: no building comes near, and the campus's shared accounts stay far below 64 bits."""

_ACCOUNT = Prepared(
    lambda code: Account.objects.filter(code=code).select_related("point__room", "point__customer_class"), str
)
_REFUNDABLE = Prepared(
    lambda of_class: (
        Bucket.objects.filter(customer_class=of_class, refundable=True).order_by().values_list("name")
    ),
    int,
)
_ACCOUNTS = PreparedIn(
    lambda codes, building: (
        Account.objects.filter(code__in=codes, point__room__building=building)
        .order_by()
        .select_related("point__room", "point__customer_class")
    ),
    int,
)
_ENTRIES = PreparedIn(lambda entries: GatewayEntry.objects.filter(entry__in=entries).order_by())
_ENTRY = Prepared(lambda entry: GatewayEntry.objects.filter(pk=entry), str)


class CannotTake(Exception):
    """A row is no fact central can book; the text says why. It is quarantined."""


@dataclass(slots=True)
class Bookkeeper:
    """Collects the entries of one batch, so that they are booked in few statements."""

    gateway: Gateway
    epoch: GatewayEpoch
    now_ms: int
    _accounts: dict[str, Account] = field(default_factory=dict)
    _refundable_of: dict[int, set[str]] = field(default_factory=dict)
    _entries: dict[str, GatewayEntry] = field(default_factory=dict)
    _asked: set[str] = field(default_factory=set)
    _stored: dict[str, GatewayEntry] = field(default_factory=dict)
    _drafts: list[Draft] = field(default_factory=list)
    _mirror: dict[tuple[str, str, str], int] = field(default_factory=dict)
    _registers: dict[str, Billed] = field(default_factory=dict)

    def prepare(self, entries: Sequence[Entry]) -> None:
        """Ask once for what taking these will ask for one by one: their accounts, and which of them are stored already."""
        codes = {code for entry in entries for code in (entry.account, entry.used_by) if code}
        accounts = _ACCOUNTS.any_of(_askable(codes), self.gateway.building_id)
        self._accounts |= {account.code: account for account in accounts}
        self._asked = _askable({entry.entry for entry in entries})
        self._stored = {row.entry: row for row in _ENTRIES.any_of(self._asked)}

    def take(self, seq: int, entry: Entry) -> None:
        """Take one entry. Raises CannotTake."""
        self._check(entry)
        account = self._account(entry.account)
        user = self._account(entry.used_by) if entry.used_by else account
        row = self._row(seq, entry)
        known = self._entries.get(entry.entry) or self._known(entry.entry)
        if known is not None:
            if _content(known) != _content(row):
                raise CannotTake(f"entry {entry.entry} exists with different content")
            return
        self._entries[row.entry] = row
        if entry.entry_kind == EntryKind.OPENING or not self.epoch.opened:
            return
        for line in entry.lines:
            key = (entry.account, line.bucket, line.unit)
            self._mirror[key] = self._mirror.get(key, 0) + line.amount
        if entry.meter is not None and entry.register_to_wh is not None:
            user_code, is_sure = entry.used_by or entry.account, entry.at.trusted and not entry.provisional
            self._registers[entry.meter] = Billed(
                entry.meter, user_code, entry.register_to_wh, entry.entry, row.at_ms, is_sure
            )
        self._draft(entry, account, user, row)

    def flush(self) -> None:
        """Write what was collected, inside the caller's transaction."""
        if not self._entries:
            return
        insert_all(list(self._entries.values()))
        outcomes = book(self._drafts, self.now_ms) if self._drafts else []
        for draft, outcome in zip(self._drafts, outcomes, strict=True):
            if outcome == Booked.EXISTS_WITH_DIFFERENT:
                raise CannotTake(f"transfer {draft.id} exists with different content")
        add_to_mirror(self.gateway.pk, self._mirror)
        keep_billed(self.gateway.pk, self._registers.values())
        self._stored |= self._entries
        self._entries, self._drafts, self._mirror, self._registers = {}, [], {}, {}

    def _known(self, name: str) -> GatewayEntry | None:
        if name in self._asked:
            return self._stored.get(name)
        return _ENTRY.first(name)

    def _check(self, entry: Entry) -> None:
        own = f"{self.gateway.pk}.{self.epoch.epoch}."
        if not entry.entry.startswith(own):
            raise CannotTake(f"entry {entry.entry} is not named by its originator {own}")
        for line in entry.lines:
            if line.unit not in (Unit.YUAN, Unit.KWH):
                raise CannotTake(f"unit {line.unit!r} of bucket {line.bucket!r} is neither yuan nor kwh")
            if abs(line.amount) > MOST_AMOUNT or not -INT64 < line.balance_after < INT64:
                raise CannotTake(f"an amount in bucket {line.bucket!r} is more than any entry has")

    def _account(self, code: str) -> Account:
        if code not in self._accounts:
            account = _ACCOUNT.first(code)
            if account is None or account.point.room.building_id != self.gateway.building_id:
                raise CannotTake(f"account {code} is not one of this gateway's building")
            self._accounts[code] = account
        return self._accounts[code]

    def _refundable(self, account: Account) -> set[str]:
        class_id = account.point.customer_class_id
        if class_id not in self._refundable_of:
            self._refundable_of[class_id] = {name for (name,) in _REFUNDABLE.rows(class_id)}
        return self._refundable_of[class_id]

    def _row(self, seq: int, entry: Entry) -> GatewayEntry:
        central_booked = entry.entry_kind in (EntryKind.GRANT, EntryKind.OPENING)
        return GatewayEntry(
            entry=entry.entry,
            gateway=self.gateway,
            epoch=self.epoch.epoch,
            seq=seq,
            account=entry.account,
            meter=entry.meter or "",
            kind=entry.entry_kind.value,
            cause=entry.cause.value,
            at_ms=instant_ms(entry.at, self.now_ms),
            at_trusted=entry.at.trusted,
            boot=entry.at.boot,
            monotonic_ms=entry.at.monotonic_ms,
            energy_wh=entry.energy_wh,
            register_from_wh=entry.register_from_wh,
            register_to_wh=entry.register_to_wh,
            from_ms=entry.from_ms,
            micro_yuan_per_kwh=entry.price_micro_yuan_per_kwh,
            price_version=entry.price_version or "",
            provisional=entry.provisional,
            carried_nano_yuan=entry.carried_nano_yuan,
            source=entry.source or "",
            raw_frame=entry.raw_frame or "",
            lines=[[line.bucket, line.unit, line.amount, line.balance_after] for line in entry.lines],
            booked=self.epoch.opened and not central_booked,
            received_ms=self.now_ms,
            used_by=entry.used_by,
        )

    def _draft(self, entry: Entry, account: Account, user: Account, row: GatewayEntry) -> None:
        """`user`: whose energy it was. It is its class's revenue, whoever's money paid (R-4.1.7)."""
        if entry.entry_kind == EntryKind.GRANT:
            if self._note_grant(entry, row):
                return
        elif entry.entry_kind == EntryKind.TAKEN_BACK:
            self._note_take_back(entry)
        refundable = self._refundable(account)
        for index, line in enumerate(entry.lines):
            if line.amount:
                self._drafts.append(_draft_of(entry, row.at_ms, index, line, user, refundable))

    def _note_grant(self, entry: Entry, row: GatewayEntry) -> bool:
        """Prove that a grant arrived; False when central never gave it: that is an alarm, booked against suspense.

        What differs from the grant proves nothing: the grant stays on its way, and the watermark names the account.
        """
        delivery = delivery_named(self.gateway.pk, entry.source or "")
        if delivery is None and note_redeemed(self.gateway.pk, entry, row.at_ms, self.now_ms):
            return False
        if delivery is None:
            self._alarm(
                "unknown-grant", entry, f"the gateway credited {entry.source}, which central never gave"
            )
            return False
        if delivery.gateway_id != self.gateway.pk:
            raise CannotTake(f"grant {delivery.grant_id} is another gateway's")
        grant = delivery.grant
        given = (grant.account.code, grant.bucket, grant.unit, grant.amount)
        taken = {(entry.account, line.bucket, line.unit) for line in entry.lines}
        if taken != {given[:3]} or sum(line.amount for line in entry.lines) != grant.amount:
            self._alarm(
                "grant-differs", entry, f"grant {grant.grant_id}: {given} was given, {row.lines} credited"
            )
            return True
        if delivery.applied_entry and delivery.applied_entry != entry.entry:
            self._alarm(
                "grant-twice",
                entry,
                f"grant {grant.grant_id} was credited by {delivery.applied_entry} before",
            )
        if delivery.applied_ms is None:
            if delivery.refused:
                clear_alarm(GRANT_UNPROVED, grant.grant_id, now_ms=self.now_ms, gateway_id=self.gateway.pk)
            delivery.applied_ms, delivery.applied_entry, delivery.refused = row.at_ms, entry.entry, ""
            update(delivery, "applied_ms", "applied_entry", "refused")
            mark_supplied(entry.account, self.now_ms)
        return True

    def _note_take_back(self, entry: Entry) -> None:
        request = TakeBackRequest.objects.filter(pk=entry.source or "").select_related("account").first()
        if request is not None:
            if request.account.code != entry.account:
                raise CannotTake(f"request {request.request_id} is of account {request.account.code}")
            request.taken += -sum(line.amount for line in entry.lines)
            request.save(update_fields=["taken"])

    def _alarm(self, what: str, entry: Entry, detail: str) -> None:
        raise_alarm(what, entry.account, now_ms=self.now_ms, gateway_id=self.gateway.pk, detail=detail)


def _askable(names: set[str]) -> set[str]:
    """PostgreSQL refuses a question with a NUL: such a name is nobody's."""
    return {name for name in names if "\x00" not in name}


def _draft_of(
    entry: Entry, at_ms: int, index: int, line: EntryLine, user: Account, refundable: set[str]
) -> Draft:
    ours = chart.customer(entry.account, line.bucket, line.unit)
    other = _other_side(entry, line, user.point.customer_class.code, refundable)
    gained = line.amount > 0
    return Draft(
        id=f"{entry.entry}/{index}",
        debit=other if gained else ours,
        credit=ours if gained else other,
        amount=abs(line.amount),
        kind=entry.entry_kind.value,
        at_ms=at_ms,
        reference=entry.entry,
    )


def _other_side(entry: Entry, line: EntryLine, class_code: str, refundable: set[str]) -> Side:
    unit = line.unit
    match entry.entry_kind:
        case EntryKind.CONSUMPTION:
            return chart.energy_revenue(class_code, unit)
        case EntryKind.ADJUSTMENT:
            return chart.adjustments(unit)
        case EntryKind.EXPIRED:
            return chart.lapsed(unit)
        case EntryKind.TAKEN_BACK:
            if line.bucket not in refundable:
                return chart.lapsed(unit)
            return chart.taken_back(entry.account, unit)
        case EntryKind.GRANT:
            return chart.suspense(unit)
        case EntryKind.OPENING:
            raise AssertionError("an opening is never transferred: central holds those balances already")


def _content(row: GatewayEntry) -> tuple[object, ...]:
    booked = (row.account, row.meter, row.kind, row.energy_wh, row.register_to_wh, row.lines, row.source)
    return (*booked, row.used_by)
