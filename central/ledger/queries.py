"""Read the books: balances as plain integers, in the account's unit."""

from collections.abc import Iterable

from central.among import among
from central.ledger.chart_of_accounts import Side
from central.ledger.models import LedgerAccount, own_side
from central.prepared import Prepared

_SUMS = Prepared(
    lambda code: LedgerAccount.objects.filter(pk=code).values_list("kind", "debits", "credits"), str
)


def balance(side: Side) -> int:
    """Give an account's balance on its own side; 0 for one never used."""
    found = _SUMS.first(side.code)
    return own_side(*found) if found else 0


def balances(sides: Iterable[Side]) -> dict[str, int]:
    """Give balances by code; accounts never used are missing."""
    rows = LedgerAccount.objects.filter(among("code", (side.code for side in sides)))
    found = rows.values_list("code", "kind", "debits", "credits")
    return {code: own_side(kind, debits, credited) for code, kind, debits, credited in found}
