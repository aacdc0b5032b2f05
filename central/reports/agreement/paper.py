"""The agreement as a paper: an overview, then each building by itself: its lines, what differs and why (R-4.1.9).

A building that is locked prints as it was signed; one that is not, as the newest look found it, and says so.
"""

from collections.abc import Iterable

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.models import Building
from central.clock import minute_text
from central.domain.paper import Paper
from central.domain.periods import Period, PeriodKind
from central.office.roles import SEE_AGREEMENT
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words
from central.reports.agreement.looking import Seen, seen
from central.reports.agreement.models import AgreementLock
from central.reports.agreement.tables import difference_table, lines_table, overview_table
from central.reports.agreement.telling import due_day, open_buildings


def build(period: Period) -> Paper:
    """Make the paper of a period."""
    found = [seen(building, period) for building in Building.objects.order_by("code")]
    known = [(one, one.content) for one in found if one.content is not None]
    tables = [overview_table((content, _signed(one)) for one, content in known)]
    for one, content in known:
        tables.append(lines_table(content))
        tables += [difference_table(content, one.explained)] if one.explained else []
    from_ms, until_ms = instants_of(period)
    return Paper(
        code="agreement",
        document="",
        title=_("Four-way agreement"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=tables,
        recipients=[_("Card room"), _("Finance office"), _("Network centre"), _("Logistics office")],
        signatures=[
            _("Card room"),
            _("Finance office"),
            _("Electrician"),
            _("Network centre"),
            _("Network-centre director"),
        ],
        notes=[
            _("Due on %(day)s.") % {"day": due_day(period).isoformat()},
            *(_lock_note(one) for one, _content in known),
            *_not_looked_at(one.building.name for one in found if one.content is None),
        ],
    )


def _signed(one: Seen) -> str:
    return minute_text(one.lock.at_ms)[:10] if one.lock else ""


def _not_looked_at(names: Iterable[str]) -> list[str]:
    """Name the buildings that are missing in the tables: no line would read as nothing to agree on."""
    missing = ", ".join(names)
    return [_("Not compared yet: %(buildings)s.") % {"buildings": missing}] if missing else []


def _lock_note(one: Seen) -> str:
    if one.lock is None:
        words = _("%(building)s: not signed, as of %(at)s.")
        return words % {"building": one.building.name, "at": minute_text(one.gathered_ms)}
    words = _("%(building)s: approval %(number)d, signed by %(names)s; sent by %(sender)s: %(why)s")
    return words % {
        "building": one.building.name,
        "number": one.lock.approval,
        "names": ", ".join(one.lock.signed_by),
        "sender": one.lock.asked_by,
        "why": one.lock.why,
    }


def is_settled(period: Period) -> bool:
    """Say whether every building that has anything to agree on is locked: before that, figures may still change."""
    return AgreementLock.objects.filter(period=period.name).exists() and not open_buildings(period)


AGREEMENT = Report(
    code="agreement",
    title=gettext_lazy("Four-way agreement"),
    about=gettext_lazy(
        "Card room and K/3, electrician and registers, balances and movements: every building's lines, what differs and why."
    ),
    periods=(PeriodKind.ACCOUNTING,),
    roles=SEE_AGREEMENT,
    build=build,
    opens_over=True,
    is_settled=is_settled,
)
