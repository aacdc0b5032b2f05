"""Forms of a round: its beginning, a tap "in order", something found or no access, its end."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from central.campus.models import Building, Room
from central.losses.rounds.round_models import RoundEntry
from central.office.photo_field import PhotosField

NOT_IN_ORDER = [one for one in RoundEntry.Outcome.choices if one[0] != RoundEntry.Outcome.IN_ORDER]


class WalkForm(forms.Form):
    """Which round; the phone made its id."""

    step = forms.UUIDField(widget=forms.HiddenInput)
    round = forms.UUIDField(widget=forms.HiddenInput)

    @classmethod
    def of(cls, round_id: str, name: str, **more: Any) -> "WalkForm":
        """Give an empty form of a round; `name` keeps the ids of several forms on a page apart."""
        return cls(initial={"step": uuid.uuid4(), "round": round_id}, auto_id=f"id_{name}_%s", **more)


class TapForm(WalkForm):
    """One tap: the room is in order."""

    ok = forms.ModelChoiceField(Room.objects.none())

    def __init__(self, *given: Any, building: Building, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["ok"].queryset = building.rooms.all()


class SayForm(WalkForm):
    """Something was found, or nobody let the warden in."""

    room = forms.ModelChoiceField(Room.objects.none(), label=_("Room"))
    outcome = forms.ChoiceField(
        label=_("What is it"), choices=NOT_IN_ORDER, widget=forms.RadioSelect, initial="found"
    )
    what = forms.ChoiceField(
        label=_("What was found"), choices=[("", "–"), *RoundEntry.What.choices], required=False
    )
    text = forms.CharField(
        label=_("In words; for no access: why"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    photos = PhotosField(label=_("Photographs"), required=False)

    def __init__(self, *given: Any, building: Building, **more: Any) -> None:
        super().__init__(*given, **more)
        field = self.fields["room"]
        field.queryset = building.rooms.all()
        field.label_from_instance = lambda room: room.label


class EndForm(WalkForm):
    """The end; words are asked where rooms are left."""

    text = forms.CharField(
        label=_("Why rooms are left, if any"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
