"""Forms of low balances: make a list now, say that one looked at the buildings."""

import uuid
from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as _

from central.campus.models import Building
from central.reports.low_balance.looks import LONGEST_TEXT


class MakeForm(forms.Form):
    """Of which building, and whether its groups are told."""

    step = forms.UUIDField(widget=forms.HiddenInput)
    building = forms.ModelChoiceField(
        Building.objects.none(),
        label=_("Building"),
        error_messages={"required": _("Choose a building."), "invalid_choice": _("Choose a building.")},
    )
    tell = forms.BooleanField(label=_("Tell the building's groups"), required=False)

    def __init__(self, *args: object, buildings: Iterable[Building], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["building"]
        field.queryset = Building.objects.filter(pk__in=[one.pk for one in buildings]).order_by("code")
        field.label_from_instance = str

    @classmethod
    def empty(cls, buildings: Iterable[Building]) -> "MakeForm":
        """Give one to be filled in."""
        return cls(initial={"step": uuid.uuid4(), "tell": True}, buildings=buildings)


class LookForm(forms.Form):
    """That one looked, and what was found."""

    step = forms.UUIDField(widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("What you found, or whom you told (may be empty)"),
        max_length=LONGEST_TEXT,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    @classmethod
    def empty(cls) -> "LookForm":
        """Give one to be filled in."""
        return cls(initial={"step": uuid.uuid4()})
