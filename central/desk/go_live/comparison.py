"""The old system's list, row by row, beside what the gateways say now at their watermark (C-2); what happened since is named.

For each room and kind of credit two sums must hold:
    the list = credited - owed                                           (it arrived, to the fen)
    credited + before + paid + subsidies - used + other = at the gateway  (and is there)
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from django.db.models import Q, Sum

from central.campus.models import Account
from central.desk.go_live.campus_rooms import opened
from central.desk.go_live.models import OpeningBalance, OpeningBatch
from central.desk.go_live.settling import BACK
from central.ledger import chart_of_accounts as chart
from central.ledger.models import Transfer
from central.link.models import Delivery, Gateway, Grant, MirrorBalance, TakeBackRequest, WatermarkCheck
from gateway.contract.facts import EntryKind

CODES_AT_ONCE = 2_000
PAYMENTS = ("payment", "payment-energy")
Key = tuple[int, str]
"""Account and bucket."""


class State(StrEnum):
    """How a row stands."""

    EQUAL = "equal"
    DIFFERS = "differs"
    NOT_REPORTED = "not-reported"
    """The gateway has not said since that it has it."""
    ASKED_BACK = "asked-back"
    """Credit was asked back and the gateway has not answered."""
    REFUSED_BACK = "refused-back"


@dataclass(slots=True)
class Compared:
    """One bucket of one room, in its unit."""

    row: OpeningBalance
    listed: int = 0
    """As the list says, after corrections; 0 when it was taken back."""
    credited: int = 0
    """Granted for the opening, less what was taken back of it."""
    owed: int = 0
    """What of the opening no gateway can hold: old debts, and what was used of credit that went back."""
    before: int = 0
    """What our books held from before the change-over."""
    paid: int = 0
    subsidies: int = 0
    used: int = 0
    other: int = 0
    reported: int | None = None
    watermark_ms: int | None = None
    state: State = State.NOT_REPORTED
    taken_back: bool = False

    @property
    def expected(self) -> int:
        """What the room must have now."""
        return self.credited + self.before + self.paid + self.subsidies - self.used + self.other

    @property
    def unreported(self) -> int:
        """What no gateway has said yet that it is there."""
        return self.expected if self.reported is None else 0

    @property
    def difference(self) -> int:
        """By how much the gateway's figure differs, or what arrived from the list; 0 while nothing is reported."""
        if self.listed != self.credited - self.owed:
            return self.credited - self.owed - self.listed
        return 0 if self.reported is None else self.reported - self.expected


@dataclass(slots=True)
class _Books:
    booked: dict[Key, int] = field(default_factory=dict)
    """What the former system's account says of the room: the list, if it arrived."""
    granted: dict[Key, int] = field(default_factory=dict)
    undelivered: set[Key] = field(default_factory=set)
    applied_ms: dict[Key, int] = field(default_factory=dict)
    asked: set[Key] = field(default_factory=set)
    refused: set[Key] = field(default_factory=set)
    taken: dict[Key, int] = field(default_factory=dict)


def compare(batch: OpeningBatch, building: str = "") -> list[Compared]:
    """Compare a go-live, of one building or whole, in the list's order."""
    rows = batch.rows.select_related("building")
    rows = list(rows.filter(building__code=building) if building else rows)
    found: dict[Key, Compared] = {}
    for row in rows:
        found[row.account_id, row.bucket] = Compared(row)
    for correction in OpeningBalance.objects.filter(
        batch__of=batch, batch__done__isnull=False
    ).select_related("building"):
        if correction.account_id in {row.account_id for row in rows}:
            found.setdefault((correction.account_id, correction.bucket), Compared(correction))
    codes = dict(Account.objects.filter(openings__batch=batch).values_list("pk", "code").distinct())
    books = _books(batch, found)
    _note_targets(found)
    _add_flows(found, codes, batch.change_over_ms)
    for key, one in found.items():
        granted, taken = books.granted.get(key, 0), books.taken.get(key, 0)
        one.credited, one.before, one.other = granted - taken, one.before - granted, one.other + taken
        one.owed = one.credited - books.booked.get(key, 0)
    _add_reported(batch, found, codes, books)
    return list(found.values())


def _note_targets(found: dict[Key, Compared]) -> None:
    for key, (after, is_live) in opened({account for account, _bucket in found}).items():
        if key in found:
            found[key].listed, found[key].taken_back = after, not is_live


def _books(batch: OpeningBatch, found: dict[Key, Compared]) -> _Books:
    """Read what came of the go-live and its later batches, by the names of their rows."""
    family = OpeningBalance.objects.filter(Q(batch=batch) | Q(batch__of=batch), batch__done__isnull=False)
    keys = {row.grant_id: (row.account_id, row.bucket) for row in family}
    keys |= {row.back_id: (row.account_id, row.bucket) for row in family}
    books = _Books()
    for name in {row.batch_id for row in family}:
        mine = Q(reference__startswith=f"o-{name}-") | Q(reference__startswith=f"{BACK}{name}-")
        for transfer in Transfer.objects.filter(mine):
            key = keys.get(transfer.reference.partition(".")[0])
            if key in found and transfer.debit_id.startswith("opening:"):
                books.booked[key] = books.booked.get(key, 0) + transfer.amount
                if transfer.credit_id.startswith("customer:"):
                    books.granted[key] = books.granted.get(key, 0) + transfer.amount
            elif key in found and transfer.credit_id.startswith("opening:"):
                books.booked[key] = books.booked.get(key, 0) - transfer.amount
        for request in TakeBackRequest.objects.filter(request_id__startswith=f"{BACK}{name}-"):
            _note_request(books, keys.get(request.request_id.partition(".")[0]), request)
    accounts = {account for account, _bucket in found}
    for delivery in _deliveries(accounts):
        key = (delivery.grant.account_id, delivery.grant.bucket)
        if delivery.applied_ms is None:
            books.undelivered.add(key)
        elif delivery.grant.source == Grant.Source.OPENING:
            books.applied_ms[key] = max(books.applied_ms.get(key, 0), delivery.applied_ms)
    return books


