"""The act `adjustment`: asked for at the desk or by finance, signed by the director and then finance (R-4.1.5)."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.models import Account
from central.clock import minute_text
from central.desk.corrections.adjusting import ACT, AdjustmentRefusal, carry_out
from central.desk.corrections.queries import Record, receipt_with_all, record_of
from central.desk.corrections.words import why_not
from central.desk.go_live.signers_view import bucket_words, kind_of
from central.desk.models import Receipt
from central.desk.queries import bucket_balances
from central.domain.approval import Step
from central.domain.paper import Column, Kind, Row, Table
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balances
from central.office.acts import Act, Approved, Content
from central.office.roles import ASK_ADJUSTMENTS, Role
from central.office.templatetags.cardroom import amount_text, receipt_number, unit_word
from gateway.contract.quantities import MICRO_YUAN_PER_FEN


def _carry_out(content: Content, approved: Approved) -> str:
    done = carry_out(content, approved)
    return why_not(done) if isinstance(done, AdjustmentRefusal) else ""


def _show(content: Content) -> list[Table]:
    """Show the whole of what is asked: the account as it stands, the amount, and the receipt with its room's payments."""
    account = Account.objects.select_related("point__room__building", "point__customer_class").get(
        code=content["account"]
    )
    receipt = receipt_with_all(content["receipt"])
    tables = [_asked(content, account), _balances(account)]
    return [*tables, _payments(record_of(receipt, receipt.at_ms))] if receipt else tables


def _asked(content: Content, account: Account) -> Table:
    kind = kind_of(content["unit"])
    columns = [
        Column("room", _("Room"), width=20),
        Column("what", _("What is done"), width=24),
        Column("bucket", _("Kind of credit"), width=20),
        Column("amount", unit_word(content["unit"]), kind, 16),
    ]
    way = _("credit it") if content["amount"] > 0 else _("take it back")
    row = Row([account.point.room.full_label, way, bucket_words(content["bucket"]), abs(content["amount"])])
    return Table(_("Adjustment"), columns, [row])


def _balances(account: Account) -> Table:
    """Give the account's buckets and what it owes outside them, by this server's books."""
    columns = [
        Column("bucket", _("Kind of credit"), width=24),
        Column("unit", _("Unit"), width=8),
        Column("amount", _("Balance"), width=16),
    ]
    buckets = bucket_balances(account)
    units = dict.fromkeys(one.unit for one in buckets)
    debts = {unit: chart.owed(account.code, unit) for unit in units}
    held = balances(debts.values())
    rows = [
        [bucket_words(one.bucket), unit_word(one.unit), amount_text(one.amount, one.unit)] for one in buckets
    ]
    rows += [
        [_("owed outside the balance"), unit_word(unit), amount_text(held[side.code], unit)]
        for unit, side in debts.items()
        if held.get(side.code)
    ]
    return Table(_("As it stands"), columns, [Row([*row]) for row in rows])


def _payments(record: Record) -> Table:
    columns = [
        Column("receipt", _("Receipt"), width=14),
        Column("time", _("Time"), width=20),
        Column("amount", _("Amount"), Kind.YUAN, 16),
        Column("state", _("State"), width=12),
    ]
    rows = [
        Row(
            [
                receipt_number(one.number),
                minute_text(one.at_ms),
                one.amount_fen * MICRO_YUAN_PER_FEN,
                _("void") if hasattr(one, "void") else "",
            ],
            {"receipt": reverse("desk:receipt", args=[one.number])},
        )
        for one in record.payments
    ]
    title = _("Payments of %(room)s") % {"room": record.receipt.room}
    return Table(title, columns, rows)


def _address(content: Content) -> str:
    return reverse("desk:receipt", args=[content["receipt"]])


def _barred(content: Content) -> frozenset[int]:
    """Who took the receipt's money signs nothing of an error in it."""
    return frozenset(Receipt.objects.filter(pk=content["receipt"]).values_list("payment__cashier", flat=True))


def _about(content: Content) -> str:
    account = Account.objects.select_related("point__room__building").filter(code=content["account"]).first()
    room = account.point.room.full_label if account else content["account"]
    return f"{room} · {_('receipt %(number)s') % {'number': receipt_number(content['receipt'])}}"


ADJUSTMENT = Act(
    code=ACT,
    title=gettext_lazy("Adjustment of the college's own error"),
    roles=ASK_ADJUSTMENTS,
    chain=(Step((Role.DIRECTOR,)), Step((Role.FINANCE,))),
    show=_show,
    carry_out=_carry_out,
    address=_address,
    about=_about,
    barred=_barred,
    copies=(Role.CASHIER,),
)
