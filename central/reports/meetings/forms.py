"""The forms of meetings and improvement items."""

import uuid
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from central.domain.improvement_items import Act
from central.domain.periods import EARLIEST, LATEST
from central.losses.checks.forms import instant_ms
from central.office.models import User
from central.office.roles import READS_ONLY, Role
from central.reports.meetings.items import Problem, Step, Task
from central.reports.meetings.models import LONGEST_NAME, LONGEST_TEXT, Item, Meeting, MeetingEntry
from central.reports.meetings.operations import Said

Kind = MeetingEntry.Kind
MOST_ID = 2**53
OFFICES = [("", "–"), *((role.value, role.label) for role in Role if role not in READS_ONLY)]


def _words(label: object, *, rows: int = 3, required: bool = True) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=LONGEST_TEXT, required=required, widget=area)


def _day(label: object, outside: object = _("Choose a day up to today.")) -> forms.DateField:
    """Give a field for a day, held to years that there are books of."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    bounds = [MinValueValidator(EARLIEST, outside), MaxValueValidator(LATEST, outside)]
    return forms.DateField(label=label, widget=widget, validators=bounds)


class PersonField(forms.ModelChoiceField):
    """Somebody who can do something, by name and office."""

    def __init__(self, **more: Any) -> None:
        people = User.objects.filter(is_active=True).exclude(role__in=READS_ONLY).order_by("username")
        super().__init__(people, required=False, empty_label="–", **more)

    def label_from_instance(self, obj: User) -> str:
        """Name a person with his office."""
        return f"{obj.spoken_name} ({obj.get_role_display()})"


class _Form(forms.Form):
    """Every field that is left empty says so in the same words; each sending has a number of its own."""

    step = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *given: Any, **more: Any) -> None:
        if not given and "data" not in more:
            more["initial"] = {"step": uuid.uuid4(), **more.get("initial", {})}
        super().__init__(*given, **more)
        for field in self.fields.values():
            field.error_messages["required"] = _("Fill this in.")


class _TaskForm(_Form):
    """Measure, owner and day."""

    measure = _words(_("Measure"))
    owner = PersonField(label=_("Owner: a person"))
    office = forms.ChoiceField(label=_("or an office"), choices=OFFICES, required=False)
    due = _day(_("Due on"), _("Choose a day within the next years."))

    def task(self) -> Task:
        """Give who does what until when."""
        said = self.cleaned_data
        return Task(said["measure"], said["due"], said["owner"], said["office"])


class ItemForm(_TaskForm):
    """A new improvement item."""

    problem = _words(_("Problem"))
    found = forms.ChoiceField(label=_("Where it came up"), choices=Item.Found.choices)
    link = forms.CharField(
        label=_("Page that shows it, such as /losses/cases/3/"), max_length=LONGEST_NAME, required=False
    )
    source = forms.IntegerField(min_value=1, max_value=MOST_ID, required=False, widget=forms.HiddenInput)
    field_order = ("step", "source", "problem", "found", "link", "measure", "owner", "office", "due")

    def problem_said(self) -> Problem:
        """Give the problem, with the finding or decision that it comes from."""
        said = self.cleaned_data
        source = MeetingEntry.objects.filter(pk=said["source"]).first() if said["source"] else None
        return Problem(said["problem"], Item.Found(said["found"]), said["link"], source)


class StepForm(_Form):
    """A step of an item that is words only."""

    act = forms.ChoiceField(choices=[(act.value, act.value) for act in Act], widget=forms.HiddenInput)
    text = _words(_("In words"), rows=2, required=False)

    @classmethod
    def for_act(cls, act: Act) -> "StepForm":
        """Give an empty form of one act."""
        return cls(initial={"act": act.value}, auto_id=f"id_{act.value}_%s")

    def said(self) -> Step:
        """Give what was said."""
        typed = self.cleaned_data
        return Step(Act(typed["act"]), str(typed["step"]), typed["text"])


class ChangeForm(_TaskForm):
    """Another measure, owner or day, with the reason."""

    act = forms.ChoiceField(choices=[(Act.CHANGED.value, Act.CHANGED.value)], widget=forms.HiddenInput)
    text = _words(_("Reason"), rows=2)

    @classmethod
    def of(cls, item: Item) -> "ChangeForm":
        """Give the form filled in as the item is."""
        now = {"measure": item.measure, "owner": item.owner, "office": item.office, "due": item.due}
        return cls(initial={"act": Act.CHANGED.value, **now}, auto_id="id_changed_%s")

    def said(self) -> Step:
        """Give the change."""
        return Step(Act.CHANGED, str(self.cleaned_data["step"]), self.cleaned_data["text"], self.task())


class OpenForm(forms.Form):
    """A meeting to be opened: its kind, and a day of its week or month."""

    kind = forms.ChoiceField(label=_("What"), choices=Meeting.Kind.choices)
    day = _day(_("A day in it"))


class EntryForm(_Form):
    """What is written down of a meeting; each kind has its own fields beside these."""

    kind = forms.ChoiceField(choices=Kind.choices, widget=forms.HiddenInput)
    row = forms.IntegerField(min_value=1, max_value=100, required=False, widget=forms.HiddenInput)
    column = forms.IntegerField(min_value=1, max_value=100, required=False, widget=forms.HiddenInput)
    of_kind: Kind

    @classmethod
    def empty(cls, **initial: object) -> "EntryForm":
        """Give an empty form."""
        return cls(initial={"kind": cls.of_kind.value, **initial}, auto_id=f"id_{cls.of_kind.value}_%s")

    def said(self, cell: tuple[str, str]) -> Said:
        """Give what was said, of a cell of the grid where it is of one."""
        typed = self.cleaned_data
        return Said(
            self.of_kind,
            str(typed["step"]),
            text=typed.get("text", ""),
            at_ms=instant_ms(typed["day"], typed["at"]) if self.of_kind is Kind.CALL else None,
            whom=typed.get("whom", ""),
            procedure=cell[0],
            department=cell[1],
            rating=typed.get("rating", ""),
            day=typed["day"] if self.of_kind is Kind.HELD else None,
            number=typed.get("number") or 0,
            why=typed.get("why", ""),
        )


class CallForm(EntryForm):
    """A call before the meeting."""

    of_kind = Kind.CALL
    whom = forms.CharField(label=_("Who was called"), max_length=LONGEST_NAME)
    day = _day(_("Day of the call"))
    at = forms.TimeField(label=_("Time"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    text = _words(_("What was said"), rows=2)


class HeldForm(EntryForm):
    """When the meeting was held, and who was there."""

    of_kind = Kind.HELD
    day = _day(_("Held on"))
    text = _words(_("Attended by, one a line"), rows=3)


class FindingForm(EntryForm):
    """What was found of a procedure in a department."""

    of_kind = Kind.FINDING
    rating = forms.ChoiceField(
        label=_("How it does"), choices=MeetingEntry.Rating.choices, widget=forms.RadioSelect
    )
    text = _words(_("What was found"), rows=3, required=False)


class MinutesForm(EntryForm):
    """The minutes, as a whole."""

    of_kind = Kind.MINUTES
    text = _words(_("What was said, a line each"), rows=8)


class DecisionForm(EntryForm):
    """A decision; one that has a number already is said anew."""

    of_kind = Kind.DECISION
    number = forms.IntegerField(
        label=_("Instead of decision no."), min_value=1, max_value=9999, required=False
    )
    text = _words(_("Decision"), rows=2)


class AddedForm(EntryForm):
    """Something added after the close."""

    of_kind = Kind.ADDED
    text = _words(_("What is added"), rows=2)
    why = forms.CharField(label=_("Reason"), max_length=LONGEST_NAME)


ENTRY_FORMS: dict[str, type[EntryForm]] = {
    form.of_kind.value: form for form in (CallForm, HeldForm, FindingForm, MinutesForm, DecisionForm)
}
"""Who keeps the meetings writes these; who chairs adds and closes."""
