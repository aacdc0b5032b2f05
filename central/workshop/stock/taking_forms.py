"""Forms of a stock-taking: begin, read a label, take one back, close, give up."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from central.domain.device_states import Holds
from central.office.bar_code_field import CodePhotoField, codes_of
from central.office.bar_codes import Code
from central.workshop.devices.models import Place
from central.workshop.stock.models import StockTaking
from central.workshop.stock.taking_queries import places_of

LONGEST_TEXT = 4_000


def _named(place: Place) -> str:
    return f"{place.code} {place.name}"


class BeginForm(forms.Form):
    """What is counted."""

    taking = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    place = forms.ModelChoiceField(
        Place.objects.filter(is_active=True),
        label=_("What is counted"),
        required=False,
        empty_label=_("all places"),
    )
    note = forms.CharField(label=_("Note"), max_length=200, required=False)

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["place"].label_from_instance = _named


class ScanForm(forms.Form):
    """A label, or several, and where it was read."""

    scan = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    place = forms.ModelChoiceField(Place.objects.none(), widget=forms.HiddenInput)
    label = forms.CharField(
        label=_("Label"),
        max_length=LONGEST_TEXT,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "off",
                "autofocus": True,
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
    )

    def __init__(self, taking: StockTaking, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["place"].queryset = Place.objects.filter(pk__in=[place.pk for place in places_of(taking)])
        self.fields["label"].error_messages["required"] = _now("Read a label, or type the number from it.")


class PhotoForm(forms.Form):
    """A photograph of labels."""

    photo = CodePhotoField(label=_("or photograph labels"))

    def read(self) -> tuple[tuple[Code, ...], str]:
        """Give the codes to choose from, and why there are none."""
        if not self.is_valid():
            return (), " ".join(str(error) for errors in self.errors.values() for error in errors)
        read = codes_of(self.cleaned_data["photo"])
        return (read, "") if isinstance(read, tuple) else ((), str(read))


class StrikeForm(forms.Form):
    """Which scan is taken back."""

    scan = forms.UUIDField()
    of = forms.IntegerField(min_value=1, max_value=2**62)


class CloseForm(forms.Form):
    """What who closes has seen, and what he did about it."""

    shown = forms.CharField(widget=forms.HiddenInput, max_length=64)
    has_put_back = forms.BooleanField(label=_("I have carried them back to their places"), required=False)
    arrivals = forms.ModelChoiceField(
        Place.objects.none(), label=_("What was missing is put to"), required=False
    )

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["arrivals"].queryset = Place.objects.filter(holds=Holds.ARRIVALS.value, is_active=True)
        self.fields["arrivals"].label_from_instance = _named

    @classmethod
    def new(cls, digest: str) -> "CloseForm":
        """Give the form of what is shown; the only place for arrivals is chosen already."""
        places = list(Place.objects.filter(holds=Holds.ARRIVALS.value, is_active=True)[:2])
        return cls(initial={"shown": digest, "arrivals": places[0].pk if len(places) == 1 else None})


class GiveUpForm(forms.Form):
    """Why."""

    why = forms.CharField(label=_("Reason"), max_length=300)
