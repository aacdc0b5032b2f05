"""Forms of faults: few choices, few words, photographs; made for a phone."""

import re
import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from central.campus.models import Meter, Room
from central.office.models import User, of_served
from central.office.photo_field import PhotosField
from central.office.words import Words
from central.workshop.devices.models import DeviceType
from central.workshop.devices.queries import named
from central.workshop.faults.matters import Matter, of_module, of_room
from central.workshop.faults.models import Fault, FaultStep
from central.workshop.faults.residents import LONGEST_WORDS, MOST_PHOTOS
from central.workshop.faults.signs import SEEN_WORDS, Seen

Kind = FaultStep.Kind
ACTS = (Kind.ACKNOWLEDGED, Kind.ON_SITE, Kind.FOUND, Kind.NOTED, Kind.SOLVED, Kind.CLOSED)
SEEN_CHOICES = [(one.value, words) for one, words in SEEN_WORDS.items()]
HOW_WORDS: dict[str, Words] = {
    "repaired": gettext_lazy("repaired on site"),
    "replaced": gettext_lazy("module replaced"),
    "wiring": gettext_lazy("wiring put right"),
    "nothing": gettext_lazy("nothing found, it works"),
}
_BETWEEN = re.compile(r"[-#/\s]+|号楼|栋|幢")


class ReportForm(forms.Form):
    """Where and what somebody sees. Where is a room as on its door behind the building, or a number on a module."""

    step = forms.UUIDField(widget=forms.HiddenInput)
    where = forms.CharField(
        label=gettext_lazy("Room, such as 1-301, or the number on the module"), max_length=80
    )
    seen = forms.ChoiceField(
        label=gettext_lazy("What you see"), choices=SEEN_CHOICES, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=gettext_lazy("Words, if you like"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    photos = PhotosField(label=gettext_lazy("Photographs"), required=False)

    def __init__(self, reader: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.reader = reader
        self.matter: Matter | None = None

    def clean(self) -> dict[str, Any]:
        """Find what it is about; an error on the field when there is no such room or module."""
        said = super().clean() or {}
        if (where := said.get("where")) and (seen := said.get("seen")):
            self.matter = matter_of(where, Seen(seen), self.reader)
            if self.matter is None:
                self.add_error(
                    "where",
                    _(
                        "There is no such room or module in your buildings. Write the room as 1-301, or the number on the module."
                    ),
                )
        return said


def matter_of(where: str, seen: Seen, reader: User) -> Matter | None:
    """Find a typed room, meter or device among the reader's buildings."""
    typed = where.strip()
    for between in _BETWEEN.finditer(typed):
        building, label = typed[: between.start()], typed[between.end() :]
        rooms = Room.objects.filter(
            of_served(reader, "building"), building__code__iexact=building, label__iexact=label
        )
        if (room := rooms.select_related("building").first()) is not None:
            return of_room(room, seen)
    numbers = [typed, *(one.meter_no for one in named(typed) if one.meter_no)]
    meters = Meter.objects.filter(of_served(reader, "building"), meter_no__in=numbers)
    meter = meters.select_related("building").first()
    return of_module(meter.meter_no, meter.building, seen) if meter else None


class StepForm(forms.Form):
    """What somebody does to a fault."""

    step = forms.UUIDField(widget=forms.HiddenInput)
    act = forms.ChoiceField(choices=[(one.value, one.label) for one in ACTS], widget=forms.HiddenInput)
    cause = forms.ChoiceField(
        label=gettext_lazy("What it was"), choices=[("", "–"), *Fault.Cause.choices], required=False
    )
    how = forms.ChoiceField(
        label=gettext_lazy("How it was solved"), choices=[("", "–"), *HOW_WORDS.items()], required=False
    )
    text = forms.CharField(
        label=gettext_lazy("What you saw or did"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    photos = PhotosField(label=gettext_lazy("Photographs"), required=False)

    @classmethod
    def for_act(cls, act: FaultStep.Kind, fault: Fault) -> "StepForm":
        """Give an empty form for one act."""
        initial = {"step": uuid.uuid4(), "act": act.value, "cause": fault.cause}
        return cls(initial=initial, auto_id=f"id_{act.value}_%s")


class AskForm(forms.Form):
    """Which model is to be put in."""

    step = forms.UUIDField(widget=forms.HiddenInput)
    type = forms.ModelChoiceField(DeviceType.objects.none(), label=pgettext_lazy("device", "Model"))
    text = forms.CharField(label=gettext_lazy("Words, if you like"), max_length=300, required=False)

    def __init__(self, fault: Fault, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="id_ask_%s", **kwargs)
        types = DeviceType.objects.filter(is_active=True).select_related("maker").order_by("name")
        self.fields["type"].queryset = types
        self.fields["type"].label_from_instance = lambda one: f"{one.name} · {one.maker.name}"
        if fault.device is not None:
            self.fields["type"].initial = fault.device.type_id


class ResidentForm(forms.Form):
    """A resident's report: one choice, a few words, a few photographs."""

    step = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.ChoiceField(
        label=gettext_lazy("What you see"), choices=SEEN_CHOICES, widget=forms.RadioSelect
    )
    text = forms.CharField(
        label=gettext_lazy("Words, if you like"),
        max_length=LONGEST_WORDS,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    photos = PhotosField(label=gettext_lazy("Photographs, at most 3"), required=False)

    def clean_photos(self) -> list[Any]:
        """Look that there are not too many, before they are read."""
        files: list[Any] = self.cleaned_data["photos"]
        if len(files) > MOST_PHOTOS:
            raise forms.ValidationError(_("At most 3 photographs: choose the best ones."))
        return files
