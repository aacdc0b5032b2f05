"""Telling five offices at once of what is owed when a period's per-household detail is made or sealed (R-4.2.5).

Theft and leakage are told when they are found, and suspected theft with each month's list: here they are only counted.
"""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_noop as _

from central.domain.periods import Period
from central.losses.case_models import Case
from central.office.notice_templates import Template, register
from central.office.notices import notify
from central.office.roles import TOLD_OF_ARREARS
from central.office.templatetags.cardroom import fen
from central.papers.accounting import instants_of
from central.papers.catalogue import page_of
from central.reports.owed import OwedKind, owed_now

NOTICE = "arrears-of-a-period"
FOUND = Q(finding__in=(Case.Finding.THEFT, Case.Finding.LEAKAGE))


def register_notices() -> None:
    """Add the template."""
    register(
        NOTICE,
        Template(
            _("Arrears of a period"),
            _("Arrears of %(period)s: %(count)s debts, %(yuan)s yuan"),
            (
                _("Rooms with a balance below zero among them: %(below)s"),
                _("Cases of theft and leakage of the period: %(cases)s; each was told when it was found"),
                _("Per-household detail: %(link)s"),
            ),
        ),
    )


def tell_of_arrears(period: Period, now_ms: int) -> None:
    """Queue the notice in the caller's transaction, once for a period; nothing where nobody owes anything."""
    from_ms, until_ms = instants_of(period)
    owed = owed_now(now_ms, until_ms)
    if not owed:
        return
    notify(
        NOTICE,
        {
            "period": period.name.partition(":")[2],
            "count": len(owed),
            "yuan": fen(sum(one.due_fen for one in owed)),
            "below": sum(one.kind is OwedKind.BELOW_ZERO for one in owed),
            "cases": found_cases(from_ms, until_ms),
            "link": page_of("household-detail", period.name),
        },
        to=TOLD_OF_ARREARS,
        key=f"arrears-{period.name}",
        now_ms=now_ms,
    )


def found_cases(from_ms: int, until_ms: int) -> int:
    """Count the cases of a period that were found to be theft or leakage."""
    return cases_in(from_ms, until_ms).filter(FOUND).count()


def cases_in(from_ms: int, until_ms: int) -> QuerySet[Case]:
    """Give the cases that stood at any time of a span."""
    return Case.objects.filter(Q(closed_ms=None) | Q(closed_ms__gte=from_ms), opened_ms__lt=until_ms)
