"""What still needs a month of telemetry: it isn't removed before everything that may be reckoned from it is settled.

Money itself never lies there: entries and registers of periods, with their raw frames, stay for ever (C-12). But bills, true-ups,
readings by hand and cases look at the readings and events of their time until they are decided.
"""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Max

from central.campus.models import Building
from central.domain.periods import PeriodKind
from central.ledger.monthly_tables import month_at, month_span_ms
from central.link.telemetry.models import ArchivedMonth
from central.losses.case_models import Case
from central.losses.readings.models import ReadingSheet
from central.losses.theft.models import TheftAppeal
from central.office.dated_settings import number_at
from central.reports.books.models import BookRow, PeriodLock
from central.workshop.replacements.queries import undecided_until

DAY_MS = 86_400_000
UNLOCKED = "telemetry.unlocked-months"
"""So many months a month waits for locks that may never come: nothing that was billed goes with it (C-12)."""
CASES_LOOK_BACK = "true-up.wrong-days"
"""So many days before its opening a case may look at: as far as a wrong meter is reckoned back."""


class Why(StrEnum):
    """What needs a month."""

    PERIOD = "period"
    """A building's accounting period that reaches into it isn't locked."""
    TRUE_UP = "true-up"
    SHEET = "sheet"
    """Readings by hand of a time in it aren't agreed."""
    CASE = "case"
    APPEAL = "appeal"
    LOADED = "loaded"
    """It was loaded back, and isn't put away."""


@dataclass(frozen=True, slots=True)
class Need:
    """One reason, with the buildings' codes, the cases' numbers or the true-ups' names."""

    why: Why
    names: tuple[str, ...]


def needs_of(month: int, now_ms: int) -> list[Need]:
    """Give what still needs a month, nothing where it may go. The books must have been folded (`catch_up`)."""
    from_ms, until_ms = month_span_ms(month)
    found = {
        Why.PERIOD: _unlocked(month, until_ms) if _waits_for_locks(month, now_ms) else [],
        Why.TRUE_UP: _undecided(until_ms, now_ms),
        Why.SHEET: _sheets(from_ms, until_ms),
        Why.CASE: _cases(until_ms, now_ms),
        Why.APPEAL: [
            str(number) for number in TheftAppeal.objects.filter(end=None).values_list("case", flat=True)
        ],
        Why.LOADED: list(
            ArchivedMonth.objects.filter(month=month, state="loaded").values_list("file_name", flat=True)
        ),
    }
    return [Need(why, tuple(names)) for why, names in found.items() if names]


def _waits_for_locks(month: int, now_ms: int) -> bool:
    return month_at(now_ms) - month <= number_at(UNLOCKED, now_ms)


def _unlocked(month: int, until_ms: int) -> list[str]:
    """Name the buildings with books up to the period that the month's last days belong to, and no lock that reaches so far."""
    rows = BookRow.objects.filter(kind=PeriodKind.ACCOUNTING.value, ordinal__lte=month + 1)
    buildings = set(rows.order_by().values_list("building", flat=True).distinct()) - {""}
    locked = dict(PeriodLock.objects.order_by().values_list("building").annotate(last=Max("until_ms")))
    return sorted(code for code in buildings if locked.get(code, 0) < until_ms)


def _undecided(until_ms: int, now_ms: int) -> list[str]:
    codes = Building.objects.order_by("code").values_list("code", flat=True)
    return [name for code in codes for name in undecided_until(code, until_ms, now_ms)]


def _sheets(from_ms: int, until_ms: int) -> list[str]:
    sheets = ReadingSheet.objects.filter(from_ms__lt=until_ms, until_ms__gt=from_ms)
    waiting = sheets.exclude(state=ReadingSheet.State.AGREED).order_by("building__code", "period")
    return [
        f"{code} {period.partition(':')[2]}"
        for code, period in waiting.values_list("building__code", "period")
    ]


def _cases(until_ms: int, now_ms: int) -> list[str]:
    back_ms = number_at(CASES_LOOK_BACK, now_ms) * DAY_MS
    cases = Case.objects.exclude(state=Case.State.CLOSED).filter(opened_ms__lt=until_ms + back_ms)
    return [str(number) for number in cases.order_by("pk").values_list("pk", flat=True)]
