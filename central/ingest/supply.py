"""Supplied is read back, never assumed (C-15): mark deliveries when their relays' latest words prove it."""

from central.campus.models import Binding
from central.desk.shared_balance import payer_and_accounts
from central.domain.delivery import RelayWord, proves_supply
from central.link.models import AccountDecision, Delivery, RelayState
from central.prepared import Prepared

_WAITING = Prepared(
    lambda payer: (
        Delivery.objects.filter(grant__account__code=payer, applied_ms__isnull=False, supplied_ms=None)
        .order_by()
        .values_list("pk")
    ),
    str,
)
_TIES = Prepared(
    lambda account, now_ms: (
        Binding.objects.filter(meter__bindings__account__code=account, from_ms__lte=now_ms)
        .order_by("from_ms")
        .values_list("meter__meter_no", "account__code")
    ),
    str,
    int,
)
_RELAYS = Prepared(lambda account: RelayState.objects.filter(account=account), str)
_DECISION = Prepared(
    lambda account: AccountDecision.objects.filter(account=account).values_list("decision", flat=True), str
)


def relay_word(relay: RelayState) -> RelayWord:
    """Give a relay's latest word to the pure rule."""
    return RelayWord(relay.observed_closed, relay.desired_closed, relay.verdict, relay.why, relay.at_ms)


def mark_supplied(account: str, now_ms: int) -> int:
    """Mark booked grants as supplied if every relay that they feed is proved closed; give how many.

    Those are the relays tied to the account now, and to all that use up the same balance (C-4).
    """
    payer, accounts = payer_and_accounts(account)
    if not _WAITING.rows(payer):
        return 0
    waiting = Delivery.objects.filter(grant__account__code=payer, applied_ms__isnull=False, supplied_ms=None)
    tied = [meter for one in accounts for meter in _meters_tied_to(one, now_ms)]
    relays = [relay for one in accounts for relay in _RELAYS.rows(one) if relay.meter in tied]
    decisions = {one: _DECISION.first(one) for one in accounts}
    if not relays or not all(proves_supply(relay_word(one), decisions[one.account]) for one in relays):
        return 0
    return waiting.update(supplied_ms=max(relay.at_ms for relay in relays))


def _meters_tied_to(account: str, now_ms: int) -> list[str]:
    """A meter's latest binding ends the one before: a meter that was replaced says nothing of its former account."""
    latest = dict(_TIES.rows(account, now_ms))
    return [meter for meter, tied_to in latest.items() if tied_to == account]
