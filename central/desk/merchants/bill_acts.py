"""Ask for a month's bills and for a credit note; issue them with the last signature (R-4.2.1).

The gateway bills a monthly account's energy as any other's: its use is booked as revenue and makes the customer's side fall below
zero. A bill moves that to what is owed by bills, and the revenue is not booked a second time.
"""

from datetime import timedelta
from enum import StrEnum

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.models import Account
from central.clock import campus_day
from central.desk.merchants.bill_models import BillLine, BillMeter, CreditNote, MonthlyBill
from central.desk.merchants.bill_queries import state_of
from central.desk.merchants.bill_tables import credit_tables, run_tables
from central.desk.merchants.billing import BillPlan, Content, standing_bills
from central.desk.numbering import BILLS, CREDIT_NOTES, locked_series, next_number
from central.desk.operations import PAID
from central.domain.approval import Step
from central.domain.periods import read_period
from central.ledger import chart_of_accounts as chart
from central.ledger.operations import Draft, book_new, record_audit
from central.office.acts import Act, Approved, register
from central.office.approvals import ApprovalRefusal, ask
from central.office.dated_settings import number_at
from central.office.models import Approval, User
from central.office.roles import BILL_MERCHANTS, Role
from central.papers.accounting import first_days
from central.papers.words import period_words
from gateway.contract.quantities import Fen, Unit, micro_yuan_from_fen

RUN, CREDIT = "monthly-bills", "bill-credit"
CHAIN = (Step((Role.FINANCE,)), Step((Role.DIRECTOR,)))


class BillRefusal(StrEnum):
    """Why nothing was asked for or paid; a text key for the pages."""

    NOTHING_TO_BILL = "nothing-to-bill"
    NOT_OVER = "not-over"
    RUN_WAITS = "run-waits"
    UNKNOWN_BILL = "unknown-bill"
    ABOVE_OPEN = "above-open"
    NOT_POSITIVE = "not-positive"
    NO_REASON = "no-reason"
    CHANGED = "changed"


def ask_for_bills(
    plan: BillPlan, *, why: str, key: str, actor: User, now_ms: int, until_ms: int
) -> Approval | ApprovalRefusal | BillRefusal:
    """Put a period's bills before those who sign. A period that is not over, or whose run waits already, is refused."""
    if until_ms > now_ms:
        return BillRefusal.NOT_OVER
    waiting = Approval.objects.filter(act=RUN, subject=plan.period.name, state=Approval.State.WAITING)
    if waiting.exclude(key=key).exists():
        return BillRefusal.RUN_WAITS
    if not plan.drafts:
        return BillRefusal.NOTHING_TO_BILL
    return ask(RUN, plan.content(), subject=plan.period.name, why=why, actor=actor, now_ms=now_ms, key=key)


def ask_for_credit(
    number: int, amount_fen: int, *, why: str, key: str, actor: User, now_ms: int
) -> Approval | ApprovalRefusal | BillRefusal:
    """Put a credit note before those who sign: at most what of the bill is open."""
    bill = MonthlyBill.objects.filter(pk=number).first()
    if bill is None:
        return BillRefusal.UNKNOWN_BILL
    if not why.strip():
        return BillRefusal.NO_REASON
    if amount_fen <= 0:
        return BillRefusal.NOT_POSITIVE
    if amount_fen > state_of(bill, campus_day(now_ms)).open_fen:
        return BillRefusal.ABOVE_OPEN
    content = {"bill": number, "amount_fen": amount_fen}
    return ask(CREDIT, content, subject=f"bill {number}", why=why, actor=actor, now_ms=now_ms, key=key)


def issue_bills(content: Content, approved: Approved) -> str:
    """Issue what was signed: all bills or none. An account that was billed meanwhile stops them, by name."""
    series = locked_series(BILLS)
    codes = [one["account"] for one in content["bills"]]
    accounts = Account.objects.select_related("point__customer_class").in_bulk(codes, field_name="code")
    standing: dict[int, list[MonthlyBill]] = {}
    for bill in standing_bills(MonthlyBill.objects.filter(account__code__in=codes)):
        standing.setdefault(bill.account_id, []).append(bill)
    drafts: list[Draft] = []
    numbers: list[int] = []
    for one in content["bills"]:
        account = accounts[one["account"]]
        for other in standing.get(account.pk, ()):
            if other.from_ms < one["until_ms"] and other.until_ms > one["from_ms"]:
                said = {"room": one["room"], "number": other.pk}
                return _("%(room)s was billed meanwhile by bill %(number)s. Plan the month again.") % said
        bill = _issue(next_number(series), one, content["period"], account, approved)
        numbers.append(bill.pk)
        drafts += _bill_drafts(bill)
    book_new(drafts, approved.now_ms)
    record_audit(
        actor=approved.asked_by.get_username(),
        action="issue-bills",
        subject=content["period"],
        detail=f"approval {approved.number}: bills {numbers[0]}-{numbers[-1]}",
        now_ms=approved.now_ms,
    )
    return ""


