"""Words that every printed paper shares, in the reader's language, and the names of periods."""

from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.clock import local
from central.domain.periods import Period, PeriodKind
from central.office.dated_settings import Used, known
from central.office.setting_words import setting_words, value_text, where_words

if TYPE_CHECKING:
    from central.papers.pdf import Words

KIND_WORDS: dict[PeriodKind, Promise] = {
    PeriodKind.DAY: gettext_lazy("Day"),
    PeriodKind.WEEK: gettext_lazy("Week"),
    PeriodKind.MONTH: gettext_lazy("Month"),
    PeriodKind.ACCOUNTING: gettext_lazy("Accounting period"),
    PeriodKind.YEAR: gettext_lazy("Year"),
}


def sheet_words(printed_by: str, now_ms: int) -> "Words":
    """Give the words of a PDF's head and foot."""
    from central.papers.pdf import Words  # what draws is heavy: only a process that prints loads it

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
        case PeriodKind.WEEK:
            week = {"week": period.name.partition(":")[2], "first": first, "last": last}
            return _("Week %(week)s: %(first)s to %(last)s") % week
        case PeriodKind.MONTH:
            return _("Month %(month)s") % {"month": first[:7]}
        case PeriodKind.YEAR:
            return _("Year %(year)s") % {"year": first[:4]}
        case _:
            words = {"month": last[:7], "first": first, "last": last}
            return _("Accounting period %(month)s: %(first)s to %(last)s") % words


def used_words(used: Used) -> str:
    """Say with which value of a setting a paper was computed, where it was said and since when."""
    setting = known(used.code)
    words = {
        "setting": setting_words(used.code).label,
        "value": value_text(setting, used.value) if setting else used.value,
    }
    if used.place is None:
        return _("Computed with %(setting)s: %(value)s (default)") % words
    words |= {"where": where_words(used.place, used.where), "since": f"{local(used.from_ms):%Y-%m-%d %H:%M}"}
    if used.approval is None:
        return _("Computed with %(setting)s: %(value)s (%(where)s, since %(since)s)") % words
    words["number"] = used.approval
    return _("Computed with %(setting)s: %(value)s (%(where)s, since %(since)s, approval %(number)s)") % words


def is_of_setting(note: str) -> bool:
    """Say whether a note names a setting that its paper was computed with, in the reader's language: a page folds those up."""
    return note.startswith(_("Computed with %(setting)s: %(value)s (default)").partition("%")[0])
