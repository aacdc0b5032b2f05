"""The forms of goods-in: an order, a delivery, one device of it, the check of a device."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from central.domain.device_states import Holds
from central.domain.goods_in import SEEN, Finding
from central.office.bar_code_field import CodePhotoField
from central.office.models import User
from central.office.photo_keeping import keep_uploads
from central.office.photos import MOST_AT_ONCE
from central.workshop.claims.words import finding_words
from central.workshop.devices.models import DeviceType, Maker, Place
from central.workshop.goods.checking import LONGEST_TEXT, Damage
from central.workshop.goods.deliveries import LONGEST_SERIAL

LINES = 5
"""So many models can be ordered at once; more are added on the order's page."""


class PlaceField(forms.ModelChoiceField):
    """A place that holds one kind of devices; the only one is chosen already."""

    def __init__(self, holds: Holds, **named: Any) -> None:
        self._holds = holds
        super().__init__(Place.objects.none(), to_field_name="code", **named)

    def refreshed(self) -> "PlaceField":
        """Look the places up."""
        self.queryset = Place.objects.filter(holds=self._holds.value, is_active=True)
        self.initial = self.queryset.first() if self.queryset.count() == 1 else None
        return self

    def label_from_instance(self, place: Place) -> str:
        """Name a place by code and name."""
        return f"{place.code} {place.name}"


class TypeField(forms.ModelChoiceField):
    """A model that the store knows."""

    def __init__(self, **named: Any) -> None:
        super().__init__(DeviceType.objects.none(), to_field_name="code", **named)

    def label_from_instance(self, type_: DeviceType) -> str:
        """Name a model with its maker."""
        return f"{type_.name} · {type_.maker.name}"


def types() -> Any:
    """Give the active models with their makers."""
    return DeviceType.objects.filter(is_active=True).select_related("maker")


