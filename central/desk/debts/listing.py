"""Who owes what: debts of rooms, shares of persons, penalties, from the ledger. Money in fen; kWh at the price of the day."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import F, QuerySet

from central.campus.models import Account
from central.campus.queries import prices_at
from central.desk.debts.models import DebtShare
from central.desk.debts.owing import share_side
from central.desk.debts.paying import occupants_of_debt
from central.desk.debts.penalty_models import DebtPenalty
from central.desk.debts.true_ups import waiting_true_ups
from central.ledger import chart_of_accounts as chart
from central.ledger.models import LedgerAccount, Transfer
from central.ledger.queries import balances
from gateway.contract.quantities import MICRO_YUAN_PER_FEN

DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class DebtLine:
    """One debt: whose, how much in money, in kWh where it is kept so, since when."""

    account: Account
    people: tuple[str, ...]
    due_fen: int
    energy_wh: int
    since_ms: int | None
    share: DebtShare | None = None
    penalty: DebtPenalty | None = None
    waits_until_ms: int | None = None
    """A true-up is in it, of which nothing is collected before this instant (R-4.3.5)."""

    @property
    def is_rooms(self) -> bool:
        """Whether it is the room's own debt for electricity: only that is collected from credit and split."""
        return self.share is None and self.penalty is None

    @property
    def query(self) -> str:
        """Choose it on the room's page of debts."""
        if self.penalty:
            return f"?penalty={self.penalty.pk}"
        return f"?share={self.share.pk}" if self.share else ""

    @property
    def room(self) -> str:
        """The room's label."""
        return self.account.point.room.full_label

    def age_days(self, now_ms: int) -> int:
        """How many whole days it has stood."""
        return max(now_ms - self.since_ms, 0) // DAY_MS if self.since_ms else 0


def debts_now(now_ms: int) -> list[DebtLine]:
    """List what is owed, by building and room: rooms' debts, what is left of persons' shares, penalties."""
    amounts = _amounts()
    accounts = _accounts().filter(code__in=amounts)
    lines = _lines(accounts, amounts, now_ms) + _shares() + _penalties()
    return sorted(lines, key=lambda line: (line.account.point.room.building.code, line.room, line.people))


def _amounts() -> dict[str, dict[str, int]]:
    """Give by account and unit what is booked as owed, and what closed accounts are below zero: the first act books that, too."""
    amounts: dict[str, dict[str, int]] = {}
    owed = LedgerAccount.objects.filter(code__startswith="debt:", debits__gt=F("credits"))
    below = LedgerAccount.objects.filter(code__startswith="customer:", debits__gt=F("credits"))
    names = {row.code.split(":")[1] for row in below}
    closed = set(
        Account.objects.filter(code__in=names, state=Account.State.CLOSED).values_list("code", flat=True)
    )
    for row in [*owed, *below]:
        name = row.code.split(":")[1]
        if row.code.startswith("debt:") or name in closed:
            of_account = amounts.setdefault(name, {})
            of_account[row.unit] = of_account.get(row.unit, 0) + row.debits - row.credits
    return amounts


def _accounts() -> QuerySet[Account]:
    return Account.objects.select_related("point__room__building", "point__customer_class")


def _lines(accounts: Iterable[Account], amounts: dict[str, dict[str, int]], now_ms: int) -> list[DebtLine]:
    accounts = list(accounts)
    prices = prices_at({one.point.customer_class.tariff_id for one in accounts}, now_ms)
    since = _since([f"debt:{one.code}:{unit}" for one in accounts for unit in amounts[one.code]])
    waiting = {one.account.code: one.collect_from_ms for one in waiting_true_ups(amounts, now_ms)}
    found = []
    for account in accounts:
        owed = amounts[account.code]
        price = prices.get(account.point.customer_class.tariff_id)
        in_yuan = (
            owed.get("yuan", 0) + owed.get("kwh", 0) * (price.micro_yuan_per_kwh if price else 0) // 1000
        )
        starts = [since[code] for unit in owed if (code := f"debt:{account.code}:{unit}") in since]
        people = tuple(occupants_of_debt(account, now_ms))
        line = DebtLine(
            account,
            people,
            in_yuan // MICRO_YUAN_PER_FEN,
            owed.get("kwh", 0),
            min(starts, default=None),
            waits_until_ms=waiting.get(account.code),
        )
        if line.due_fen or line.energy_wh:
            found.append(line)
    return found


def _since(codes: list[str]) -> dict[str, int]:
    """When each debt began: the first transfer that made it."""
    found: dict[str, int] = {}
    rows = Transfer.objects.filter(debit__in=codes).order_by("position").values_list("debit", "at_ms")
    for code, at_ms in rows:
        found.setdefault(code, at_ms)
    return found


def _shares() -> list[DebtLine]:
    accounts = {one.pk: one for one in _accounts().filter(debt_splits__isnull=False)}
    shares = list(DebtShare.objects.filter(split__account__in=accounts).select_related("split"))
    held = balances(share_side(share) for share in shares)
    return [
        DebtLine(
            accounts[share.split.account_id],
            (share.name,),
            left // MICRO_YUAN_PER_FEN,
            0,
            share.split.at_ms,
            share,
        )
        for share in shares
        if (left := held.get(share_side(share).code, 0)) > 0
    ]


def _penalties() -> list[DebtLine]:
    found = list(
        DebtPenalty.objects.select_related("account__point__room__building", "account__point__customer_class")
    )
    held = balances(chart.penalty_owed(one.case) for one in found)
    return [
        DebtLine(one.account, (one.names,), left // MICRO_YUAN_PER_FEN, 0, one.at_ms, penalty=one)
        for one in found
        if (left := held.get(chart.penalty_owed(one.case).code, 0)) > 0
    ]


def owed_by_account(codes: Iterable[str], now_ms: int) -> dict[str, int]:
    """Give what each of these accounts' occupants owe, in fen, their shares and penalties included."""
    wanted, found = set(codes), {}
    for line in debts_now(now_ms):
        if line.account.code in wanted:
            found[line.account.code] = found.get(line.account.code, 0) + line.due_fen
    return found
