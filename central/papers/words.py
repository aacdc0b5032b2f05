"""Words that every printed paper shares, in the reader's language, and the names of periods."""

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.clock import local, start_of_day_ms
from central.domain.periods import Period, PeriodKind
from central.papers.pdf import Words

KIND_WORDS: dict[PeriodKind, Promise] = {
    PeriodKind.DAY: gettext_lazy("Day"),
    PeriodKind.MONTH: gettext_lazy("Month"),
    PeriodKind.ACCOUNTING: gettext_lazy("Accounting period"),
    PeriodKind.YEAR: gettext_lazy("Year"),
}


def sheet_words(printed_by: str, now_ms: int) -> Words:
    """Give the words of a PDF's head and foot."""
    at = local(now_ms).strftime("%Y-%m-%d %H:%M")
    return Words(
        page=_("Page %(page)d of %(pages)d"),
        copy=_("Copy %(copy)d of %(copies)d: %(recipient)s"),
        total=_("Total"),
        lacking=_("Characters that the font lacks, shown by their code points:"),
        nothing=_("No entries"),
        proof=_("Scan to verify"),
        printed=_("Printed by %(who)s at %(at)s") % {"who": printed_by, "at": at},
    )


def period_words(period: Period) -> str:
    """Name a period: `2026-11 (2026-10-26 to 2026-11-25)`."""
    first, last = period.first.isoformat(), period.last.isoformat()
    match period.kind:
        case PeriodKind.DAY:
            return first
        case PeriodKind.MONTH:
            return _("Month %(month)s") % {"month": first[:7]}
        case PeriodKind.YEAR:
            return _("Year %(year)s") % {"year": first[:4]}
        case _:
            words = {"month": last[:7], "first": first, "last": last}
            return _("Accounting period %(month)s: %(first)s to %(last)s") % words


def instants_of(period: Period) -> tuple[int, int]:
    """Give the instant at which a period begins, and the one at which it is over, in campus time."""
    return start_of_day_ms(period.first), start_of_day_ms(period.after)
