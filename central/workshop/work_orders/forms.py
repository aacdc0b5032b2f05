"""Forms of a work order: each carries the id of its step, so that a double click does nothing twice."""

import uuid
from dataclasses import replace
from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from central.campus.models import Building
from central.office.models import User
from central.office.photo_field import REFUSALS, PhotosField
from central.office.photos import PhotoRefusal, Seen, look_all
from central.office.roles import START_WORK
from central.workshop.work_orders.affected import floors_of, groups_now, lines_of
from central.workshop.work_orders.models import SAYS, Scope
from central.workshop.work_orders.steps import Deed
from central.workshop.work_orders.words import MEASURE_WORDS


def able_people() -> Any:
    """Give who may be in charge: electricians and technicians."""
    return User.objects.filter(role__in=START_WORK, is_active=True).order_by("username")


class PersonField(forms.ModelChoiceField):
    """A person by the name that people use."""

    def label_from_instance(self, obj: User) -> str:
        """Name him."""
        return obj.spoken_name


def _instant(label: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    return forms.DateTimeField(label=label, widget=widget)


def _area(label: Any, *, required: bool = True, longest: int = 300) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=longest, required=required, widget=forms.Textarea(attrs={"rows": 2})
    )


class DeedForm(forms.Form):
    """What every deed sends."""

    step = forms.UUIDField(widget=forms.HiddenInput)

    @classmethod
    def fresh(cls, name: str, **initial: object) -> "DeedForm":
        """Give an empty one with a new id; `name` keeps the fields of a page's forms apart."""
        return cls(initial={"step": uuid.uuid4(), **initial}, auto_id=f"id_{name}_%s")

    @property
    def id_of_step(self) -> str:
        """The id as it is kept."""
        return str(self.cleaned_data["step"])

    def deed(self) -> Deed:
        """Give the step that it sends."""
        return Deed(self.id_of_step, self.cleaned_data.get("text", ""))

    def more(self) -> dict[str, Any]:
        """Give what else the deed's operation takes, by name."""
        return {}


class WindowForm(DeedForm):
    """From when until when."""

    begins = _instant(_("Power off from"))
    ends = _instant(_("until"))

    def window(self) -> tuple[int, int]:
        """Give both ends in milliseconds."""
        return _ms(self.cleaned_data["begins"]), _ms(self.cleaned_data["ends"])


def _ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


class OtherWindowForm(WindowForm):
    """Another time, and why."""

    text = _area(_("Reason"))

    def more(self) -> dict[str, Any]:
        """Give both ends."""
        return dict(zip(("from_ms", "until_ms"), self.window(), strict=True))


