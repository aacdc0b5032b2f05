"""Forms of receipt books: taking in, the check of a range by keyboard, a page made void, binding, storing."""

import re
import unicodedata

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.desk.binding import WantedRange
from central.desk.book_models import BookPageMark, ReceiptBook
from central.desk.book_words import line_words
from central.domain.receipt_book import Mark, read_findings

NO_SPACES = RegexValidator(
    r"^\S+$", message=gettext_lazy("Write the number without spaces, as it is printed on the book.")
)
RANGE = re.compile(r"(?:(\S+)\s+)?(\d{1,12})\s*[-–—~至到]\s*(\d{1,12})")
LINES = {"rows": 3, "spellcheck": "false", "autocomplete": "off"}


class _Form(forms.Form):
    """Every field that is left empty says so in the same words."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["required"] = _("Fill this in.")


def _page(label: object) -> forms.IntegerField:
    field = forms.IntegerField(label=label, min_value=1, max_value=999_999_999)
    field.widget = forms.TextInput(attrs={"inputmode": "numeric", "maxlength": 9, "autocomplete": "off"})
    return field


class ReceiveForm(_Form):
    """A book that came in."""

    number = forms.CharField(label=gettext_lazy("Book number"), max_length=24, validators=[NO_SPACES])
    first = _page(gettext_lazy("First page"))
    last = _page(gettext_lazy("Last page"))
    note = forms.CharField(label=gettext_lazy("Note"), max_length=120, required=False)


class CheckForm(_Form):
    """A range of a book, the seals that every page of it bears, and what was found otherwise, one line each."""

    first = _page(gettext_lazy("From page"))
    last = _page(gettext_lazy("To page"))
    seals = forms.MultipleChoiceField(
        label=gettext_lazy("Seals on every page"), widget=forms.CheckboxSelectMultiple, required=False
    )
    findings = forms.CharField(
        label=gettext_lazy("Exceptions, one a line"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs=LINES),
    )

    def __init__(self, book: ReceiptBook, seals: list[str], *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.book, self.known_seals = book, seals
        self.fields["seals"].choices = [(seal, seal) for seal in seals]

    def clean(self) -> dict[str, object]:
        """Read the exceptions; each line that can't be read is named."""
        typed = super().clean() or {}
        first, last = typed.get("first"), typed.get("last")
        if first is not None and last is not None:
            text = typed.get("findings", "")
            typed["read"], bad = read_findings(text, first, last, self.known_seals)
            for line in bad:
                self.add_error("findings", line_words(line))
        return typed


class VoidForm(_Form):
    """A page that does not go out, and why."""

    page = _page(gettext_lazy("Page"))
    mark = forms.ChoiceField(
        label=gettext_lazy("What became of it"),
        choices=[
            (mark.value, BookPageMark.Word(mark.value).label)
            for mark in (Mark.SPOILED, Mark.SKIPPED, Mark.STAINED, Mark.MISSING, Mark.WRONG, Mark.EXTRA)
        ],
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=120)


class PlaceForm(_Form):
    """Where a volume is stored, since when."""

    place = forms.CharField(label=gettext_lazy("Stored at"), max_length=120)
    since = forms.DateField(
        label=gettext_lazy("Stored since"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["since"].error_messages["invalid"] = _("Write the day as 2026-09-01.")


class BindForm(PlaceForm):
    """A new volume: its title, and its ranges, one a line: `A-12 1-50` of a book, `101-180` of the system's receipts."""

    field_order = ("title", "ranges", "place", "since")
    title = forms.CharField(label=gettext_lazy("Title on the volume"), max_length=80)
    ranges = forms.CharField(
        label=gettext_lazy("What is in it, one range a line"),
        max_length=4000,
        widget=forms.Textarea(attrs=LINES),
    )

    def clean_ranges(self) -> list[WantedRange]:
        """Read the ranges."""
        lines = unicodedata.normalize("NFKC", self.cleaned_data["ranges"]).splitlines()
        read = [(line.strip(), RANGE.fullmatch(line.strip())) for line in lines if line.strip()]
        bad = [line for line, match in read if match is None]
        if bad:
            words = _(
                "“%(line)s” is no range: write A-12 1-50 for pages of a book, 101-180 for the system's receipts."
            )
            raise forms.ValidationError([words % {"line": line} for line in bad])
        return [WantedRange(match[1] or "", int(match[2]), int(match[3])) for _line, match in read if match]
