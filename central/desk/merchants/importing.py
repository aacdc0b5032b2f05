"""Bring in another system's list: whole, once, in one transaction; what card meters sold is booked beside (R-4.2.1).

Card meters' sales never become cash of the desk or a grant. Their sums go to the account whose use the gateway bills: what is left
there is what lies on the card.
"""

from collections.abc import Iterator

from django.db import transaction

from central.campus.models import Account
from central.clock import campus_day
from central.desk.merchants.lists import ListPlan, ReadFile, headers_of, instant_ms, plan_list
from central.desk.merchants.models import CardMeterSale, CardTransaction, ColumnMap, ImportedList
from central.desk.numbering import PAY_OVERS, locked_series
from central.desk.operations import PAID
from central.domain.imported_rows import ListKind
from central.ledger import chart_of_accounts as chart
from central.ledger.one_writer import one_writer
from central.ledger.operations import Draft, book_new, record_audit
from central.office.models import User
from central.prepared import insert_many
from gateway.contract.quantities import Fen, Unit, micro_yuan_from_fen


@one_writer
@transaction.atomic
def import_list(file: ReadFile, name: str, *, actor: User, now_ms: int) -> ImportedList | ListPlan:
    """Store a list's new rows, book what card meters sold, remember the column map. What can't be whole is given back as plan."""
    locked_series(PAY_OVERS)
    plan = plan_list(file)
    if not plan.can_be_carried_out:
        return plan
    made = ImportedList.objects.create(
        kind=file.kind,
        file_name=name[:200],
        digest=file.digest,
        first_day=file.first_day,
        last_day=file.last_day,
        rows=len(plan.new),
        known=plan.known,
        amount_fen=plan.amount_fen,
        by=actor,
        at_ms=now_ms,
    )
    if file.kind is ListKind.CARD_SYSTEM:
        _store_transactions(made, plan)
    else:
        _store_sales(made, plan)
        book_new(list(_sale_drafts(made, plan, now_ms)), now_ms)
    ColumnMap.objects.update_or_create(kind=file.kind, defaults={"headers": headers_of(file)})
    detail = (
        f"{made.file_name}: {made.rows} new, {made.known} known, {made.amount_fen} fen, {file.digest[:16]}"
    )
    record_audit(
        actor=actor.get_username(),
        action="import-card-list",
        subject=f"card list {made.pk}",
        detail=detail,
        now_ms=now_ms,
    )
    return made


def _store_transactions(made: ImportedList, plan: ListPlan) -> None:
    columns = ("list_id", "row", "number", "reference", "card", "amount_fen", "at_ms")
    rows = (
        (
            made.pk,
            row.row,
            row.number,
            row.texts["reference"],
            row.texts.get("card", ""),
            row.amount_fen,
            instant_ms(row.at),
        )
        for row, _account in plan.new
    )
    insert_many(CardTransaction, columns, rows)


def _store_sales(made: ImportedList, plan: ListPlan) -> None:
    columns = (
        *("list_id", "row", "number", "account_id", "card"),
        *("amount_fen", "energy_wh", "register_wh", "at_ms"),
    )
    rows = (
        (
            made.pk,
            row.row,
            row.number,
            account.pk,
            row.texts.get("card", ""),
            row.amount_fen,
            row.energies_wh.get("energy"),
            row.energies_wh.get("register"),
            instant_ms(row.at),
        )
        for row, account in plan.new
        if account is not None
    )
    insert_many(CardMeterSale, columns, rows)


def _sale_drafts(made: ImportedList, plan: ListPlan, now_ms: int) -> Iterator[Draft]:
    """Book by account and day: a list of 100,000 sales must not hold the chain that long."""
    sums: dict[tuple[str, str], list[int]] = {}
    whose: dict[str, Account] = {}
    for row, account in plan.new:
        assert account is not None, "a card meter's sale has its account"
        at_ms = instant_ms(row.at)
        whose[account.code] = account
        one = sums.setdefault((account.code, campus_day(at_ms).isoformat()), [0, 0, 0])
        one[0] += row.amount_fen
        one[1] += row.energies_wh.get("energy", 0)
        one[2] = max(one[2], at_ms)
    for (code, day), (fen, energy_wh, at_ms) in sums.items():
        account = whose[code]
        draft_id = f"card-meter:{made.pk}:{code}:{day}"
        customer_class = account.point.customer_class
        customer = chart.customer(code, PAID, customer_class.unit)
        in_kwh = customer_class.unit == Unit.KWH
        income = chart.energy_sales(customer_class.code) if in_kwh else customer
        money = micro_yuan_from_fen(Fen(fen))
        note = f"list {made.pk}"
        yield from _moved(draft_id, chart.card_meter_sales(), income, money, "card-meter-sale", at_ms, note)
        if in_kwh:
            sold = chart.energy_sold(customer_class.code)
            yield from _moved(
                f"{draft_id}:energy", sold, customer, energy_wh, "card-meter-energy", at_ms, note
            )


def _moved(
    draft_id: str, debit: chart.Side, credit: chart.Side, amount: int, kind: str, at_ms: int, note: str
) -> Iterator[Draft]:
    """Give a transfer; below zero it goes back, nothing is none."""
    if amount > 0:
        yield Draft(draft_id, debit, credit, amount, kind, at_ms, note)
    elif amount < 0:
        yield Draft(draft_id, credit, debit, -amount, kind, at_ms, note)
