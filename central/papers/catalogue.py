"""The catalogue of reports. A report is a pure function from dated rows to a paper; the apps above add theirs when they start."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

import msgspec
from django.urls import reverse
from django.utils.functional import Promise

from central.domain.paper import Paper, column_mistakes
from central.domain.periods import Period, PeriodKind
from central.office.dated_settings import computed_with
from central.office.roles import Role
from central.papers.accounting import first_days
from central.papers.words import used_words
from central.replica import Made, read_apart


def _always(_period: Period) -> bool:
    return True


def _nobody(_period: Period, _now_ms: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True)
class Report:
    """One report: its name in addresses, its title, what periods it is made for, who may see it, and what makes it.

    `build` is given a period and answers in the language that is active; it reads, and changes nothing.
    """

    code: str
    title: str | Promise
    about: str | Promise
    periods: tuple[PeriodKind, ...]
    roles: tuple[str, ...]
    build: Callable[[Period], Paper]
    is_settled: Callable[[Period], bool] = _always
    """Whether nothing can be added any more to a period that is over: only then its paper is sealed."""
    alert: Callable[[Period, int], None] = _nobody
    """Tells who must know at once of what is in it, inside the transaction that makes or seals it; safe to repeat (R-4.2.5)."""
    opens_over: bool = False
    """Its page opens on the newest period that is over, not on the one that goes on: it is about a meeting or a close."""
    before: Callable[[], object] | None = None
    """Writes what `build` reads, where it is to be read on a replica; on the primary `build` sees to it itself."""
    told: tuple[str, ...] = (Role.FINANCE, Role.DIRECTOR)
    """The offices that are told when its paper was made by itself; those that may not see it are left out."""


class BrokenReport(RuntimeError):
    """A report made a table that can't be printed: a defect of that report. The message names the first mistakes."""


_REPORTS: dict[str, Report] = {}


def add_reports(reports: Iterable[Report]) -> None:
    """Put reports into the catalogue; the same code again replaces the former."""
    _REPORTS.update({report.code: report for report in reports})


def all_reports() -> list[Report]:
    """Give every report, in the order in which they were added."""
    return list(_REPORTS.values())


def report_of(code: str) -> Report | None:
    """Give a report by its code."""
    return _REPORTS.get(code)


def page_of(code: str, period: str) -> str:
    """Give the address of a report's page for a period, by their names."""
    return f"{reverse('papers:report', args=[code])}?{urlencode({'period': period})}"


def make(report: Report, period: Period) -> Paper:
    """Make a report's paper in the active language; its notes end with the settings it was computed with. Raises BrokenReport."""
    with computed_with() as used:
        if period.kind is PeriodKind.ACCOUNTING:
            first_days(period.last.year, period.last.month)
        built = report.build(period)
    lines = dict.fromkeys(used_words(one) for one in used.values())
    paper = msgspec.structs.replace(built, notes=[*built.notes, *lines])
    if mistakes := [mistake for table in paper.tables for mistake in column_mistakes(table)]:
        raise BrokenReport(f"report {report.code} for {period.name}: {'; '.join(mistakes[:3])}")
    return paper


def make_apart(report: Report, period: Period) -> Made[Paper]:
    """Make a report's paper for who only looks at it: on the replica where there is one. What is kept is made by `make`."""
    return read_apart(lambda: make(report, period), report.before)


def is_over(period: Period, today: date) -> bool:
    """Say whether a period has ended: only then can its paper be sealed."""
    return period.last < today