def _issue(number: int, one: Content, period: str, account: Account, approved: Approved) -> MonthlyBill:
    days = number_at("bill.due-days", approved.now_ms)
    bill = MonthlyBill.objects.create(
        number=number,
        account=account,
        period=period,
        room=one["room"],
        occupants=one["occupants"],
        class_name=one["class"],
        unit=account.point.customer_class.unit,
        from_ms=one["from_ms"],
        until_ms=one["until_ms"],
        energy_wh=one["energy_wh"],
        amount_fen=one["amount_fen"],
        due_day=campus_day(approved.now_ms) + timedelta(days=days),
        approval=approved.number,
        signed_by=names_of(approved),
        issued_ms=approved.now_ms,
    )
    for place, meter in enumerate(one["meters"], 1):
        (from_ms, first_wh, first), (until_ms, last_wh, last) = meter["first"], meter["last"]
        BillMeter.objects.create(
            bill=bill,
            place=place,
            meter=meter["meter"],
            from_ms=from_ms,
            first_wh=first_wh,
            first_source=first,
            until_ms=until_ms,
            last_wh=last_wh,
            last_source=last,
        )
    BillLine.objects.bulk_create(
        BillLine(bill=bill, place=place, micro_yuan_per_kwh=rate, energy_wh=wh, amount_fen=fen)
        for place, (rate, wh, fen) in enumerate(one["lines"], 1)
    )
    return bill


def _bill_drafts(bill: MonthlyBill) -> list[Draft]:
    return moves(
        bill, f"bill:{bill.pk}", bill.amount_fen, bill.energy_wh, "bill", bill.until_ms - 1, back=False
    )


def moves(
    bill: MonthlyBill, draft_id: str, fen: int, energy_wh: int, kind: str, at_ms: int, *, back: bool
) -> list[Draft]:
    """Give the transfers of a bill, or `back` those of a credit note: owed against use, and energy where it is kept in kWh."""
    class_code, code = bill.account.point.customer_class.code, bill.account.code
    customer, owed = chart.customer(code, PAID, bill.unit), chart.billed(code)
    in_kwh = bill.unit == Unit.KWH
    pairs = [
        (
            draft_id,
            owed,
            chart.energy_sales(class_code) if in_kwh else customer,
            micro_yuan_from_fen(Fen(fen)),
        )
    ]
    if in_kwh and energy_wh:
        pairs.append((f"{draft_id}:energy", chart.energy_sold(class_code), customer, energy_wh))
    return [
        Draft(
            one,
            credit if back else debit,
            debit if back else credit,
            amount,
            kind if one == draft_id else f"{kind}-energy",
            at_ms,
            str(bill.pk),
        )
        for one, debit, credit, amount in pairs
    ]


def names_of(approved: Approved) -> str:
    """Name who signed, without who asked."""
    return "、".join(dict.fromkeys(one.spoken_name for one in approved.signers))[:400]


def issue_credit(content: Content, approved: Approved) -> str:
    """Issue a signed credit note, unless so much of the bill was paid meanwhile that it is more than what is open."""
    series = locked_series(CREDIT_NOTES)
    found = MonthlyBill.objects.select_for_update(of=("self",)).select_related(
        "account__point__customer_class"
    )
    bill = found.get(pk=content["bill"])
    fen = content["amount_fen"]
    state = state_of(bill, campus_day(approved.now_ms))
    if fen > state.open_fen:
        return _("Less than that is open now: the bill was paid or credited meanwhile.")
    whole = state.credited_fen + fen == bill.amount_fen
    note = CreditNote.objects.create(
        number=next_number(series),
        bill=bill,
        amount_fen=fen,
        energy_wh=bill.energy_wh if whole and bill.unit == Unit.KWH else 0,
        why=approved.why[:300],
        approval=approved.number,
        signed_by=names_of(approved),
        at_ms=approved.now_ms,
    )
    draft_id = f"bill-credit:{note.pk}"
    book_new(
        moves(bill, draft_id, fen, note.energy_wh, "bill-credit", approved.now_ms, back=True), approved.now_ms
    )
    record_audit(
        actor=approved.asked_by.get_username(),
        action="bill-credit",
        subject=f"bill {bill.pk}",
        detail=f"approval {approved.number}, credit note {note.pk}: {fen} fen; {approved.why}"[:400],
        now_ms=approved.now_ms,
    )
    return ""


def _run_address(_content: Content) -> str:
    return reverse("desk:bills")


def _bill_address(content: Content) -> str:
    return reverse("desk:bill", args=[content["bill"]])


def _about_run(content: Content) -> str:
    return period_words(read_period(content["period"], first_days))


def _about_bill(content: Content) -> str:
    bill = MonthlyBill.objects.filter(pk=content["bill"]).first()
    said = _("Bill № %(number)s") % {"number": content["bill"]}
    return f"{bill.room} · {said}" if bill else said


def register_acts() -> None:
    """Make the acts known when the app starts."""
    register(
        Act(
            code=RUN,
            title=gettext_lazy("Monthly bills"),
            roles=BILL_MERCHANTS,
            chain=CHAIN,
            show=run_tables,
            carry_out=issue_bills,
            address=_run_address,
            about=_about_run,
            copies=(Role.CASHIER,),
        )
    )
    register(
        Act(
            code=CREDIT,
            title=gettext_lazy("Credit note for a monthly bill"),
            roles=BILL_MERCHANTS,
            chain=CHAIN,
            show=credit_tables,
            carry_out=issue_credit,
            address=_bill_address,
            about=_about_bill,
            copies=(Role.CASHIER,),
        )
    )
