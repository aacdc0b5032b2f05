"""Prove the books: triggers in place, the chain whole, sums equal to the transfers. What is found is named, row by row."""

from dataclasses import dataclass

from django.db.models import F, Q, Sum

from central.domain import chain
from central.ledger import chain_rows
from central.ledger.immutability import immutable_tables, missing_triggers
from central.ledger.models import ChainHead, LedgerAccount, Transfer


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked: its name, what was seen, and the first fault if there is one."""

    name: str
    seen: str
    fault: str = ""

    @property
    def holds(self) -> bool:
        return not self.fault


def verify_books() -> list[Check]:
    """Check triggers, chain and balances; never raises for what it finds."""
    return [_triggers(), _chain(), _sums(), _units()]


def _triggers() -> Check:
    missing = missing_triggers()
    seen = f"{len(immutable_tables())} tables that may not change"
    return Check("triggers", seen, f"missing: {', '.join(missing)}" if missing else "")


def _chain() -> Check:
    result = chain.check(chain_rows.links())
    if isinstance(result, chain.Broken):
        where = f"{result.table} {result.key} (position {result.position})"
        return Check("hash chain", "read up to there", f"{where}: {result.why}")
    head = ChainHead.objects.filter(pk=1).first()
    position, last_hash = (head.position, bytes(head.chain_hash)) if head else (0, chain.GENESIS)
    fault = ""
    if (position, last_hash) != (result.rows, result.last_hash):
        fault = f"the head says {position} rows, {result.rows} are there: the newest rows were removed"
    return Check("hash chain", f"{result.rows} rows, last hash {result.last_hash.hex()[:16]}", fault)


def _sums() -> Check:
    debits = dict(Transfer.objects.values_list("debit").annotate(Sum("amount")))
    credits = dict(Transfer.objects.values_list("credit").annotate(Sum("amount")))
    count = 0
    for account in LedgerAccount.objects.order_by("code").iterator():
        count += 1
        booked = (debits.get(account.code, 0), credits.get(account.code, 0))
        if booked != (account.debits, account.credits):
            kept = (account.debits, account.credits)
            return Check(
                "balances", f"{count} accounts", f"{account.code}: kept {kept}, transfers say {booked}"
            )
    return Check("balances", f"{count} accounts equal the sum of their transfers")


def _units() -> Check:
    wrong = (
        Transfer.objects.filter(~Q(unit=F("debit__unit")) | ~Q(unit=F("credit__unit")))
        .order_by("position")
        .first()
    )
    return Check("units", "both sides of each transfer", f"transfer {wrong.id} mixes units" if wrong else "")
