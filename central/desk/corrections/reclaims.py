"""Take back credit that an account was given wrongly: asked of its gateway, never done by central (C-7).

What the gateway takes settles it; what was used meanwhile is owed by the account, outside the balance that its gateway keeps: it
never cuts the room. Ingest calls `settle` in the transaction that settles the request. Where no gateway ever had the credit
there is nobody to ask: central's own books decide at once.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db import transaction

from central.campus.models import Account
from central.desk.corrections.models import Reclaim, ReclaimEnd
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book_new
from central.ledger.queries import balance
from central.link.models import Delivery, Gateway, TakeBackRequest
from central.link.operations import Refused as LinkRefused
from central.link.operations import ask_credit_back
from central.link.outbox import lock_gateway_of
from central.link.taken_back import where_taken_went
from central.office.models import User

CORRECTED, ADJUSTED = "cr-", "ad-"
"""How reclaims are named, by what caused them."""


class ReclaimRefusal(StrEnum):
    """Why nothing was asked once more."""

    UNKNOWN = "unknown-reclaim"
    ENDED = "reclaim-ended"
    STILL_ASKED = "still-asked"
    CANNOT_BE_ASKED = "cannot-be-asked"
    """No gateway, one that is being restored, or an account that is being closed."""


class State(StrEnum):
    """Where a reclaim stands."""

    ASKED = "asked"
    REFUSED = "refused"
    NOT_ASKED = "not-asked"
    TAKEN = "taken"
    OWED = "owed"
    """Ended, and not all was left."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A reclaim with its state; `taken` and `owed` are 0 before its end, `outcome` is the gateway's word when it refused."""

    reclaim: Reclaim
    state: State
    taken: int = 0
    owed: int = 0
    by_books: bool = False
    asked_ms: int | None = None
    ended_ms: int | None = None
    outcome: str = ""


def is_reclaim(request_id: str) -> bool:
    """Say whether a request's money belongs to a reclaim: it is never paid out at the desk."""
    return request_id.startswith((CORRECTED, ADJUSTED))


def begin(reclaim: Reclaim, grant_id: str | None, *, actor: User, now_ms: int) -> None:
    """Ask for a new reclaim, inside the caller's transaction, with the building's gateway locked.

    `grant_id` is the credit that it undoes. Delivered to no gateway yet, it is withdrawn whole: the account never had it. A gateway
    that can't be asked now is asked later (`ask_again`).
    """
    unsent = Delivery.objects.filter(pk=grant_id, gateway=None, refused="") if grant_id else None
    if unsent is not None and unsent.update(refused=Delivery.WITHDRAWN):
        _end(reclaim, reclaim.amount, _credit(reclaim), now_ms)
    else:
        _ask(reclaim, reclaim.reclaim_id, actor, now_ms)


@transaction.atomic
def ask_again(reclaim_id: str, *, actor: User, now_ms: int) -> TakeBackRequest | ReclaimEnd | ReclaimRefusal:
    """Ask once more for what the gateway refused or could not be asked for; of a closed account the books decide."""
    building = Reclaim.objects.filter(pk=reclaim_id).values_list("account__point__room__building", flat=True)
    if not building:
        return ReclaimRefusal.UNKNOWN
    lock_gateway_of(building[0])
    reclaim = Reclaim.objects.select_related("account__point__customer_class").get(pk=reclaim_id)
    if ReclaimEnd.objects.filter(pk=reclaim_id).exists():
        return ReclaimRefusal.ENDED
    requests = requests_of([reclaim_id]).get(reclaim_id, [])
    if requests and requests[-1].state == TakeBackRequest.State.PENDING:
        return ReclaimRefusal.STILL_ASKED
    name = f"{reclaim_id}.{len(requests) + 1}" if requests else reclaim_id
    return _ask(reclaim, name, actor, now_ms) or ReclaimRefusal.CANNOT_BE_ASKED


def settle(request: TakeBackRequest, now_ms: int) -> None:
    """Book what a settled request of a reclaim means, inside the transaction that settled it; ended before, it stays ended."""
    if not is_reclaim(request.request_id) or request.state != TakeBackRequest.State.SETTLED:
        return
    reclaim_id = request.request_id.partition(".")[0]
    reclaim = Reclaim.objects.select_related("account__point__customer_class").get(pk=reclaim_id)
    if not ReclaimEnd.objects.filter(pk=reclaim_id).exists():
        taken = max(0, min(request.taken, reclaim.amount))
        went = where_taken_went(reclaim.account, reclaim.bucket, reclaim.unit)
        _end(reclaim, taken, went, now_ms, request.request_id)


