"""Forms of the day's close, the hand-in and the roster."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.desk.day_models import DayClose
from central.desk.forms import AmountField
from central.desk.shift_words import DUTY_KINDS
from central.domain.pages_handed_in import MissingPages, read_missing
from central.domain.roster import DutyKind, Rotation
from central.office.models import User
from central.office.roles import SELL
from central.office.templatetags.cardroom import fen

LONGEST_ROTATION_DAYS = 400


def _day_input() -> forms.DateInput:
    return forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})


class Several(forms.ModelMultipleChoiceField):
    """Some of several rows; a key beyond 64 bits, which SQLite can't look up, is no choice."""

    def _check_values(self, value: Any) -> Any:
        try:
            return super()._check_values(value)
        except OverflowError as error:
            raise forms.ValidationError(_("Choose from the list.")) from error


class DayForm(forms.Form):
    """The day that is closed."""

    day = forms.DateField(widget=_day_input())


class HandInForm(forms.Form):
    """The days of a batch, its cash, the bank's slip, what is missing and why."""

    days = Several(
        DayClose.objects.none(), label=gettext_lazy("Closed days"), widget=forms.CheckboxSelectMultiple
    )
    cash = AmountField(label=gettext_lazy("Cash handed in (yuan)"), max_length=14)
    bank_slip = forms.CharField(label=gettext_lazy("Number of the bank slip"), max_length=80, required=False)
    void_pages = forms.CharField(label=gettext_lazy("Note on the pages"), max_length=400, required=False)
    missing = forms.CharField(
        label=gettext_lazy("Pages that are not there: a book and its pages a line, such as A-12 17-18"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason, if cash or pages are not what the books say"),
        max_length=200,
        required=False,
    )

    def __init__(self, *args: Any, days: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["days"].queryset = days
        self.fields["days"].label_from_instance = lambda closed: (
            _("%(day)s: %(yuan)s yuan")
            % {
                "day": closed.day.isoformat(),
                "yuan": fen(closed.moved_fen),
            }
        )

    def clean_missing(self) -> list[MissingPages]:
        """Read the pages that are not there, a line each."""
        read = read_missing(self.cleaned_data["missing"])
        if isinstance(read, str):
            raise forms.ValidationError(
                _("“%(line)s” is no book with its pages. Write one a line, such as A-12 17-18.")
                % {"line": read[:60]}
            )
        return read


def cashiers() -> Any:
    """Give the people who may be on the roster: cashiers, and others who may stand in for them; cashiers first."""
    everybody = User.objects.filter(is_active=True)
    return everybody.filter(role__in=SELL) | everybody.filter(standing_in__absent__role__in=SELL)


def _people_field(label: object, required: bool) -> Several:
    field = Several(
        cashiers().distinct().order_by("username"),
        label=label,
        required=required,
        widget=forms.CheckboxSelectMultiple,
    )
    field.label_from_instance = lambda person: person.spoken_name
    return field


class RotationForm(forms.Form):
    """A span of days, and the crews that take turns in it."""

    kind = forms.ChoiceField(
        label=gettext_lazy("Kind"), choices=[(kind.value, DUTY_KINDS[kind]) for kind in DutyKind]
    )
    first = forms.DateField(label=gettext_lazy("First day"), widget=_day_input())
    last = forms.DateField(label=gettext_lazy("Last day"), widget=_day_input())
    turn_days = forms.IntegerField(label=gettext_lazy("Days in a turn"), min_value=1, max_value=60, initial=1)

    def __init__(self, *args: Any, crews: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.crews = [f"crew{number}" for number in range(1, crews + 1)]
        for number, name in enumerate(self.crews, start=1):
            label = _("Crew %(number)d") % {"number": number}
            self.fields[name] = _people_field(label, required=number == 1)

    def crew_fields(self) -> list[forms.BoundField]:
        """Give the crews' fields, for the page."""
        return [self[name] for name in self.crews]

    def clean(self) -> dict[str, Any]:
        """Hold the span in order and within a year."""
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and not 0 <= (last - first).days <= LONGEST_ROTATION_DAYS:
            raise forms.ValidationError(_("The last day comes after the first, at most a year later."))
        return cleaned

    def rotation(self) -> Rotation:
        """Give what was typed; crews without people are left out."""
        typed = self.cleaned_data
        crews = tuple(
            tuple(sorted(person.pk for person in typed[name])) for name in self.crews if typed[name]
        )
        return Rotation(DutyKind(typed["kind"]), typed["first"], typed["last"], crews, typed["turn_days"])


class RosterDayForm(forms.Form):
    """One day changed by hand."""

    day = forms.DateField(label=gettext_lazy("Day"), widget=_day_input())
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        error_messages={"required": gettext_lazy("Give the reason.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["people"] = _people_field(_("On duty"), required=False)

    def people_field(self) -> forms.BoundField:
        """Give the people's field, for the page."""
        return self["people"]

    def people(self) -> list[int]:
        """Give who is on duty, by id."""
        return sorted(person.pk for person in self.cleaned_data["people"])


def month_of(text: str, today: date) -> date:
    """Read `2026-11` as its first day; what is none is this month."""
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        return today.replace(day=1)
    return first if 2000 <= first.year <= 2199 else today.replace(day=1)
