"""Puts the four-way agreement among the acts that people sign (R-4.1.9)."""

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.models import Building
from central.domain.approval import Step
from central.domain.paper import Table
from central.losses.readings.sheets import month_of, named_period
from central.office.acts import Act, Content, register
from central.office.roles import ASK_AGREEMENT, Role
from central.reports.agreement.content import content_in, explained_in
from central.reports.agreement.models import AgreementKept
from central.reports.agreement.signing import barred, carry_out
from central.reports.agreement.tables import difference_table, lines_table
from central.reports.agreement.voiding import AGREEMENT


def show(content: Content) -> list[Table]:
    """Give what is signed: the lines, and what was found for each difference."""
    kept = AgreementKept.objects.filter(digest=content["digest"]).first()
    if kept is None:
        return []
    found = content_in(bytes(kept.content))
    return [lines_table(found), difference_table(found, explained_in(bytes(kept.explained)))]


def about(content: Content) -> str:
    """Name building and month."""
    return _("%(building)s, period %(month)s") % {
        "building": content["name"],
        "month": content["period"].partition(":")[2],
    }


def address_of(content: Content) -> str:
    """Give the building's page."""
    building = Building.objects.filter(code=content["building"]).first()
    period = named_period(content["period"])
    if building is None or period is None:
        return ""
    return reverse("agreement:building", args=[month_of(period), building.pk])


def register_act() -> None:
    """Add the act."""
    register(
        Act(
            code=AGREEMENT,
            title=gettext_lazy("Four-way agreement"),
            roles=ASK_AGREEMENT,
            chain=(
                Step((Role.FINANCE,)),
                Step((Role.ELECTRICIAN,)),
                Step((Role.TECHNICIAN,)),
                Step((Role.DIRECTOR,)),
            ),
            show=show,
            carry_out=carry_out,
            address=address_of,
            about=about,
            barred=barred,
            copies=(Role.CASHIER, Role.LOGISTICS, Role.VP_NETWORK, Role.VP_LOGISTICS),
        )
    )
