"""Which building and period an address asks for, and what a building's page shows of them."""

from dataclasses import dataclass

from django.http import Http404, HttpRequest

from central.campus.models import Building
from central.domain.agreement_lists import LISTS
from central.domain.four_way import Party
from central.domain.periods import Period
from central.losses.readings.sheets import month_of, period_of_month
from central.office.access import may
from central.office.models import of_served
from central.office.roles import IMPORT_AGREEMENT, IMPORT_K3
from central.papers.accounting import last_over

DECEMBER, MONTH_DIGITS = 12, 6


@dataclass(frozen=True, slots=True)
class Place:
    """One building and period."""

    building: Building
    period: Period

    @property
    def month(self) -> int:
        """As its address has it: 202611."""
        return month_of(self.period)


def asked_place(request: HttpRequest, month: int, building_id: int) -> Place:
    """Give what an address names, as far as the person serves it."""
    period = period_of_month(month)
    building = Building.objects.filter(of_served(request.user, "pk"), pk=building_id).first()
    if period is None or building is None:
        raise Http404
    return Place(building, period)


def asked_period(text: str, now_ms: int) -> Period:
    """Give the period of `?month=202611`; else the newest that is over."""
    is_month = text.isascii() and text.isdigit() and len(text) == MONTH_DIGITS
    return (period_of_month(int(text)) if is_month else None) or last_over(now_ms)


def parties_of(request: HttpRequest) -> tuple[Party, ...]:
    """Give the parties whose lists the reader brings in. K/3's are finance's, as its vouchers are: they check the card room."""
    allowed = {Party.K3: IMPORT_K3}
    return tuple(party for party in LISTS if may(request, allowed.get(party, IMPORT_AGREEMENT)))


def beside(month: int) -> tuple[int, int]:
    """Give the months before and after one."""
    before = month - 1 if month % 100 > 1 else month - 100 + DECEMBER - 1
    return before, month + 1 if month % 100 < DECEMBER else month + 100 - DECEMBER + 1
