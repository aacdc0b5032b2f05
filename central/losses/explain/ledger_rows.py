"""The ledger's rows of a bill, each with the hash of the row before it, so that anyone can compute its own anew."""

from collections.abc import Sequence

from django.db.models import Q, Sum

from central.desk.debts.models import DebtShare
from central.desk.debts.owing import share_side
from central.desk.debts.penalty_models import DebtPenalty
from central.domain import chain
from central.domain.bill_content import LedgerRow, SideSum
from central.ledger import chart_of_accounts as chart
from central.ledger.chain_rows import TRANSFER_FIELDS
from central.ledger.models import AuditEntry, LedgerAccount, Transfer, own_side
from gateway.contract.facts import EntryKind

ASKED_AT_ONCE = 400
SIDES = ("customer", "debt", "reclaim", "taken-back", "billed", "owed:opening")
"""How the ledger accounts begin that are a room's own (`chart_of_accounts`); `_debts_of` names the others."""


def sides_of(account: str) -> list[LedgerAccount]:
    """Give an account's own sides that were ever used, credit first."""
    found = []
    for begin in SIDES:
        found += LedgerAccount.objects.filter(code__startswith=f"{begin}:{account}:").order_by("code")
    return [*found, *LedgerAccount.objects.filter(code__in=_debts_of(account)).order_by("code")]


def _debts_of(account: str) -> list[str]:
    """Name what its occupants owe, or are owed, apart from its credit: shares of a debt, penalties (R-4.2.4)."""
    shares = DebtShare.objects.filter(split__account__code=account)
    cases = DebtPenalty.objects.filter(account__code=account).values_list("case", flat=True)
    penalties = [side(case) for case in cases for side in (chart.penalty_owed, chart.penalty_back)]
    return [side.code for side in [*map(share_side, shares), *penalties]]


def side_sums(sides: Sequence[LedgerAccount], from_ms: int, until_ms: int) -> list[SideSum]:
    """Sum each side up to a period's beginning, and up to its end."""
    before, moved = _moved(sides, _before(from_ms)), _moved(sides, within(from_ms, until_ms))
    return [
        SideSum(
            one.code,
            one.unit,
            "debit" if own_side(one.kind, 1, 0) > 0 else "credit",
            before[one.code],
            before[one.code] + moved[one.code],
        )
        for one in sides
    ]


def later_agree(sums: Sequence[SideSum], sides: Sequence[LedgerAccount], until_ms: int) -> list[str]:
    """Name the sides whose closing balance and what came later are not the balance that the books keep."""
    later = _moved(sides, ~_before(until_ms))
    kept = {one.code: one.balance for one in sides}
    return [one.code for one in sums if one.closing + later[one.code] != kept[one.code]]


def ledger_rows(sides: Sequence[LedgerAccount], from_ms: int, until_ms: int) -> list[LedgerRow]:
    """Give the transfers of a period that touch these sides, in order of their positions."""
    codes = [one.code for one in sides]
    touching = Transfer.objects.filter(
        Q(debit__in=codes) | Q(credit__in=codes), within(from_ms, until_ms)
    ).order_by("position")
    rows = list(touching.values_list("position", "chain_hash", *TRANSFER_FIELDS))
    before = _hashes([position - 1 for position, *_rest in rows])
    return [
        LedgerRow(position, before.get(position - 1, ""), bytes(chain_hash).hex(), list(content))
        for position, chain_hash, *content in rows
    ]


def _hashes(positions: Sequence[int]) -> dict[int, str]:
    """Give the hashes of positions of the chain; what the first row is chained to stands at 0."""
    found = {0: chain.GENESIS.hex()}
    for begin in range(0, len(positions), ASKED_AT_ONCE):
        part = positions[begin : begin + ASKED_AT_ONCE]
        for table in (Transfer, AuditEntry):
            rows = table.objects.filter(position__in=part).values_list("position", "chain_hash")
            found.update((position, bytes(chain_hash).hex()) for position, chain_hash in rows)
    return found


def within(from_ms: int, until_ms: int) -> Q:
    """Select what belongs to a period: use up to its very end, which a closing instant settles; all else before it."""
    use_at_edge = Q(kind=EntryKind.CONSUMPTION.value, at_ms=from_ms)
    use_at_end = Q(kind=EntryKind.CONSUMPTION.value, at_ms=until_ms)
    return Q(at_ms__gte=from_ms, at_ms__lt=until_ms) & ~use_at_edge | use_at_end


def _before(at_ms: int) -> Q:
    return Q(at_ms__lt=at_ms) | Q(kind=EntryKind.CONSUMPTION.value, at_ms=at_ms)


def _moved(sides: Sequence[LedgerAccount], when: Q) -> dict[str, int]:
    codes = [one.code for one in sides]
    moved = {}
    debits, credits = (
        dict(
            Transfer.objects.filter(when, **{f"{way}__in": codes})
            .order_by()
            .values_list(way)
            .annotate(Sum("amount"))
        )
        for way in ("debit", "credit")
    )
    for one in sides:
        moved[one.code] = own_side(one.kind, debits.get(one.code, 0), credits.get(one.code, 0))
    return moved
