"""What the gateway's answers to take-backs mean for the books: reversed as far as taken, owed as far as used meanwhile (C-7).

Ingest calls `settle` in the transaction that settles the request. Nothing is deleted: the opening stays, its reversal stands beside
it. Old debts are collected the same way: asked of the credit that the room has, never taken below zero.
"""

from django.db import transaction

from central.campus.models import Account
from central.desk.go_live.batches import OpeningRefusal, Refused
from central.desk.go_live.models import OpeningBalance
from central.domain.opening_rows import PAID
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book
from central.ledger.queries import balance
from central.link.models import TakeBackRequest
from central.link.operations import Refused as LinkRefused
from central.link.operations import ask_credit_back
from central.link.outbox import lock_gateway_of
from central.link.taken_back import where_taken_went
from central.office.models import User

BACK, COLLECT = "ob-", "oc-"
"""How requests are named that give an opening back to the former system, and those that collect an old debt."""


def is_ours(request_id: str) -> bool:
    """Say whether a request's money belongs to opening balances: it is never paid out at the desk."""
    return request_id.startswith((BACK, COLLECT))


def settle(request: TakeBackRequest, now_ms: int) -> None:
    """Book what a settled request means, inside the transaction that settled it; booked before, it is booked once."""
    if request.state != TakeBackRequest.State.SETTLED:
        return
    if request.request_id.startswith(BACK):
        book(_reversal(request), now_ms)
    elif request.request_id.startswith(COLLECT):
        book(_collected(request), now_ms)


def _reversal(request: TakeBackRequest) -> list[Draft]:
    old, used = chart.opening(request.unit), request.asked - request.taken
    owed = chart.opening_owed(request.account.code, request.unit)
    went = where_taken_went(request.account, request.bucket, request.unit)
    return [
        *_draft(request, "opening-back", went, old, request.taken),
        *_draft(request, "opening-owed", owed, old, used),
    ]


def _collected(request: TakeBackRequest) -> list[Draft]:
    owed = chart.opening_owed(request.account.code, request.unit)
    went = where_taken_went(request.account, request.bucket, request.unit)
    return _draft(request, "opening-collected", went, owed, request.taken)


def _draft(
    request: TakeBackRequest, kind: str, debit: chart.Side, credit: chart.Side, amount: int
) -> list[Draft]:
    if amount <= 0:
        return []
    return [
        Draft(
            id=f"{kind}:{request.request_id}",
            debit=debit,
            credit=credit,
            amount=amount,
            kind=kind,
            at_ms=request.answered_ms or request.asked_ms,
            reference=request.request_id,
            note=request.why,
        )
    ]


@transaction.atomic
def collect_debt(
    account_code: str, key: str, *, why: str, actor: User, now_ms: int
) -> TakeBackRequest | Refused:
    """Ask the gateway for as much of a room's credit as its old debt needs; what it takes settles the debt (C-7).

    `key` is the page's: the same again is the same request. One at a time: a second one could take more than is owed.
    """
    if not why.strip():
        return Refused(OpeningRefusal.NO_REASON)
    account = (
        Account.objects.select_related("point__room", "point__customer_class")
        .filter(code=account_code)
        .first()
    )
    if account is None:
        return Refused(OpeningRefusal.UNKNOWN_ROOM, account_code)
    lock_gateway_of(account.point.room.building_id)
    request_id = f"{COLLECT}{key}"
    known = TakeBackRequest.objects.filter(pk=request_id).first()
    if known is not None:
        same = known.account_id == account.pk
        return known if same else Refused(OpeningRefusal.EXISTS_WITH_DIFFERENT, account_code)
    asked = account.take_backs.filter(state=TakeBackRequest.State.PENDING)
    if asked.filter(request_id__startswith=COLLECT).exists():
        return Refused(OpeningRefusal.STILL_ASKED, account_code)
    owed = balance(chart.opening_owed(account.code, account.point.customer_class.unit))
    if owed <= 0:
        return Refused(OpeningRefusal.NOTHING_OWED, account_code)
    return _asked(request_id, account, PAID, owed, why, actor.get_username(), now_ms)


@transaction.atomic
def ask_again(row_id: int, *, actor: User, now_ms: int) -> TakeBackRequest | Refused:
    """Ask once more for an opening that its gateway refused to give back, as from an account in quarantine that was released."""
    row = OpeningBalance.objects.select_related("account", "batch").filter(pk=row_id).first()
    if row is None:
        return Refused(OpeningRefusal.UNKNOWN_ROOM)
    lock_gateway_of(row.building_id)
    requests = list(requests_of(row))
    if not requests or requests[-1].state != TakeBackRequest.State.REFUSED:
        return Refused(OpeningRefusal.NOT_REFUSED, row.room)
    last = requests[-1]
    request_id = f"{row.back_id}.{len(requests) + 1}"
    return _asked(
        request_id, row.account, row.bucket, last.asked, row.batch.why, actor.get_username(), now_ms
    )


def requests_of(row: OpeningBalance) -> list[TakeBackRequest]:
    """Give what was asked back for a row, the first one first."""
    again = TakeBackRequest.objects.filter(request_id__startswith=f"{row.back_id}.")
    found = [*TakeBackRequest.objects.filter(pk=row.back_id), *again]
    return sorted(found, key=lambda request: len(request.request_id))


def _asked(
    request_id: str, account: Account, bucket: str, amount: int, why: str, actor: str, now_ms: int
) -> TakeBackRequest | Refused:
    asked = ask_credit_back(request_id, account.code, bucket, amount, actor=actor, why=why, now_ms=now_ms)
    return Refused(OpeningRefusal.NO_GATEWAY, account.code) if isinstance(asked, LinkRefused) else asked
