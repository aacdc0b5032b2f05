"""The line at the foot of a day's sheet: where the chain of the books stood at the end of the day.

A sheet that was printed and filed proves with it, years later, that nothing before was rewritten: the audit log's page looks it up.
"""

from django.utils.translation import gettext as _

from central.domain.periods import Period, PeriodKind
from central.ledger.day_ends import last_before
from central.papers.accounting import instants_of


def chain_notes(period: Period) -> list[str]:
    """Give the line of a day (while it lasts, of its rows so far); nothing for longer periods, and before the first row."""
    if period.kind is not PeriodKind.DAY:
        return []
    point = last_before(instants_of(period)[1])
    if point is None:
        return []
    words = {"day": period.first.isoformat(), "position": point.position, "hash": point.printed}
    return [
        _("As of this sheet, the last row of the books up to %(day)s: row %(position)d, hash %(hash)s")
        % words
    ]
