"""Forms of a theft: big choices, few words, photographs; a phone sends its own time with them."""

import uuid
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.models import Building, Room
from central.losses.theft import facts as f
from central.losses.theft.models import TheftAppealEnd
from central.office.models import User
from central.office.photo_field import PhotosField

ONE_BY_ONE = 8
"""Up to so many buildings stand as buttons; more as a list."""
NOT_IN_BUILDING = gettext_lazy(
    "There is no such room in this building. Type its number as on the door, or say where in the corridor it is."
)


def buildings_of(reader: User) -> Any:
    """Give the buildings a reader serves, by code."""
    every = Building.objects.order_by("code")
    return every if reader.served is None else every.filter(pk__in=reader.served)


class RoomOfBuilding(forms.Form):
    """A form with a room typed as on its door, of a building that is known when it is cleaned."""

    def room_of(self, building: Building, typed: str) -> Room | None:
        """Find a typed room, `301` or `1-301`; an error on the field when there is none."""
        label = typed.strip().removeprefix(f"{building.code}-")
        room = Room.objects.select_related("building").filter(building=building, label__iexact=label).first()
        if room is None:
            self.add_error("room", NOT_IN_BUILDING)
        return room


class ReportForm(RoomOfBuilding):
    """What was seen, where; the rest as far as there is time for it."""

    step = forms.UUIDField(widget=forms.HiddenInput)
    again = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**62)
    from_round = forms.UUIDField(widget=forms.HiddenInput, required=False)
    building = forms.ModelChoiceField(
        Building.objects.none(), label=gettext_lazy("Building"), empty_label=None, widget=forms.RadioSelect
    )
    room = forms.CharField(label=gettext_lazy("Room"), max_length=32, required=False)
    place = forms.CharField(label=gettext_lazy("or where in the corridor"), max_length=120, required=False)
    seen = forms.ChoiceField(
        label=gettext_lazy("What you see"), choices=f.choices_of(f.SEEN_WORDS), widget=forms.RadioSelect
    )
    photos = PhotosField(label=gettext_lazy("Photographs"), required=False)
    text = forms.CharField(
        label=gettext_lazy("Words, if you like"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, reader: User, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        served = buildings_of(reader)
        self.fields["building"].queryset = served
        if served.count() > ONE_BY_ONE:
            self.fields["building"].widget = forms.Select()
            self.fields["building"].widget.choices = self.fields["building"].choices
        if served.count() == 1:
            self.fields["building"].initial = served.first()

    def clean(self) -> dict[str, Any]:
        """Find the room; a report names a room or a place."""
        said = super().clean() or {}
        building, typed = said.get("building"), said.get("room", "")
        if building is not None and typed.strip():
            said["room"] = self.room_of(building, typed)
        else:
            said["room"] = None
            if not said.get("place", "").strip() and "room" not in self.errors:
                self.add_error("room", _("Choose the room, or say where in the corridor it is."))
        return said


class FindingForm(RoomOfBuilding):
    """What the electrician found: what is known of the load makes the estimate."""

    step = forms.UUIDField(widget=forms.HiddenInput)
    verdict = forms.ChoiceField(
        label=gettext_lazy("What it is"), choices=f.choices_of(f.VERDICT_WORDS), widget=forms.RadioSelect
    )
    room = forms.CharField(label=gettext_lazy("Room it leads to"), max_length=32, required=False)
    photos = PhotosField(label=gettext_lazy("Photographs"), required=False)
    text = forms.CharField(
        label=gettext_lazy("What you found"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    device = forms.CharField(label=gettext_lazy("Device"), max_length=120, required=False)
    cable = forms.CharField(label=gettext_lazy("Cable"), max_length=120, required=False)
    current = forms.DecimalField(
        label=gettext_lazy("Measured current, A"),
        max_digits=6,
        decimal_places=3,
        min_value=Decimal(0),
        required=False,
    )
    days = forms.IntegerField(
        label=gettext_lazy("Believed to run for, days"), min_value=0, max_value=3650, required=False
    )
    least_hours = forms.IntegerField(
        label=gettext_lazy("Hours a day, at least"), min_value=0, max_value=24, required=False
    )
    most_hours = forms.IntegerField(
        label=gettext_lazy("Hours a day, at most"), min_value=0, max_value=24, required=False
    )
    seal = forms.ChoiceField(
        label=gettext_lazy("Meter's seal"),
        choices=f.choices_of(f.SEAL_WORDS),
        initial=f.Seal.NOT_SEEN,
        widget=forms.RadioSelect,
    )

    def __init__(self, building: Building, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.building = building

    def clean(self) -> dict[str, Any]:
        """Find the room; the least hours don't pass the most."""
        said = super().clean() or {}
        typed = said.get("room") or ""
        said["room"] = self.room_of(self.building, typed) if typed.strip() else None
        least, most = said.get("least_hours"), said.get("most_hours")
        if least is not None and most is not None and least > most:
            self.add_error("most_hours", _("At least as many as above."))
        return said

    def load(self) -> dict[str, int]:
        """Give what is known of the load, in milliamperes, days and hours."""
        said = self.cleaned_data
        least = said["least_hours"] or 0
        return {
            f.CURRENT_MA: int((said["current"] or 0) * 1000),
            f.DAYS: said["days"] or 0,
            f.LEAST_HOURS: least,
            f.MOST_HOURS: said["most_hours"] if said["most_hours"] is not None else least,
        }


class StepForm(forms.Form):
    """One button: acknowledged, or on site."""

    step = forms.UUIDField(widget=forms.HiddenInput)


class NoteForm(forms.Form):
    """Words and pictures."""

    step = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=gettext_lazy("What you saw or did"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )
    photos = PhotosField(label=gettext_lazy("Photographs"), required=False)


class CloseForm(forms.Form):
    """The outcome in words."""

    step = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=gettext_lazy("Outcome"), max_length=1000, widget=forms.Textarea(attrs={"rows": 2})
    )


class AskForm(forms.Form):
    """The reason of a request."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    why = forms.CharField(label=gettext_lazy("Reason"), max_length=300)


class AppealForm(forms.Form):
    """Who appeals, and what is said and shown."""

    appeal = forms.UUIDField(widget=forms.HiddenInput)
    who = forms.CharField(label=gettext_lazy("Appeal by"), max_length=80)
    text = forms.CharField(
        label=gettext_lazy("What the appeal says"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3})
    )
    photos = PhotosField(label=gettext_lazy("Photographs"), required=False)


class DecisionForm(AskForm):
    """What is proposed to become of an appeal."""

    outcome = forms.ChoiceField(
        label=gettext_lazy("Decision"), choices=TheftAppealEnd.Outcome.choices, widget=forms.RadioSelect
    )
    energy = forms.DecimalField(
        label=gettext_lazy("Reduced to, kWh"),
        max_digits=9,
        decimal_places=2,
        min_value=Decimal(0),
        required=False,
    )

    def energy_wh(self) -> int:
        """Give what is left, in watt-hours."""
        return int((self.cleaned_data["energy"] or 0) * 1000)


FORMS: dict[str, type[forms.Form]] = {
    "acknowledged": StepForm,
    "arrived": StepForm,
    "note": NoteForm,
    "close": CloseForm,
    "penalty": AskForm,
    "decision": DecisionForm,
}
KEYS = {"penalty": "key", "decision": "key"}


def fresh(name: str) -> forms.Form:
    """Give an empty form of the case's page, under ids of its own."""
    return FORMS[name](initial={KEYS.get(name, "step"): uuid.uuid4()}, auto_id=f"id_{name}_%s")
