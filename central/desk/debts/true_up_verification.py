"""Prove that each true-up was booked as it stands, with its grant where it was given back, and that no transfer lacks one."""

from central.desk.debts.true_up_models import DebtTrueUp
from central.desk.debts.true_ups import BACK, KIND
from central.ledger.models import Transfer
from central.ledger.verification import Check
from central.link.models import Grant

NAME = "true-ups"


def verify_true_ups() -> list[Check]:
    """Check true-ups and their reversals against the ledger and the grants."""
    rows = list(DebtTrueUp.objects.order_by("at_ms", "pk"))
    booked = dict(Transfer.objects.filter(kind__in=(KIND, BACK)).values_list("pk", "amount"))
    granted = dict(
        Grant.objects.filter(pk__startswith="tu-", source=Grant.Source.ADJUSTMENT).values_list("pk", "amount")
    )
    seen = f"{len(rows)} true-ups"
    for one in rows:
        given = f"{one.pk}-given"
        here = booked.pop(one.pk, 0), booked.pop(given, 0)
        if here != _wanted(one):
            return [Check(NAME, seen, f"{one.pk}: its transfers are missing or differ")]
        if granted.pop(given, here[1]) != here[1]:
            return [Check(NAME, seen, f"{one.pk}: its grant differs from its transfer")]
    strange = next(iter([*booked, *granted]), None)
    return [Check(NAME, seen, f"{strange} has no true-up" if strange else "")]


def _wanted(one: DebtTrueUp) -> tuple[int, int]:
    """Give what must be booked against what is owed, and what as given."""
    if one.amount > 0:
        return one.amount, 0
    return one.owed_before, -one.amount - one.owed_before