class PlanForm(WindowForm):
    """What is done, where, why, when, by whom, for which fault."""

    part = forms.ChoiceField(label=_("What is switched off"))
    rooms = forms.CharField(
        label=_("Rooms, if it is single ones"),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "301, 302"}),
    )
    task = forms.CharField(label=_("Task"), max_length=300)
    why = forms.CharField(label=_("Reason"), max_length=300)
    person = PersonField(
        User.objects.none(), label=_("In charge"), required=False, empty_label=_("to be named later")
    )
    source = forms.CharField(widget=forms.HiddenInput, max_length=80, required=False)

    def __init__(self, building: Building, now_ms: int, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = able_people()
        self.fields["part"].choices = _parts(building, now_ms)

    def clean(self) -> dict[str, Any]:
        """Single rooms are named; the other parts name themselves."""
        said = super().clean() or {}
        if said.get("part") == f"{Scope.ROOMS}:" and not said.get("rooms", "").strip():
            self.add_error("rooms", _now("Type the rooms' numbers as on their doors."))
        return said

    def where(self) -> tuple[Scope, str]:
        """Give scope and place."""
        scope, _colon, place = self.cleaned_data["part"].partition(":")
        typed = self.cleaned_data["rooms"].strip()
        if scope != Scope.ROOMS:
            return Scope(scope), place
        return (Scope.ROOM if typed.replace("，", ",").count(",") == 0 else Scope.ROOMS), typed


def _parts(building: Building, now_ms: int) -> list[tuple[str, Any]]:
    """Give what can be switched off in a building, as one list in groups."""
    floors = [(f"{Scope.FLOOR}:{n}", _now("floor %(floor)s") % {"floor": n}) for n in floors_of(building)]
    lines = [(f"{Scope.LINE}:{name}", name) for name in lines_of(building)]
    groups = [(f"{Scope.GROUP}:{name}", name) for name in groups_now(building, now_ms)]
    found: list[tuple[str, Any]] = [
        (f"{Scope.ROOMS}:", _now("single rooms: their numbers stand below")),
        (f"{Scope.BUILDING}:", Scope.BUILDING.label),
        (str(Scope.FLOOR.label), floors),
    ]
    more = ((Scope.LINE, lines), (Scope.GROUP, groups))
    return found + [(str(scope.label), choices) for scope, choices in more if choices]


class RoomForm(DeedForm):
    """A room more, or one less, with the reason."""

    room = forms.CharField(label=_("Room"), max_length=32)
    leaves_out = forms.TypedChoiceField(
        label=_("Correction"),
        choices=[("", _("loses its power, too")), ("1", _("keeps its power: leave it out"))],
        coerce=bool,
        required=False,
        empty_value=False,
    )
    text = forms.CharField(label=_("Reason"), max_length=300)

    def more(self) -> dict[str, Any]:
        """Give the room, and which of both it is."""
        return {"label": self.cleaned_data["room"], "leaves_out": self.cleaned_data["leaves_out"]}


class PersonForm(DeedForm):
    """Who is in charge."""

    person = PersonField(User.objects.none(), label=_("In charge"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = able_people()

    def more(self) -> dict[str, Any]:
        """Give the person."""
        return {"person": self.cleaned_data["person"]}


class AnswerForm(DeedForm):
    """What a room says."""

    room = forms.ChoiceField(label=_("Room"))
    says = forms.ChoiceField(
        label=pgettext_lazy("work order", "Answer"),
        choices=[(one.value, words) for one, words in SAYS.items()],
    )
    who = forms.CharField(label=_("Who said it"), max_length=80, required=False)
    why = forms.CharField(label=_("Reason of a refusal"), max_length=300, required=False)

    def __init__(self, rooms: list[tuple[str, str]], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["room"].choices = rooms


class OverrideForm(DeedForm):
    """Why the work can't wait for the rooms."""

    is_danger = forms.BooleanField(label=_("Danger: it can't wait for the time either"), required=False)
    text = _area(_("Reason"))


class MeasuresForm(DeedForm):
    """Each safety measure is ticked by who has taken it."""

    text = forms.CharField(
        label=_("Where the earth is, which switch is locked"), max_length=300, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in MEASURE_WORDS.items():
            self.fields[name] = forms.BooleanField(label=words, required=False)

    def more(self) -> dict[str, Any]:
        """Give those that were ticked."""
        return {"measures": frozenset(name for name in MEASURE_WORDS if self.cleaned_data[name])}


class ClearForm(DeedForm):
    """Nobody and nothing is at the circuit any more."""

    is_clear = forms.BooleanField(
        label=_("Earths, locks and tags are removed; all people are away from the circuit"), required=False
    )

    def more(self) -> dict[str, Any]:
        """Give whether it is so."""
        return {"is_clear": self.cleaned_data["is_clear"]}


class EndForm(ClearForm):
    """What was done."""

    text = _area(_("What was done"), longest=1000)
    is_solved = forms.TypedChoiceField(
        label=_("Is it solved?"),
        choices=[("1", _("yes, solved")), ("", _("no, not solved"))],
        coerce=bool,
        required=False,
        empty_value=False,
        initial="1",
    )
    photos = PhotosField(label=_("Photographs"), required=False)

    def clean_photos(self) -> list[Seen]:
        """Unpack the pictures before the order and its gateway are locked: a dozen take seconds."""
        seen = look_all(upload.read() for upload in self.cleaned_data["photos"])
        if isinstance(seen, PhotoRefusal):
            raise forms.ValidationError(REFUSALS[seen])
        return seen

    def deed(self) -> Deed:
        """Give the step with its pictures."""
        return replace(super().deed(), photos=self.cleaned_data["photos"])

    def more(self) -> dict[str, Any]:
        """Give whether it is solved, too."""
        return super().more() | {"is_solved": self.cleaned_data["is_solved"]}


class CancelForm(ClearForm):
    """Why it is called off."""

    text = _area(_("Reason"))


class ExplainForm(DeedForm):
    """Why a supply is not back."""

    lock = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**62)
    text = forms.CharField(label=_("Why it is not back, and what is done about it"), max_length=300)

    def more(self) -> dict[str, Any]:
        """Give which lock."""
        return {"lock": self.cleaned_data["lock"]}
