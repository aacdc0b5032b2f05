"""The form of one daily check."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from central.campus.models import Building
from central.clock import CAMPUS_ZONE
from central.domain.daily_checks import Party
from central.losses.checks.check_models import DailyCheck
from central.office.photo_field import PhotosField


class CheckForm(forms.Form):
    """From when until when, what was found; the points stand beside it (`points_said`)."""

    step = forms.UUIDField(widget=forms.HiddenInput)
    party = forms.ChoiceField(choices=DailyCheck.Party.choices, widget=forms.HiddenInput)
    building = forms.ModelChoiceField(Building.objects.none(), label=_("Building"), required=False)
    day = forms.DateField(
        label=_("Day of the check"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    begun = forms.TimeField(
        label=_("Begun at"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    ended = forms.TimeField(
        label=_("Check ended at"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    text = forms.CharField(
        label=_("What was found"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    photos = PhotosField(label=_("Photographs"), required=False)

    def __init__(self, *given: Any, buildings: Iterable[Building], **more: Any) -> None:
        super().__init__(*given, **more)
        field = self.fields["building"]
        field.queryset = Building.objects.filter(pk__in=[one.pk for one in buildings]).order_by("code")
        field.label_from_instance = str

    @classmethod
    def empty(cls, party: Party, buildings: Sequence[Building], today: date) -> "CheckForm":
        """Give an empty form of a party; the only building is chosen already."""
        only = buildings[0] if len(buildings) == 1 else None
        initial = {"step": uuid.uuid4(), "party": party.value, "day": today, "building": only}
        return cls(buildings=buildings, initial=initial)


def instant_ms(day: date, at: time) -> int:
    """Give the instant of a day's time in the campus."""
    return int(datetime.combine(day, at, CAMPUS_ZONE).timestamp() * 1000)


def points_said(shown: Sequence[str], in_order: Sequence[str]) -> list[tuple[str, bool]]:
    """Give the points as they stood on the page, each with whether it was ticked: a page kept on a phone shows those of its day."""
    return [(point, point in in_order) for point in shown if point.strip()]
