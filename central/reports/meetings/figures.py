"""The figures of a week: takings, energy and money used, what customers have left, what was given without money, sums on behalf.

Each is read from the books themselves by the instant at which it happened, so that a later look gives the same, but for what
came late. Use up to an instant was used before it; everything else belongs to the span in which it happened.
"""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from central.campus.models import Account
from central.desk.day_sums import totals_by_day
from central.domain.day_totals import Totals, sum_of
from central.domain.periods import Period
from central.ledger.models import LedgerAccount, Transfer
from central.link.models import GatewayEntry
from gateway.contract.facts import EntryKind

DAY_MS = 86_400_000
GIVEN, GIVEN_BACK = "subsidy", "subsidy-back"
PAID_OUT = "pay-out"


@dataclass(frozen=True, slots=True)
class Use:
    """Energy in Wh by class and by building, and what it was billed by class and unit."""

    by_class: dict[str, int]
    by_building: dict[str, int]
    billed: dict[tuple[str, str], int]

    @property
    def energy_wh(self) -> int:
        """All of it."""
        return sum(self.by_class.values())


@dataclass(slots=True)
class Left:
    """What the customers of a class have left in a unit, what others owe, and how many accounts have either."""

    credit: int = 0
    owed: int = 0
    accounts: int = 0

    @property
    def net(self) -> int:
        """Credit less what is owed."""
        return self.credit - self.owed


@dataclass(frozen=True, slots=True)
class OnBehalf:
    """Sums taken for others by the item's code: taken and passed on in the span, and what is still owed on at its end."""

    taken: int
    passed_on: int
    standing: int


def takings_of(period: Period) -> Totals:
    """Sum what the desk took in a period, as its day tables do."""
    return sum_of(totals_by_day(period).values())


def used_by_account(from_ms: int, until_ms: int) -> dict[str, int]:
    """Give in Wh what each account used in a span, whoever paid for it; by the index of accounts and instants."""
    entries = GatewayEntry.objects.filter(
        account__in=Account.objects.values("code"),
        at_ms__gt=from_ms,
        at_ms__lte=until_ms,
        kind=EntryKind.CONSUMPTION,
        booked=True,
    ).annotate(user=Coalesce("used_by", "account"))
    return dict(entries.order_by().values_list("user").annotate(Sum("energy_wh")))


def use_of(from_ms: int, until_ms: int) -> Use:
    """Sum what was used in a span, by whose energy it was."""
    places = places_of_accounts()
    by_class: dict[str, int] = defaultdict(int)
    by_building: dict[str, int] = defaultdict(int)
    for user, energy_wh in used_by_account(from_ms, until_ms).items():
        class_code, building = places.get(user, ("", ""))
        by_class[class_code] += energy_wh
        by_building[building] += energy_wh
    return Use(by_class, by_building, _billed(from_ms, until_ms))


def places_of_accounts() -> dict[str, tuple[str, str]]:
    """Give class and building of every account, by its code."""
    rows = Account.objects.values_list("code", "point__customer_class__code", "point__room__building__code")
    return {code: (class_code, building) for code, class_code, building in rows}


def _billed(from_ms: int, until_ms: int) -> dict[tuple[str, str], int]:
    """Sum the revenue of energy by class and unit: what was given back takes off again."""
    moved = Transfer.objects.filter(
        kind=EntryKind.CONSUMPTION, at_ms__gt=from_ms, at_ms__lte=until_ms
    ).order_by()
    found: dict[tuple[str, str], int] = defaultdict(int)
    for side, sign in (("credit", 1), ("debit", -1)):
        named = moved.filter(**{f"{side}__code__startswith": "revenue:energy:"})
        for code, amount in named.values_list(side).annotate(Sum("amount")):
            _revenue, _energy, class_code, unit = code.split(":")
            found[class_code, unit] += sign * amount
    return dict(found)