def settle_closed(account: Account, now_ms: int) -> None:
    """End what of a closed account's reclaims has no end, before anything of it is paid: its closing gave back all that was left.

    Its gateway, which answers nothing about it any more, is locked. What it took for a request that it has not answered lies with
    the rest.
    """
    for reclaim in account.reclaims.filter(end=None).order_by("at_ms", "pk"):
        _end_by_books(reclaim, now_ms)


def standings(reclaims: list[Reclaim]) -> dict[str, Standing]:
    """Say where reclaims stand, by their ids; two queries however many there are."""
    ids = [reclaim.pk for reclaim in reclaims]
    ends, asked = ReclaimEnd.objects.in_bulk(ids), requests_of(ids)
    return {one.pk: _standing(one, ends.get(one.pk), asked.get(one.pk, [])) for one in reclaims}


def requests_of(reclaim_ids: list[str]) -> dict[str, list[TakeBackRequest]]:
    """Give what was asked of gateways for each reclaim, the first request first."""
    accounts = Reclaim.objects.filter(pk__in=reclaim_ids).values("account")
    found: dict[str, list[TakeBackRequest]] = {}
    for request in TakeBackRequest.objects.filter(account__in=accounts):
        reclaim_id = request.request_id.partition(".")[0]
        if reclaim_id in reclaim_ids:
            found.setdefault(reclaim_id, []).append(request)
    for requests in found.values():
        requests.sort(key=lambda request: (len(request.request_id), request.request_id))
    return found


def _standing(reclaim: Reclaim, end: ReclaimEnd | None, requests: list[TakeBackRequest]) -> Standing:
    last = requests[-1] if requests else None
    asked_ms = requests[0].asked_ms if requests else None
    if end is not None:
        state = State.OWED if end.owed else State.TAKEN
        return Standing(reclaim, state, end.taken, end.owed, not end.request, asked_ms, end.at_ms)
    if last is None:
        return Standing(reclaim, State.NOT_ASKED)
    is_refused = last.state == TakeBackRequest.State.REFUSED
    state = State.REFUSED if is_refused else State.ASKED
    return Standing(reclaim, state, asked_ms=asked_ms, outcome=last.outcome if is_refused else "")


def _ask(reclaim: Reclaim, name: str, actor: User, now_ms: int) -> TakeBackRequest | ReclaimEnd | None:
    """Ask the gateway, or settle from the books what a closed account has left there; None when it can't be asked now."""
    account = reclaim.account
    if account.state == Account.State.CLOSED:
        return _end_by_books(reclaim, now_ms)
    asked = ask_credit_back(
        name,
        account.code,
        reclaim.bucket,
        reclaim.amount,
        actor=actor.get_username(),
        why=reclaim.why,
        now_ms=now_ms,
    )
    return None if isinstance(asked, LinkRefused) else asked


def _end_by_books(reclaim: Reclaim, now_ms: int) -> ReclaimEnd:
    side = chart.taken_back(reclaim.account.code, reclaim.unit)
    return _end(reclaim, max(0, min(reclaim.amount, balance(side))), side, now_ms)


def _end(reclaim: Reclaim, taken: int, taken_from: chart.Side, now_ms: int, request: str = "") -> ReclaimEnd:
    """Keep and book the end: what was taken comes from where it lies now, the rest is owed."""
    owed = reclaim.amount - taken
    side = chart.reclaim(reclaim.account.code, reclaim.unit)
    debtor = chart.owed(reclaim.account.code, reclaim.unit)
    drafts = [
        Draft(f"{kind}:{reclaim.pk}", debit, side, amount, kind, now_ms, reclaim.pk, reclaim.why)
        for kind, debit, amount in (("reclaim-taken", taken_from, taken), ("reclaim-owed", debtor, owed))
        if amount > 0
    ]
    end = ReclaimEnd.objects.create(reclaim=reclaim, taken=taken, owed=owed, request=request, at_ms=now_ms)
    book_new(drafts, now_ms)
    return end


def _credit(reclaim: Reclaim) -> chart.Side:
    return chart.customer(reclaim.account.code, reclaim.bucket, reclaim.unit)


def gateway_of(reclaim: Reclaim) -> Gateway | None:
    """Give the gateway that keeps the account's credit; None while its building has none."""
    return Gateway.objects.filter(building=reclaim.account.point.room.building_id).first()
