"""Forms of the finance system's pages: days to export, a list of K/3's, a template, a reason."""

import re
from collections.abc import Mapping
from datetime import date

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from central.desk.forms import ListFileField
from central.domain.k3_rows import K3Kind
from central.domain.k3_voucher import Span
from central.domain.periods import EARLIEST, LATEST
from central.office.list_columns import is_a_year_at_most
from central.reports.k3.exports import MOST_DAYS, ExportRefusal, Wanted
from central.reports.k3.models import REASON_LENGTH
from central.reports.k3.words import KIND_WORDS, SPAN_WORDS, refusal_text

DAY = {"type": "date"}
MOST_NUMBER = 9_999_999
_NUMBER_FIELD = re.compile(r"n-(\d{4})-(\d{2})")


class _Form(forms.Form):
    """Every field that is left empty says so in the same words."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["required"] = _("Fill this in.")


def _day_field(label: object) -> forms.DateField:
    return forms.DateField(label=label, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))


class DaysForm(_Form):
    """Days, and what a voucher stands for; the first voucher numbers come beside it, one a calendar month."""

    first = _day_field(lazy("First day"))
    last = _day_field(lazy("Last day"))
    span = forms.ChoiceField(
        label=lazy("One voucher stands for"),
        choices=[(span.value, words) for span, words in SPAN_WORDS.items()],
    )

    def clean(self) -> dict[str, object]:
        """Hold the days to their order, to what one export takes, and to years that there are books of."""
        typed = super().clean() or {}
        first, last = typed.get("first"), typed.get("last")
        if not isinstance(first, date) or not isinstance(last, date):
            return typed
        if last < first:
            self.add_error("last", refusal_text(ExportRefusal.WRONG_ORDER))
        elif (last - first).days >= MOST_DAYS or first < EARLIEST or last > LATEST:
            self.add_error("last", refusal_text(ExportRefusal.TOO_MANY_DAYS, str(MOST_DAYS)))
        return typed

    def wanted(self) -> Wanted:
        """Give what was typed; voucher numbers that are none are 1."""
        typed = self.cleaned_data
        return Wanted(typed["first"], typed["last"], Span(typed["span"]), numbers_in(self.data))


def numbers_in(typed: Mapping[str, str]) -> dict[tuple[int, int], int]:
    """Give the first voucher numbers by year and month of `n-2026-11=12`."""
    found = {}
    for name in typed:
        month = _NUMBER_FIELD.fullmatch(name)
        said = typed.get(name, "").strip()
        if month and said.isascii() and said.isdecimal() and 1 <= int(said[:8]) <= MOST_NUMBER:
            found[int(month[1]), int(month[2])] = int(said[:8])
    return found


class ReasonForm(_Form):
    """Why something is taken back."""

    why = forms.CharField(label=lazy("Reason"), max_length=REASON_LENGTH)


class TemplateForm(_Form):
    """A voucher file that K/3 exported."""

    file = ListFileField(
        label=lazy("Voucher exported from K/3 (XLS or XLSX)"),
        widget=forms.FileInput(attrs={"accept": ".xls,.xlsx"}),
        error_messages={"empty": lazy("The file is empty. Save the list again and choose it once more.")},
    )


class K3ListForm(_Form):
    """A list of K/3's, and the days that it is said to be of."""

    kind = forms.ChoiceField(
        label=lazy("What it holds"), choices=[(kind.value, words) for kind, words in KIND_WORDS.items()]
    )
    file = ListFileField(
        label=lazy("The list (XLS, XLSX or CSV)"),
        widget=forms.FileInput(attrs={"accept": ".xls,.xlsx,.csv,.txt"}),
        error_messages={"empty": lazy("The file is empty. Save the list again and choose it once more.")},
    )
    first = _day_field(lazy("First day"))
    last = _day_field(lazy("Last day"))

    def clean(self) -> dict[str, object]:
        """Hold the days to their order and to a year, those of totals to a calendar month."""
        typed = super().clean() or {}
        first, last = typed.get("first"), typed.get("last")
        if isinstance(first, date) and isinstance(last, date):
            if not is_a_year_at_most(first, last):
                self.add_error("last", _("The last day comes after the first, at most a year later."))
            elif typed.get("kind") == K3Kind.TOTALS and (first.year, first.month) != (last.year, last.month):
                self.add_error("last", _("Totals are of one period of K/3: a calendar month."))
        return typed
