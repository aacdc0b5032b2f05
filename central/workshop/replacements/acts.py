"""The acts that others sign: another figure in a true-up's place above a limit, and a booked true-up taken back (R-4.3.5)."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from central.domain.approval import Step
from central.domain.paper import Column, Row, Table
from central.office.acts import Act, Approved, Content, register
from central.office.roles import CHECK_TRUE_UPS, TELL_TRUE_UPS, Role
from central.office.templatetags.cardroom import kwh
from central.workshop.replacements.explained import lines_of
from central.workshop.replacements.models import TrueUp
from central.workshop.replacements.true_ups import (
    FIGURE_ACT,
    REVERSAL_ACT,
    Figure,
    Refused,
    apply_figure,
)
from central.workshop.replacements.true_ups import reverse as take_back
from central.workshop.replacements.words import refusal_words


def _show(content: Content) -> list[Table]:
    row = _row(content)
    columns = [Column("what", _("Item"), width=28), Column("said", _("Said"), width=60)]
    rows = [Row([name, said]) for name, said in lines_of(row)] if row else []
    if "wh" in content:
        asked = f"{kwh(content['wh'])} {pgettext('unit', 'kWh')} · {TrueUp.Method(content['method']).label}"
        rows.insert(0, Row([_("Figure to be put in its place"), asked]))
    return [Table(_("True-up"), columns, rows)]


def _row(content: Content) -> TrueUp | None:
    rows = TrueUp.objects.select_related("account__point__room__building", "account__point__customer_class")
    return rows.filter(pk=content["true_up"]).first()


def _about(content: Content) -> str:
    row = _row(content)
    return row.account.point.room.full_label if row else ""


def _carry_out_figure(content: Content, approved: Approved) -> str:
    figure = Figure(content["wh"], TrueUp.Method(content["method"]), approved.why)
    done = apply_figure(content["true_up"], figure, approved)
    return refusal_words(done) if isinstance(done, Refused) else ""


def _carry_out_reversal(content: Content, approved: Approved) -> str:
    done = take_back(content["true_up"], approved)
    return refusal_words(done) if isinstance(done, Refused) else ""


def _address(content: Content) -> str:
    return reverse_url(content["true_up"])


def reverse_url(number: int) -> str:
    """Give the page of a true-up."""
    return reverse("workshop:true-up", args=[number])


def register_acts() -> None:
    """Make the acts known when the app starts."""
    register(
        Act(
            code=FIGURE_ACT,
            title=gettext_lazy("Another figure in place of an estimate"),
            roles=CHECK_TRUE_UPS,
            chain=(Step((Role.DIRECTOR, Role.FINANCE)),),
            show=_show,
            carry_out=_carry_out_figure,
            address=_address,
            about=_about,
            copies=(Role.CASHIER,),
        )
    )
    register(
        Act(
            code=REVERSAL_ACT,
            title=gettext_lazy("True-up taken back"),
            roles=TELL_TRUE_UPS,
            chain=(Step((Role.FINANCE,)), Step((Role.DIRECTOR,))),
            show=_show,
            carry_out=_carry_out_reversal,
            address=_address,
            about=_about,
            copies=(Role.CASHIER,),
        )
    )
