"""The forms of a claim: one for each thing that is done about it. Which one was sent says its field `act`."""

import uuid
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from central.domain.device_states import Holds
from central.domain.periods import EARLIEST
from central.office.photo_field import PhotosField
from central.workshop.claims.models import Claim, ClaimDevice
from central.workshop.claims.operations import LONGEST_TEXT
from central.workshop.devices.models import Place

DAY = {"type": "date"}


def _words(label: Any, rows: int = 3, required: bool = True) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": rows})
    return forms.CharField(label=label, max_length=LONGEST_TEXT, required=required, widget=area)


class ActForm(forms.Form):
    """What all have: the id that makes a second sending harmless."""

    act = ""
    step = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, auto_id=f"id_{self.act}_%s", **named)


class WriteForm(ActForm):
    """The text to the maker."""

    act = "write"
    language = forms.ChoiceField(label=_("Language of the maker"), choices=settings.LANGUAGES)
    text = _words(_("Text to the maker; empty: as the findings propose it"), 12, required=False)


class MailForm(ActForm):
    """Nothing but the wish to send it."""

    act = "mail"


class HandedForm(ActForm):
    """It was sent another way."""

    act = "handed"
    text = _words(_("Which way, and to whom"), 2)


class CallForm(ActForm):
    """A telephone call to the maker."""

    act = "call"
    day = forms.DateField(label=_("Day of the call"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    time = forms.TimeField(
        label=_("Time of the call"), widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    )
    who = forms.CharField(label=_("With whom"), max_length=80)
    text = _words(_("What he said"))

    def clean_day(self) -> date:
        """No call was logged before anything else was."""
        day: date = self.cleaned_data["day"]
        if day < EARLIEST:
            raise forms.ValidationError(_("There is no such day of a call."))
        return day


class ReplyForm(ActForm):
    """The maker's answer."""

    act = "reply"
    promise = forms.ChoiceField(label=_("What the maker does"), choices=[("", "–"), *Claim.Promise.choices])
    due = forms.DateField(
        label=_("By which day"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d")
    )
    text = _words(_("His answer in his words"))


class DeviceForm(ActForm):
    """What became of one device."""

    act = "end"
    device = forms.ChoiceField(label=pgettext_lazy("goods", "Device"))
    end = forms.ChoiceField(
        label=pgettext_lazy("goods", "What became of it"), choices=[("", "–"), *ClaimDevice.End.choices]
    )
    place = forms.ModelChoiceField(
        Place.objects.none(),
        label=_("Where it waits for its check (only what came back)"),
        to_field_name="code",
        required=False,
    )
    text = _words(_("In some words"), 2)

    def __init__(self, *given: Any, devices: list[tuple[str, str]], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["device"].choices = devices
        self.fields["place"].queryset = Place.objects.filter(holds=Holds.ARRIVALS.value, is_active=True)
        self.fields["place"].label_from_instance = lambda one: f"{one.code} {one.name}"


class ShipForm(ActForm):
    """A device that was in use follows its claim."""

    act = "ship"
    device = forms.ChoiceField(label=pgettext_lazy("goods", "Device"))

    def __init__(self, *given: Any, devices: list[tuple[str, str]], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["device"].choices = devices


class NoteForm(ActForm):
    """Words or photographs."""

    act = "note"
    text = _words(_("Note"), 2, required=False)
    photos = PhotosField(label=_("Photographs"), required=False)


class CloseForm(ActForm):
    """The end."""

    act = "close"
    text = _words(_("How it ended"), 2)


class NewClaimForm(forms.Form):
    """Faulty devices of one maker, and what is wrong with them."""

    devices = forms.MultipleChoiceField(
        label=_("Devices"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one device.")},
    )
    text = _words(_("What is wrong with them"))
    photos = PhotosField(label=_("Photographs"), required=False)
    step = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, *given: Any, devices: list[tuple[str, str]], **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["devices"].choices = devices
