"""Puts the agreed readings among the acts that people sign: the card room asks, the network-centre director signs (R-4.3.7)."""

from django.urls import reverse
from django.utils.translation import gettext_lazy

from central.domain.approval import Step
from central.losses.readings.agreed_tables import show
from central.losses.readings.agreeing import AGREED_READINGS, carry_out, readers_of
from central.losses.readings.models import ReadingSheet
from central.losses.readings.sheets import month_of, named_period
from central.office.acts import Act, Content, register
from central.office.roles import ASK_AGREED_READINGS, Role


def address_of(content: Content) -> str:
    """Give the sheet's page."""
    sheet = ReadingSheet.objects.filter(pk=content["sheet"]).first()
    period = named_period(content["period"])
    if sheet is None or period is None:
        return ""
    return reverse("losses:reading-sheet", args=[sheet.building_id, month_of(period)])


def register_acts() -> None:
    """Add this package's act."""
    register(
        Act(
            code=AGREED_READINGS,
            title=gettext_lazy("Agreed readings by hand"),
            roles=ASK_AGREED_READINGS,
            chain=(Step((Role.DIRECTOR,)),),
            show=show,
            carry_out=carry_out,
            address=address_of,
            barred=readers_of,
            copies=(Role.LOGISTICS, Role.VP_NETWORK, Role.VP_LOGISTICS, Role.AFFAIRS),
        )
    )
