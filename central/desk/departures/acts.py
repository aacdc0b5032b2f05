"""The acts of money that leaves a room: what signers are shown, and that the last signature asks the gateways (C-8, R-4.2.1)."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.queries import occupant_names
from central.desk.departures.asking import REFUND_ACT, SMALL_ACT
from central.desk.departures.models import Departure, DepartureRun
from central.desk.departures.refusals import Refused
from central.desk.departures.runs import RUN_ACT, ask_all
from central.desk.departures.states import cases_with_all
from central.desk.departures.withdrawing import ask_gateway, locked_case
from central.desk.departures.words import refusal_words
from central.desk.go_live.signers_view import kind_of
from central.domain.approval import Step
from central.domain.paper import Column, Row, Table
from central.office.acts import Act, Approved, Content, register
from central.office.roles import ASK_REFUNDS, Role
from central.office.templatetags.cardroom import unit_word, with_unit
from gateway.contract.quantities import Unit

CHAIN = (Step((Role.FINANCE,)), Step((Role.DIRECTOR,)))


def _carry_out(content: Content, approved: Approved) -> str:
    case = locked_case(content["case"])
    if case is None:
        return _("There is no such case.")
    done = ask_gateway(case, approved.asked_by.get_username(), approved.now_ms)
    return refusal_words(done) if isinstance(done, Refused) else ""


def _carry_out_run(content: Content, approved: Approved) -> str:
    """Rooms that can't be asked now keep their reason on the run's page; the others go on."""
    ask_all(content["run"], approved.asked_by.get_username(), approved.now_ms)
    return ""


def _show(content: Content) -> list[Table]:
    case = cases_with_all().get(pk=content["case"])
    facts = [
        (_("Room"), case.account.point.room.full_label),
        (_("What"), str(case.get_kind_display())),
        (_("Occupants"), "、".join(occupant_names(case.account, case.asked_ms))),
        (_("Balance when it was asked for"), with_unit(case.balance, case.unit)),
        (_("Sum asked for"), with_unit(case.asked, case.unit) if case.asked else _("all that is left")),
        (_("To be paid"), str(case.get_pay_by_display())),
        (_("New room"), case.to_account.point.room.full_label if case.to_account else "–"),
        (_("Asked by"), case.asked_for),
        (_("Bank account"), case.bank_account or "–"),
        (_("Customer's parts returned"), case.parts if case.parts_returned else _("no")),
    ]
    columns = [Column("what", _("What"), width=16), Column("said", _("Said"), width=34)]
    return [Table("", columns, [Row([what, said]) for what, said in facts])]


def _show_run(content: Content) -> list[Table]:
    cases = cases_with_all().filter(run=content["run"]).order_by("account__code")
    return [rooms_table(cases, unit) for unit in Unit if any(case.unit == unit for case in cases)]


def rooms_table(cases: Sequence[Departure], unit: str) -> Table:
    """List a run's rooms that are kept in one unit, with their balance when it was asked for."""
    columns = [
        Column("room", _("Room"), width=10),
        Column("occupants", _("Occupants"), width=30),
        Column("balance", _("Balance, %(unit)s") % {"unit": unit_word(unit)}, kind_of(unit), 12, summed=True),
    ]
    rows = [
        Row(
            [
                case.account.point.room.full_label,
                "、".join(occupant_names(case.account, case.asked_ms)),
                case.balance,
            ]
        )
        for case in cases
        if case.unit == unit
    ]
    return Table("", columns, rows)


def _about(content: Content) -> str:
    case = cases_with_all().filter(pk=content["case"]).first()
    return f"{case.account.point.room.full_label} · {case.get_kind_display()}" if case else ""


def _about_run(content: Content) -> str:
    run = DepartureRun.objects.filter(pk=content["run"]).first()
    return run.title if run else ""


def _address(content: Content) -> str:
    return reverse("desk:departure", args=[content["case"]])


def register_acts() -> None:
    """Make the acts known when the app starts."""
    for code, title, chain in (
        (REFUND_ACT, gettext_lazy("Refund, departure or room change"), CHAIN),
        (SMALL_ACT, gettext_lazy("Refund within the desk's own limit"), ()),
    ):
        register(
            Act(
                code=code,
                title=title,
                roles=ASK_REFUNDS,
                chain=chain,
                show=_show,
                carry_out=_carry_out,
                address=_address,
                about=_about,
                copies=(Role.CASHIER,),
            )
        )
    register(
        Act(
            code=RUN_ACT,
            title=gettext_lazy("Graduation: rooms closed together"),
            roles=ASK_REFUNDS,
            chain=CHAIN,
            show=_show_run,
            carry_out=_carry_out_run,
            address=lambda content: reverse("desk:graduation-run", args=[content["run"]]),
            about=_about_run,
            copies=(Role.CASHIER,),
        )
    )