def _note_request(books: _Books, key: Key | None, request: TakeBackRequest) -> None:
    if key is None:
        return
    books.asked.discard(key)
    books.refused.discard(key)
    if request.state == TakeBackRequest.State.PENDING:
        books.asked.add(key)
    elif request.state == TakeBackRequest.State.REFUSED:
        books.refused.add(key)
    else:
        books.taken[key] = books.taken.get(key, 0) + request.taken


def _deliveries(accounts: set[int]) -> Iterable[Delivery]:
    ordered = sorted(accounts)
    for start in range(0, len(ordered), CODES_AT_ONCE):
        part = ordered[start : start + CODES_AT_ONCE]
        wanted = Q(applied_ms=None) | Q(grant__source=Grant.Source.OPENING)
        yield from Delivery.objects.filter(wanted, grant__account__in=part).select_related("grant")


def _add_flows(found: dict[Key, Compared], codes: dict[int, str], change_over_ms: int) -> None:
    """Add up what moved on each customer's side, by kind, since the change-over and before it."""
    sides = {
        chart.customer(codes[account], bucket, one.row.unit).code: one
        for (account, bucket), one in found.items()
        if account in codes
    }
    wanted = list(sides)
    for start in range(0, len(wanted), CODES_AT_ONCE):
        part = wanted[start : start + CODES_AT_ONCE]
        for side, sign in (("credit", 1), ("debit", -1)):
            moved = Transfer.objects.filter(**{f"{side}__in": part}).order_by()
            since = moved.filter(at_ms__gte=change_over_ms).values_list(side, "kind").annotate(Sum("amount"))
            for code, kind, amount in since:
                _add(sides[code], kind, sign * int(amount))
            early = moved.filter(at_ms__lt=change_over_ms).values_list(side).annotate(Sum("amount"))
            for code, amount in early:
                sides[code].before += sign * int(amount)


def _add(one: Compared, kind: str, amount: int) -> None:
    if kind == "opening":  # of this go-live and of earlier ones: `compare` takes its own out
        one.before += amount
    elif kind in PAYMENTS:
        one.paid += amount
    elif kind == "subsidy":
        one.subsidies += amount
    elif kind == EntryKind.CONSUMPTION.value:
        one.used -= amount
    else:
        one.other += amount


def _add_reported(
    batch: OpeningBatch, found: dict[Key, Compared], codes: dict[int, str], books: _Books
) -> None:
    """Add the gateways' own figures: by their entries, and where the watermark named another one, that one."""
    buildings = {one.row.building_id for one in found.values()}
    gateways = {g.building_id: g for g in Gateway.objects.filter(building__in=buildings)}
    checks = {gateway.pk: _last_check(gateway) for gateway in gateways.values()}
    mirror = {
        (m.account, m.bucket, m.unit): m.amount
        for m in MirrorBalance.objects.filter(gateway__in=list(gateways.values()))
    }
    named = {
        (d["account"], d["bucket"], d["unit"]): int(d["gateway"])
        for check in checks.values()
        for d in (check.differences if check else ())
        if "gateway" in d
    }
    done_ms = batch.done.done_ms
    for key, one in found.items():
        gateway = gateways.get(one.row.building_id)
        check = checks.get(gateway.pk) if gateway else None
        name = (codes.get(key[0], ""), key[1], one.row.unit)
        is_new = (
            check is not None and check.checked_ms >= done_ms and check.at_ms >= books.applied_ms.get(key, 0)
        )
        if check is not None and is_new and key not in books.undelivered:
            one.reported, one.watermark_ms = named.get(name, mirror.get(name, 0)), check.at_ms
        one.state = _state(one, key, books)


def _last_check(gateway: Gateway) -> WatermarkCheck | None:
    return WatermarkCheck.objects.filter(gateway=gateway, epoch=gateway.epoch).order_by("-seq").first()


def _state(one: Compared, key: Key, books: _Books) -> State:
    if key in books.asked:
        return State.ASKED_BACK
    if key in books.refused:
        return State.REFUSED_BACK
    if one.difference:
        return State.DIFFERS
    return State.NOT_REPORTED if one.reported is None else State.EQUAL


@dataclass(slots=True)
class Summary:
    """A building's rows by state and its sums in one unit."""

    building: str
    unit: str
    states: dict[State, int] = field(default_factory=dict)
    listed: int = 0
    owed: int = 0
    credited: int = 0
    before: int = 0
    paid: int = 0
    subsidies: int = 0
    used: int = 0
    other: int = 0
    expected: int = 0
    unreported: int = 0
    reported: int = 0
    difference: int = 0

    def count(self, state: State) -> int:
        """Give how many rows stand so."""
        return self.states.get(state, 0)


SUMMED = (
    *(
        "listed",
        "owed",
        "credited",
        "before",
        "paid",
        "subsidies",
        "used",
        "other",
        "expected",
        "unreported",
        "difference",
    ),
)


def summaries(compared: Iterable[Compared]) -> list[Summary]:
    """Sum by building and unit: the columns tie as the rows do."""
    found: dict[tuple[str, str], Summary] = {}
    for one in compared:
        key = (one.row.building.code, one.row.unit)
        total = found.setdefault(key, Summary(*key))
        total.states[one.state] = total.states.get(one.state, 0) + 1
        for name in SUMMED:
            setattr(total, name, getattr(total, name) + getattr(one, name))
        total.reported += one.reported or 0
    return [found[key] for key in sorted(found)]