class OrderForm(forms.Form):
    """An order with its first lines."""

    number = forms.CharField(label=_("Order number"), max_length=40)
    maker = forms.ModelChoiceField(Maker.objects.none(), label=_("Maker"), to_field_name="code")
    day = forms.DateField(
        label=_("Ordered on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["maker"].queryset = Maker.objects.all()
        self.fields["maker"].label_from_instance = lambda one: one.name
        for place in range(LINES):
            self.fields[f"type_{place}"] = TypeField(label=_("Device model"), required=False)
            self.fields[f"type_{place}"].queryset = types()
            self.fields[f"quantity_{place}"] = forms.IntegerField(label=_("How many"), required=False)

    def lines(self) -> dict[DeviceType, int]:
        """Give what was filled in; a model twice is added up, a quantity without a model is not there."""
        found: dict[DeviceType, int] = {}
        for place in range(LINES):
            type_ = self.cleaned_data[f"type_{place}"]
            if type_ is not None:
                found[type_] = found.get(type_, 0) + (self.cleaned_data[f"quantity_{place}"] or 0)
        return found

    def pairs(self) -> list[tuple[Any, Any]]:
        """Give the lines' fields for the page."""
        return [(self[f"type_{place}"], self[f"quantity_{place}"]) for place in range(LINES)]

    def clean(self) -> dict[str, Any]:
        """A quantity alone is a mistake, not nothing."""
        cleaned = super().clean() or {}
        for place in range(LINES):
            if cleaned.get(f"quantity_{place}") is not None and cleaned.get(f"type_{place}") is None:
                self.add_error(f"type_{place}", _("Say of which model."))
        return cleaned


class LineForm(forms.Form):
    """Another line of an order, or another number of one."""

    type = TypeField(label=_("Device model"))
    quantity = forms.IntegerField(label=_("How many"), min_value=1)

    def __init__(self, *given: Any, maker: Maker, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["type"].queryset = types().filter(maker=maker)


class DeliveryForm(forms.Form):
    """A delivery that begins."""

    step = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    note = forms.CharField(label=_("Delivery note"), max_length=80, required=False)
    place = PlaceField(Holds.ARRIVALS, label=_("Where it waits for its check"))

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["place"].refreshed()


class EntryForm(forms.Form):
    """One device of a delivery. A bar-code reader types into the first field and presses Enter."""

    step = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    serial = forms.CharField(
        label=_("Serial number"),
        required=False,
        max_length=4 * LONGEST_SERIAL,
        widget=forms.TextInput(
            attrs={
                "autofocus": True,
                "autocomplete": "off",
                "autocapitalize": "characters",
                "spellcheck": "false",
            }
        ),
    )
    type = TypeField(label=_("Device model"))
    remark = forms.CharField(label=_("Why it is taken in all the same"), max_length=200, required=False)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.fields["type"].queryset = types()


class CorrectForm(forms.Form):
    """What was entered wrongly."""

    step = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    serial = forms.CharField(label=_("Serial number"), max_length=LONGEST_SERIAL)
    type = TypeField(label=_("Device model"))
    why = forms.CharField(label=_("Why"), max_length=150)

    def __init__(self, *given: Any, kind: str, **named: Any) -> None:
        super().__init__(*given, auto_id="id_correct_%s", **named)
        self.fields["type"].queryset = types().filter(kind=kind)


class CodeForm(forms.Form):
    """A photograph of the plate, and the model that the device is of."""

    code = CodePhotoField()
    type = forms.CharField(widget=forms.HiddenInput, required=False)


@dataclass(frozen=True, slots=True)
class Part:
    """One thing of the checklist as the page shows it."""

    what: Finding
    is_ticked: bool = False
    text: str = ""
    kept: Sequence[str] = ()
    troubles: Sequence[str] = ()

    @property
    def label(self) -> str:
        """Name it."""
        return finding_words(self.what)


@dataclass(frozen=True, slots=True)
class Sent:
    """The checklist as it was sent: photographs that are good are kept already, whatever becomes of the check."""

    parts: list[Part] = field(default_factory=list)

    @property
    def troubles(self) -> list[str]:
        """Say which photographs were not taken."""
        return [words for part in self.parts for words in part.troubles]

    def damages(self) -> list[Damage]:
        """Give what was ticked; a photograph or words tick it, too."""
        return [Damage(one.what, one.text, list(one.kept)) for one in self.parts if one.is_ticked]


class CheckForm(forms.Form):
    """How the check of a device ends; the checklist stands beside it."""

    step = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    read_plate = forms.BooleanField(
        label=_("I read serial number and model off the plate: they are as above"), required=False
    )
    outcome = forms.ChoiceField(
        choices=[("good", ""), ("faulty", "")],
        error_messages={"required": _("Press one of the two buttons.")},
    )
    good_place = PlaceField(Holds.GOOD, label=_("Place for a good one"), required=False)
    faulty_place = PlaceField(Holds.FAULTY, label=_("Place for a faulty one"), required=False)

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        for name in ("good_place", "faulty_place"):
            self.fields[name].refreshed()


def empty_parts() -> list[Part]:
    """Give the checklist before anything is ticked."""
    return [Part(one) for one in SEEN]


def sent_parts(request: HttpRequest, by: User, now_ms: int) -> Sent:
    """Read the checklist, and keep its photographs."""
    return Sent([_part(request, what, by, now_ms) for what in SEEN])


def _part(request: HttpRequest, what: Finding, by: User, now_ms: int) -> Part:
    before = request.POST.getlist(f"{what}-kept")[:MOST_AT_ONCE]
    files = request.FILES.getlist(f"{what}-photos")
    kept, troubles = keep_uploads(files, before, by=by, now_ms=now_ms)
    text = request.POST.get(f"{what}-text", "").strip()[:LONGEST_TEXT]
    is_ticked = what.value in request.POST.getlist("damaged") or bool(kept or text or files)
    return Part(what, is_ticked, text, kept, troubles)
