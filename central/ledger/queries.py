"""Read the books: balances as plain integers, in the account's unit."""

from collections.abc import Iterable

from central.ledger.chart_of_accounts import Side
from central.ledger.models import LedgerAccount, own_side


def balance(side: Side) -> int:
    """Give an account's balance on its own side; 0 for one never used."""
    return balances([side]).get(side.code, 0)


def balances(sides: Iterable[Side]) -> dict[str, int]:
    """Give balances by code; accounts never used are missing."""
    rows = LedgerAccount.objects.filter(code__in=[side.code for side in sides])
    return {
        code: own_side(kind, debits, credited)
        for code, kind, debits, credited in rows.values_list("code", "kind", "debits", "credits")
    }
