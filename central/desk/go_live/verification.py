"""Prove that every opening that was carried out has its grant and its transfers, and every one of these its row."""

from central.desk.go_live.models import OpeningBalance
from central.desk.go_live.settling import BACK
from central.domain.opening_moves import moves
from central.ledger.models import LedgerAccount, Transfer
from central.ledger.verification import Check
from central.link.models import Grant, TakeBackRequest
from gateway.contract.quantities import Unit


def verify_openings() -> list[Check]:
    """Check rows against grants and transfers, and the former system's account against the rows, by unit."""
    rows = list(OpeningBalance.objects.filter(batch__done__isnull=False).select_related("account"))
    return [_grants(rows), *(_sum(rows, unit.value) for unit in Unit)]


def _grants(rows: list[OpeningBalance]) -> Check:
    """A grant is its row's own, or more only by what had been paid of a debt that is forgiven."""
    given = {
        g.grant_id: g for g in Grant.objects.filter(source=Grant.Source.OPENING).select_related("account")
    }
    opening = Transfer.objects.filter(kind="opening").values_list("reference", "credit", "amount")
    booked = {reference: (side, amount) for reference, side, amount in opening}
    seen = f"{len(given)} opening grants"
    for row in rows:
        grant, least = given.pop(row.grant_id, None), moves(row.before, row.after)
        wanted = least.grant
        if grant is None and wanted:
            return Check("opening balances", seen, f"row {row.grant_id} has no grant")
        if grant is None:
            continue
        same = (grant.account_id, grant.bucket, grant.unit) == (row.account_id, row.bucket, row.unit)
        if not same or not wanted <= grant.amount <= wanted + least.forgive:
            return Check("opening balances", seen, f"grant {grant.grant_id} differs from its row")
        side = f"customer:{row.account.code}:{row.bucket}:{row.unit}"
        if booked.pop(row.grant_id, None) != (side, grant.amount):
            return Check(
                "opening balances", seen, f"grant {grant.grant_id}: its transfer is missing or differs"
            )
    extra = next(iter([*given, *booked]), None)
    return Check("opening balances", seen, f"{extra} has no row" if extra else "")


def _sum(rows: list[OpeningBalance], unit: str) -> Check:
    """The former system's account holds what the rows say, and what was asked back and not answered yet."""
    newest: dict[str, TakeBackRequest] = {}
    asked = TakeBackRequest.objects.filter(request_id__startswith=BACK, unit=unit)
    for request in sorted(asked, key=lambda r: len(r.request_id)):
        newest[request.request_id.partition(".")[0]] = request
    waiting = sum(r.asked for r in newest.values() if r.state != TakeBackRequest.State.SETTLED)
    wanted = sum(row.after - row.before for row in rows if row.unit == unit) + waiting
    account = LedgerAccount.objects.filter(pk=f"opening:old-system:{unit}").first()
    held = account.balance if account else 0
    fault = f"the rows make {wanted}, the account holds {held}" if wanted != held else ""
    return Check(f"former system ({unit})", f"{held} taken over", fault)
