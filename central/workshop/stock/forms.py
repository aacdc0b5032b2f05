"""Forms of the store: the list's filters, the acts of one device, devices on walls that are entered."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from central.campus.models import Building
from central.domain.device_states import DeviceAct
from central.workshop.devices.models import Device, DeviceType, Place
from central.workshop.stock.device_acts import holds_after
from central.workshop.stock.queries import passed_since


class ActForm(forms.Form):
    """One act on one device: where to, and why, as the act asks."""

    step = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    place = forms.ModelChoiceField(Place.objects.none(), label=_("Put to"), empty_label=None)
    why = forms.CharField(label=_("Reason"), max_length=300, required=False)

    def __init__(self, device: Device, act: DeviceAct, *given: Any, **more: Any) -> None:
        super().__init__(*given, auto_id=f"id_{act.value}_%s", **more)
        self.act = act
        holds = holds_after(device, act)
        if not holds:
            del self.fields["place"]
        else:
            places = Place.objects.filter(holds=holds, is_active=True)
            # What is sent again finds the device where the first one has put it.
            self.fields["place"].queryset = places if self.is_bound else places.exclude(pk=device.place_id)
            self.fields["place"].label_from_instance = lambda place: f"{place.code} {place.name}"
            self.fields["place"].error_messages["required"] = _now("Say where it is put.")
        self.fields["why"].required = act is DeviceAct.SCRAPPED
        self.fields["why"].error_messages["required"] = _now("Say why.")
        self.fields["why"].widget.attrs["autocomplete"] = "off"
        if act is DeviceAct.REPAIRED and passed_since(device) is None:
            self.fields["why"].label = _now("Why it counts as tested: no bench record says so")


def forms_of(device: Device, acts: Iterable[DeviceAct]) -> list[ActForm]:
    """Give an empty form for each act; an act that needs another place, where there is none, is left out."""
    made = [ActForm(device, act) for act in acts]
    return [form for form in made if "place" not in form.fields or form.fields["place"].queryset.exists()]


class AdoptForm(forms.Form):
    """A building whose meters get their records, and the model that they are; `meter`: of that one alone."""

    building = forms.ModelChoiceField(Building.objects.order_by("code"), label=_("Building"))
    type = forms.ModelChoiceField(DeviceType.objects.none(), label=_("Model"))
    meter = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.fields["type"].queryset = DeviceType.objects.filter(is_active=True).order_by("code")
        self.fields["type"].label_from_instance = lambda one: f"{one.code} {one.name}"
        for field in self.fields.values():
            field.error_messages["required"] = _now("Choose one.")
