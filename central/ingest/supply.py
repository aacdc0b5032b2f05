"""Supplied is read back, never assumed (C-15): mark deliveries when their relays' latest words prove it."""

from django.db.models import Max

from central.campus.models import Binding
from central.domain.delivery import RelayWord, proves_supply
from central.link.models import AccountDecision, Delivery, RelayState


def relay_word(relay: RelayState) -> RelayWord:
    """Give a relay's latest word to the pure rule."""
    return RelayWord(relay.observed_closed, relay.desired_closed, relay.verdict, relay.why, relay.at_ms)


def mark_supplied(account: str, now_ms: int) -> int:
    """Mark the account's booked grants as supplied if every relay tied to it now is proved closed; give how many."""
    relays = RelayState.objects.filter(account=account, meter__in=_meters_tied_to(account, now_ms))
    decision = AccountDecision.objects.filter(account=account).values_list("decision", flat=True).first()
    if not relays or not all(proves_supply(relay_word(relay), decision) for relay in relays):
        return 0
    read_back_ms = relays.aggregate(Max("at_ms"))["at_ms__max"]
    return Delivery.objects.filter(
        grant__account__code=account, applied_ms__isnull=False, supplied_ms=None
    ).update(supplied_ms=read_back_ms)


def _meters_tied_to(account: str, now_ms: int) -> list[str]:
    """A meter's latest binding ends the one before: a meter that was replaced says nothing of its former account."""
    ties = Binding.objects.filter(meter__bindings__account__code=account, from_ms__lte=now_ms).order_by(
        "from_ms"
    )
    latest = dict(ties.values_list("meter__meter_no", "account__code"))
    return [meter for meter, tied_to in latest.items() if tied_to == account]