def left_by_account(instant_ms: int) -> dict[tuple[str, str], int]:
    """Give by account and unit what its occupants had left at an instant: today's balances, less what was moved since."""
    owned: dict[tuple[str, str], int] = defaultdict(int)
    sides = LedgerAccount.objects.filter(code__startswith="customer:")
    for code, debits, credited in sides.values_list("code", "debits", "credits"):
        owned[_owner(code)] += credited - debits
    for debit, credit, amount in _since(instant_ms):
        for code, sign in ((credit, -1), (debit, 1)):
            if code.startswith("customer:"):
                owned[_owner(code)] += sign * amount
    return {key: amount for key, amount in owned.items() if amount}


def left_at(instant_ms: int) -> dict[tuple[str, str], Left]:
    """Give by class and unit what customers had left at an instant, apart from what others owed."""
    places = places_of_accounts()
    found: dict[tuple[str, str], Left] = defaultdict(Left)
    for (account, unit), amount in left_by_account(instant_ms).items():
        one = found[places.get(account, ("", ""))[0], unit]
        one.accounts += 1
        one.credit += max(0, amount)
        one.owed += max(0, -amount)
    return dict(found)


def _owner(code: str) -> tuple[str, str]:
    _customer, account, _bucket, unit = code.split(":")
    return account, unit


def _since(instant_ms: int) -> QuerySet[Transfer, tuple[str, str, int]]:
    """Sum by its two sides what happened from an instant on. It was hardly booked before: for two clocks a day is enough."""
    used = Q(kind=EntryKind.CONSUMPTION, at_ms__gt=instant_ms)
    other = ~Q(kind=EntryKind.CONSUMPTION) & Q(at_ms__gte=instant_ms)
    of_customers = Q(debit__code__startswith="customer:") | Q(credit__code__startswith="customer:")
    later = Transfer.objects.filter(used | other, of_customers, booked_ms__gte=instant_ms - DAY_MS)
    return later.order_by().values_list("debit", "credit").annotate(Sum("amount"))


def given_in(from_ms: int, until_ms: int) -> dict[str, int]:
    """Give by unit what was given without money, less what came back: never takings."""
    moved = Transfer.objects.filter(kind__in=(GIVEN, GIVEN_BACK), at_ms__gte=from_ms, at_ms__lt=until_ms)
    found: dict[str, int] = defaultdict(int)
    for kind, unit, amount in moved.order_by().values_list("kind", "unit").annotate(Sum("amount")):
        found[unit] += amount if kind == GIVEN else -amount
    return dict(found)


def paid_out_in(from_ms: int, until_ms: int) -> int:
    """Give in micro-yuan what was paid back to customers; what is below a fen was kept, not paid."""
    moved = Transfer.objects.filter(kind=PAID_OUT, unit="yuan", at_ms__gte=from_ms, at_ms__lt=until_ms)
    moved = moved.exclude(credit__code__startswith="rounding:")
    return moved.aggregate(total=Sum("amount"))["total"] or 0


def on_behalf_in(from_ms: int, until_ms: int) -> dict[str, OnBehalf]:
    """Give by item what was taken for others in a span, what was passed on, and what is owed on at its end."""
    sides = LedgerAccount.objects.filter(code__startswith="on-behalf:")
    found = {}
    for code, debits, credited in sides.order_by("code").values_list("code", "debits", "credits"):
        since = Transfer.objects.filter(at_ms__gte=from_ms)
        taken, taken_later = _moved(since.filter(credit=code), until_ms)
        passed_on, passed_later = _moved(since.filter(debit=code), until_ms)
        standing = credited - debits - taken_later + passed_later
        if taken or passed_on or standing:
            found[code.split(":")[1]] = OnBehalf(taken, passed_on, standing)
    return found


def _moved(transfers: QuerySet[Transfer], until_ms: int) -> tuple[int, int]:
    """Sum transfers before an instant, and those from then on."""
    sums = transfers.aggregate(
        within=Sum("amount", filter=Q(at_ms__lt=until_ms)), later=Sum("amount", filter=Q(at_ms__gte=until_ms))
    )
    return sums["within"] or 0, sums["later"] or 0
