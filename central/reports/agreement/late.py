"""What belongs to a locked period and came after its lock: shown where it is booked, with both dates (R-4.1.9)."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from central.clock import minute_text
from central.domain.four_way import LineUnit
from central.domain.periods import Period
from central.office.ledger_words import move_words
from central.office.templatetags.cardroom import unit_word
from central.reports.agreement.tables import amount_text
from central.reports.books.queries import LateRow, late_rows
from gateway.contract.quantities import Unit

MOST_SHOWN = 200
ENERGY = "energy"
UNITS = {Unit.YUAN.value: LineUnit.MICRO_YUAN, Unit.KWH.value: LineUnit.WATT_HOURS}


@dataclass(frozen=True, slots=True)
class LateLine:
    """One late booking as a page shows it."""

    account: str
    what: str
    amount: str
    at: str
    booked: str
    belongs_to: str


def late_lines(period: Period, building: str) -> list[LateLine]:
    """Give what came late to a building's period, the first ones."""
    return [_line(one) for one in late_rows(period, building)[:MOST_SHOWN]]


def _line(one: LateRow) -> LateLine:
    unit = Unit.KWH if one.what == ENERGY else Unit(one.unit)
    return LateLine(
        account=one.account,
        what=_("Energy") if one.what == ENERGY else str(move_words(one.what)),
        amount=f"{amount_text(one.amount, UNITS[unit])} {unit_word(unit)}",
        at=minute_text(one.at_ms),
        booked=minute_text(one.booked_ms),
        belongs_to=one.belongs_to.partition(":")[2],
    )
