"""What a final register means for the books (C-8): what an account is below zero becomes owed, by entries. Nothing is lost with it.

Ingest calls `settle_closing` in the transaction that ends the closing. The occupants' days end with it, and what was taken back
before is set off against what is owed at once; credit that was given by a void receipt comes first: it is another room's money.
"""

from uuid import uuid4

from django.db.models import QuerySet

from central.campus.models import Account, Bucket
from central.clock import campus_day
from central.desk.corrections import reclaims
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book
from central.ledger.queries import balance
from central.link.models import Closing
from gateway.contract.quantities import Unit

ARREARS = "arrears"


def settle_closing(closing: Closing, now_ms: int) -> None:
    """Book a closed account's arrears and end its occupancies, inside the transaction that settled the closing."""
    account = Account.objects.select_related("point__customer_class").get(pk=closing.account_id)
    if closing.state != Closing.State.FINAL or account.state != Account.State.CLOSED:
        return
    last_day = campus_day(closing.answered_ms or now_ms)
    account.occupancies.filter(until_day=None, from_day__lte=last_day).update(until_day=last_day)
    settle_arrears(account, now_ms)


def settle_arrears(account: Account, now_ms: int) -> None:
    """Make what a closed account's buckets are below zero, and what it owes from the former system, owed; then set off.

    Its gateway is locked. Called again, it books what has come since: a late adjustment is owed, too.
    """
    reclaims.settle_closed(account, now_ms)
    drafts = [
        *(_arrears(account, bucket.name, bucket.unit, now_ms) for bucket in _buckets(account)),
        *(_old_debt(account, unit.value, now_ms) for unit in Unit),
    ]
    _book([draft for draft in drafts if draft is not None], now_ms)
    _book([draft for unit in Unit if (draft := _set_off(account, unit.value, now_ms))], now_ms)


def _book(drafts: list[Draft], now_ms: int) -> None:
    """Nothing to book asks for no lock: the chain's head comes last."""
    if drafts:
        book(drafts, now_ms)


def _buckets(account: Account) -> QuerySet[Bucket]:
    return account.point.customer_class.buckets.all()


def _arrears(account: Account, bucket: str, unit: str, now_ms: int) -> Draft | None:
    side = chart.customer(account.code, bucket, unit)
    return _draft(chart.owed(account.code, unit), side, -balance(side), account, ARREARS, now_ms)


def _old_debt(account: Account, unit: str, now_ms: int) -> Draft | None:
    side = chart.opening_owed(account.code, unit)
    return _draft(chart.owed(account.code, unit), side, balance(side), account, ARREARS, now_ms)


def _set_off(account: Account, unit: str, now_ms: int) -> Draft | None:
    taken, owed = chart.taken_back(account.code, unit), chart.owed(account.code, unit)
    return _draft(taken, owed, min(balance(taken), balance(owed)), account, "offset", now_ms)


def _draft(
    debit: chart.Side, credit: chart.Side, amount: int, account: Account, kind: str, now_ms: int
) -> Draft | None:
    """What is there to be moved is read with the gateway locked: it is moved once, under a name of its own."""
    if amount <= 0:
        return None
    return Draft(f"{kind}:{uuid4().hex}", debit, credit, amount, kind, now_ms, account.code)
