"""Prove that no more left than the gateways gave back, and that every payment of a case is booked once (C-7, C-8)."""

from django.db.models import Sum

from central.desk.departures.models import DeparturePaid, PayBy, Withdrawal
from central.desk.departures.paying import grant_name
from central.desk.shift_models import CashOut
from central.ledger import chart_of_accounts as chart
from central.ledger.models import LedgerAccount, Transfer
from central.ledger.queries import balances
from central.ledger.verification import Check
from central.link.models import Grant
from gateway.contract.quantities import MICRO_YUAN_PER_FEN, Unit


def verify_departures() -> list[Check]:
    """Check payments against what is booked, moved credit against its grants, and what was taken back against what left."""
    return [_payments(), _moved(), _taken()]


def _payments() -> Check:
    paid = DeparturePaid.objects.exclude(method=PayBy.CREDIT).order_by("at_ms", "departure")
    names = _last_requests()
    booked = dict(
        Transfer.objects.filter(kind="pay-out", debit__unit=Unit.YUAN)
        .exclude(id__endswith=":rest")
        .order_by()
        .values_list("reference")
        .annotate(sum=Sum("amount"))
    )
    out = dict(CashOut.objects.values_list("request_id", "amount_fen"))
    seen = f"{len(paid)} refunds paid"
    for one in paid:
        name = names.get(one.departure_id, "")
        if booked.get(name) != one.amount_fen * MICRO_YUAN_PER_FEN:
            return Check("refunds", seen, f"case {one.pk}: paid {one.amount_fen} fen, booked otherwise")
        if one.method == PayBy.CASH and out.get(name) != one.amount_fen:
            return Check("refunds", seen, f"case {one.pk}: the drawer says another sum")
    return Check("refunds", seen)


def _last_requests() -> dict[str, str]:
    rows = Withdrawal.objects.order_by("number").values_list("departure", "request_id")
    return dict(rows)


def _moved() -> Check:
    paid = DeparturePaid.objects.filter(method=PayBy.CREDIT).select_related("departure__to_account")
    grants = {g.pk: g for g in Grant.objects.filter(source=Grant.Source.MOVED)}
    seen = f"{len(grants)} credits moved to another room"
    for one in paid:
        grant = grants.pop(grant_name(one.departure), None)
        if grant is None or (grant.account_id, grant.amount) != (one.departure.to_account_id, one.moved):
            return Check("moved credit", seen, f"case {one.pk}: its grant is missing or differs")
        ids = [f"moved:{one.pk}:{end}" for end in ("out", "in")]
        if list(Transfer.objects.filter(pk__in=ids).values_list("amount", flat=True)) != [one.moved] * 2:
            return Check("moved credit", seen, f"case {one.pk}: its transfers are missing or differ")
    resting = balances(chart.moved_credit(unit.value) for unit in Unit)
    fault = f"grant {next(iter(grants))} has no case" if grants else ""
    return Check(
        "moved credit", seen, fault or ("credit rests between two rooms" if any(resting.values()) else "")
    )


def _taken() -> Check:
    """Below zero, more would have left than the gateway gave back."""
    rows = LedgerAccount.objects.filter(code__startswith="taken-back:").order_by("code")
    bad = next((row for row in rows if row.balance < 0), None)
    fault = f"{bad.code}: more left than was given back" if bad else ""
    return Check("taken back", f"{len(rows)} accounts gave credit back", fault)
