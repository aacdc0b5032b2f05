"""What the desk reads: where payments stand, what is credited but not supplied, whether a payment repeats one."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from central.campus.models import Account, Building
from central.desk.limits import asked_again_within_ms
from central.desk.models import Payment, Receipt
from central.desk.shared_balance import accounts_paid_by
from central.domain.delivery import DeliveryFacts, DeliveryState, RelayWord, state_of
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balances
from central.link.gateway_queries import without_lists
from central.link.models import AccountDecision, Delivery, RelayState
from gateway.contract.rules import CutOff


@dataclass(frozen=True, slots=True)
class NotSupplied:
    """A credit that is not supplied yet: the grant's delivery, its receipt if it was paid for, and where it stands."""

    delivery: Delivery
    receipt: Receipt | None
    state: DeliveryState


@dataclass(frozen=True, slots=True)
class BucketBalance:
    """An account's balance in one bucket, in the order of use."""

    bucket: str
    unit: str
    amount: int
    refundable: bool


def delivery_state(payment: Payment) -> DeliveryState | None:
    """Say where a payment's credit stands: credited, sent, applied, supplied, or why not. None when it bought no credit."""
    return delivery_states([payment.grant]).get(payment.grant) if payment.grant else None


def delivery_states(grant_ids: Iterable[str | None]) -> dict[str, DeliveryState]:
    """Say where grants stand, by their ids; a few queries however many there are. A payment without credit has none."""
    deliveries = _with_all(Delivery.objects.filter(pk__in=[one for one in grant_ids if one]))
    return dict(zip([d.grant_id for d in deliveries], _states(deliveries), strict=True))


def not_yet_supplied(limit: int = 500) -> list[NotSupplied]:
    """List credit that is booked here and not proved supplied, oldest first (R-4.1.3).

    Left out is what has come to its end without a relay: booked by the gateway at a point that can't be cut.
    """
    no_relay = Q(applied_ms__isnull=False, grant__account__point__cut_off=CutOff.NONE.value)
    waiting = _still_to_come().exclude(no_relay).order_by("grant__created_ms")
    deliveries = _with_all(waiting[:limit])
    receipts = Receipt.objects.filter(payment__grant__in=[d.grant_id for d in deliveries]).select_related(
        "payment"
    )
    by_grant = {receipt.payment.grant: receipt for receipt in receipts}
    return [
        NotSupplied(delivery, by_grant.get(delivery.grant_id), state)
        for delivery, state in zip(deliveries, _states(deliveries), strict=True)
    ]


def count_not_yet_supplied() -> int:
    """Count what `not_yet_supplied` lists."""
    no_relay = Q(applied_ms__isnull=False, grant__account__point__cut_off=CutOff.NONE.value)
    return _still_to_come().exclude(no_relay).count()


def _still_to_come() -> QuerySet[Delivery]:
    """Select what is not supplied; of credit that was withdrawn before any gateway had it, nothing is to come."""
    return Delivery.objects.filter(supplied_ms=None).exclude(refused=Delivery.WITHDRAWN)


def buildings_to_carry_to() -> list[tuple[Building, int]]:
    """Give the buildings whose gateways have not booked all their credit, and how many grants that are (R-B5)."""
    waiting = Delivery.objects.filter(applied_ms=None, gateway__isnull=False)
    counts = dict(waiting.values_list("gateway__building").annotate(number=Count("pk")).order_by())
    return [(one, counts[one.pk]) for one in Building.objects.filter(pk__in=counts).order_by("code")]


def repeated_payment(account_code: str, amount_fen: int, now_ms: int) -> Payment | None:
    """Give a payment of the same sum to the same account within minutes: the page asks before it takes another (R-4.1.4)."""
    return (
        Payment.objects.filter(
            account__code=account_code,
            amount_fen=amount_fen,
            at_ms__gt=now_ms - asked_again_within_ms(now_ms),
        )
        .order_by("-at_ms")
        .select_related("receipt")
        .first()
    )


def bucket_balances(account: Account) -> list[BucketBalance]:
    """Give an account's balances by central's ledger, in the order the buckets are used; credit under way is in them."""
    rules = list(account.point.customer_class.buckets.order_by("order"))
    sides = {rule.name: chart.customer(account.code, rule.name, rule.unit) for rule in rules}
    amounts = balances(sides.values())
    return [
        BucketBalance(rule.name, rule.unit, amounts.get(sides[rule.name].code, 0), rule.refundable)
        for rule in rules
    ]


def _with_all(deliveries: QuerySet[Delivery]) -> list[Delivery]:
    rows = deliveries.select_related("grant__account__point__room__building", "gateway", "command")
    return list(without_lists(rows))


def _states(deliveries: list[Delivery]) -> list[DeliveryState]:
    payer_of = accounts_paid_by({d.grant.account.code for d in deliveries})
    decisions = {d.account: d for d in AccountDecision.objects.filter(account__in=payer_of)}
    relays: dict[str, RelayState] = {}
    for relay in RelayState.objects.filter(account__in=payer_of).order_by("observed_closed", "at_ms"):
        relays.setdefault(payer_of[relay.account], relay)
    return [
        state_of(_facts(d, decisions.get(d.grant.account.code), relays.get(d.grant.account.code)))
        for d in deliveries
    ]


def _facts(delivery: Delivery, decision: AccountDecision | None, relay: RelayState | None) -> DeliveryFacts:
    gateway = delivery.gateway
    word = (
        RelayWord(relay.observed_closed, relay.desired_closed, relay.verdict, relay.why, relay.at_ms)
        if relay
        else None
    )
    return DeliveryFacts(
        has_gateway=gateway is not None,
        gateway_online=gateway is not None and gateway.online,
        sent=delivery.command is not None and delivery.command.sends > 0,
        applied_ms=delivery.applied_ms,
        refused=delivery.refused,
        supplied_ms=delivery.supplied_ms,
        cut_off=delivery.grant.account.point.cut_off,
        decision=decision.decision if decision else None,
        decision_reason=decision.reason if decision else "",
        relay=word,
    )
