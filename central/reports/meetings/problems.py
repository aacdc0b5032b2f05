"""The kinds of problems that a month's first pack counts (R-4.2.6): what came up, what ended, what still stands at the end.

Other rooms of this floor add theirs with `add_problem_sources` when they start; each counts its own rows, and leads to them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.db.models import Model
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from central.campus.models import Building
from central.clock import campus_day
from central.desk.print_models import ReceiptVoid
from central.domain.daily_checks import COMPLAINTS, Party
from central.domain.periods import Period, PeriodKind, days_of
from central.link.models import Alarm
from central.losses.case_models import Case
from central.losses.checks.queries import matrix
from central.office.words import Words
from central.reports.meetings.models import Item


@dataclass(frozen=True, slots=True)
class Counted:
    """What came up and what ended in a span, and what stands at its end; None: there is no such thing as an end of it."""

    new: int
    ended: int | None = None
    standing: int | None = None


@dataclass(frozen=True, slots=True)
class ProblemSource:
    """One kind of problem: its words, who counts it between two instants, the view that lists its rows."""

    code: str
    words: Words
    count: Callable[[int, int], Counted]
    view: str

    @property
    def link(self) -> str:
        """The page of its rows."""
        return reverse(self.view)


_SOURCES: dict[str, ProblemSource] = {}


def add_problem_sources(sources: Iterable[ProblemSource]) -> None:
    """Add kinds of problems, the same code again replaces the former; call it in `AppConfig.ready`."""
    _SOURCES.update({source.code: source for source in sources})


def problem_sources() -> list[ProblemSource]:
    """Give the kinds of problems in the order in which they were added."""
    return list(_SOURCES.values())


def _rows(model: type[Model], begins: str, ends: str, **only: object) -> Callable[[int, int], Counted]:
    """Give who counts rows by the fields of their first and last instants."""

    def count(from_ms: int, until_ms: int) -> Counted:
        begun = model.objects.filter(**only, **{f"{begins}__lt": until_ms})
        ended = begun.filter(**{f"{ends}__lt": until_ms})
        return Counted(
            new=begun.filter(**{f"{begins}__gte": from_ms}).count(),
            ended=ended.filter(**{f"{ends}__gte": from_ms}).count(),
            standing=begun.count() - ended.count(),
        )

    return count


_items = _rows(Item, "opened_ms", "ended_ms")
_alarms = _rows(Alarm, "raised_ms", "cleared_ms")


def _cases(kind: Case.Kind) -> Callable[[int, int], Counted]:
    return _rows(Case, "opened_ms", "closed_ms", kind=kind)


def _checks(from_ms: int, until_ms: int) -> Counted:
    days = days_of(Period(PeriodKind.DAY, campus_day(from_ms), campus_day(until_ms - 1)))
    rows = matrix(days, Party, list(Building.objects.order_by("code")), until_ms)
    return Counted(sum(cell.standing in COMPLAINTS for row in rows for cell in row.cells))


def _voids(from_ms: int, until_ms: int) -> Counted:
    return Counted(ReceiptVoid.objects.filter(at_ms__gte=from_ms, at_ms__lt=until_ms).count())


def register_own() -> None:
    """Add what the floors below know of."""
    add_problem_sources(
        [
            ProblemSource("items", _("Improvement items"), _items, "meetings:items"),
            ProblemSource("losses", _("More missing than the fixed loss"), _cases(Case.Kind.LOSS), "losses:cases"),
            ProblemSource("thefts", _("Reported thefts"), _cases(Case.Kind.THEFT), "losses:thefts"),
            ProblemSource("readings", _("Readings that disagree"), _cases(Case.Kind.READING), "losses:cases"),
            ProblemSource("meters", _("Meters and wiring"), _cases(Case.Kind.METER), "losses:cases"),
            ProblemSource("alarms", _("Alarms of gateways and meters"), _alarms, "dashboard:alarms"),
            ProblemSource("checks", _("Daily checks missing or too short"), _checks, "losses:checks"),
            ProblemSource("voids", _("Receipts made void"), _voids, "desk:corrections"),
        ]
    )  # fmt: skip
