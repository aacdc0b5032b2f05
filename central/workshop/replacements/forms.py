"""Forms of replacements, software control and true-ups: few fields, a phone's camera, what was typed comes back."""

import uuid
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central import clock
from central.campus.models import MeteringPoint
from central.desk.search import find_points
from central.domain.rule_values import Kind, UnreadableError, value_of
from central.office.photo_field import PhotosField
from central.workshop.replacements.miscount import MOST_PPM
from central.workshop.replacements.models import ReplacementStep, TrueUp

MOST_WH = 10**12
KEPT = "photos-kept"
NUMBER = {"required": gettext_lazy("Type the number on the case.")}
REGISTER = {"required": gettext_lazy("Type the register in kWh.")}
WHY = {"required": gettext_lazy("Say why.")}


def register_wh(text: str) -> int:
    """Read a register in kWh as watt-hours. Raises ValidationError."""
    try:
        found = value_of(Kind.WATT_HOURS, [text])
    except UnreadableError:
        found = -1
    if not isinstance(found, int) or not 0 <= found <= MOST_WH:
        raise forms.ValidationError(_("Write kWh with at most three decimals, such as 412.34."))
    return found


class RoomForm(forms.Form):
    """A form about one room, typed as people say it."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    room = forms.CharField(
        label=gettext_lazy("Room"),
        max_length=64,
        error_messages={"required": gettext_lazy("Type the room, such as 1-301.")},
    )
    ref = forms.CharField(label=gettext_lazy("Fault or work order"), max_length=60, required=False)

    def clean_room(self) -> MeteringPoint:
        """Find the one room that is meant."""
        points = find_points(self.cleaned_data["room"], clock.now_ms())
        if len(points) != 1:
            raise forms.ValidationError(_("There is no such room. Write it as on the door, such as 1-301."))
        return points[0]


class SwapForm(RoomForm):
    """Both meters, both registers, a photograph of each display, and why."""

    old_meter = forms.CharField(label=gettext_lazy("Old meter"), max_length=64, error_messages=NUMBER)
    last = forms.CharField(
        label=gettext_lazy("Its last register, kWh"), max_length=20, error_messages=REGISTER
    )
    new_meter = forms.CharField(label=gettext_lazy("New meter"), max_length=64, error_messages=NUMBER)
    first = forms.CharField(
        label=gettext_lazy("Its first register, kWh"), max_length=20, error_messages=REGISTER
    )
    photos = PhotosField(label=gettext_lazy("Photographs of both displays"), required=False)
    why = forms.CharField(label=gettext_lazy("Reason"), max_length=120, error_messages=WHY)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("last", "first"):
            self.fields[name].widget.attrs.update(inputmode="decimal", autocomplete="off")

    @property
    def kept(self) -> list[str]:
        """The digests of the photographs that are kept already."""
        return self.data.getlist(KEPT) if self.is_bound else []

    def clean_photos(self) -> list[str]:
        """Give the photographs' digests: the view has kept those that came."""
        if not self.kept:
            raise forms.ValidationError(_("Add a photograph."))
        return self.kept

    def clean_last(self) -> int:
        """Read a register in watt-hours."""
        return register_wh(self.cleaned_data["last"])

    def clean_first(self) -> int:
        """Read a register in watt-hours."""
        return register_wh(self.cleaned_data["first"])


class ControlForm(RoomForm):
    """Why a room stays on without a meter, and who decided it."""

    decided_by = forms.CharField(
        label=gettext_lazy("Who decided it"),
        max_length=80,
        error_messages={"required": gettext_lazy("Name who decided it, with the office.")},
    )
    why = forms.CharField(label=gettext_lazy("Reason"), max_length=200, error_messages=WHY)


SAYABLE = (
    ReplacementStep.Kind.SOLVED,
    ReplacementStep.Kind.NOT_SOLVED,
    ReplacementStep.Kind.PHOTOS,
    ReplacementStep.Kind.LINKED,
    ReplacementStep.Kind.NOTE,
)


class SayForm(forms.Form):
    """What is said about a replacement."""

    step = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        label=gettext_lazy("What you say"), choices=[(one.value, one.label) for one in SAYABLE]
    )
    text = forms.CharField(label=gettext_lazy("Words"), max_length=500, required=False)
    ref = forms.CharField(label=gettext_lazy("Fault or work order"), max_length=60, required=False)
    photos = PhotosField(label=gettext_lazy("Photographs"), required=False)


class DeviceForm(forms.Form):
    """Why a replacement is complete without a record of the store."""

    step = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(
        choices=[
            (one.value, one.label)
            for one in (ReplacementStep.Kind.DEVICE_OUT, ReplacementStep.Kind.DEVICE_IN)
        ],
        widget=forms.HiddenInput,
    )
    why = forms.CharField(
        label=gettext_lazy("Why there is no record of it"), max_length=300, error_messages=WHY
    )


class MiscountForm(forms.Form):
    """A module's bench error, and for which time it holds."""

    meter = forms.CharField(label=gettext_lazy("Meter"), max_length=64, error_messages=NUMBER)
    error = forms.CharField(
        label=gettext_lazy("Its error on the bench, %"),
        max_length=10,
        help_text=gettext_lazy("Above zero where it counted too much."),
    )
    last_good = forms.DateField(
        label=gettext_lazy("Last good check"), widget=forms.DateInput(attrs={"type": "date"})
    )
    until = forms.DateField(
        label=gettext_lazy("Taken out of use"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def clean_error(self) -> int:
        """Read per cent with at most four decimals as ppm."""
        text = self.cleaned_data["error"].strip().replace("−", "-").rstrip("%")
        try:
            ppm = Decimal(text) * 10_000
        except InvalidOperation:
            ppm = Decimal("NaN")
        if not ppm.is_finite() or ppm != ppm.to_integral_value() or not 0 < abs(ppm) <= MOST_PPM:
            raise forms.ValidationError(_("Write the error in per cent, such as 2.5 or -20."))
        return int(ppm)


METHODS = (TrueUp.Method.REGISTER, TrueUp.Method.BENCH, TrueUp.Method.PERSON)


class CheckForm(forms.Form):
    """It is right as it stands, or a better-founded figure with its reason."""

    step = forms.UUIDField(widget=forms.HiddenInput)
    figure = forms.CharField(label=gettext_lazy("Another figure, kWh"), max_length=20, required=False)
    method = forms.ChoiceField(
        label=gettext_lazy("How it is known"),
        choices=[("", "–"), *[(one.value, one.label) for one in METHODS]],
        required=False,
    )
    why = forms.CharField(label=gettext_lazy("Reason"), max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["figure"].widget.attrs.update(inputmode="decimal", autocomplete="off")

    def clean_figure(self) -> int | None:
        """Read the figure; none is the computed one."""
        text = self.cleaned_data["figure"].strip()
        if not text:
            return None
        sign = -1 if text[0] in "-−" else 1
        return sign * register_wh(text.lstrip("-−"))

    def clean(self) -> dict[str, Any]:
        """A figure has its method and its reason."""
        said = super().clean() or {}
        if said.get("figure") is not None:
            if not said.get("method"):
                self.add_error("method", _("Say how the figure is known."))
            if not str(said.get("why", "")).strip():
                self.add_error("why", _("Say why."))
        return said


WORDS_OF = {
    "tell": gettext_lazy("How the customer was told"),
    "dispute": gettext_lazy("What the customer says"),
    "settle": gettext_lazy("How it ended"),
    "reverse": gettext_lazy("Reason"),
}


class WordsForm(forms.Form):
    """Words that stay on record."""

    step = forms.UUIDField(widget=forms.HiddenInput)
    words = forms.CharField(label=gettext_lazy("Words"), max_length=300, error_messages=WHY)

    @classmethod
    def of(cls, act: str, data: QueryDict | None = None) -> "WordsForm":
        """Give an act's form with its own label and names; with what was typed where it comes back."""
        form = cls(data, initial={"step": uuid.uuid4()}, auto_id=f"id_{act}_%s")
        form.fields["words"].label = WORDS_OF[act]
        form.fields["words"].error_messages["required"] = gettext_lazy("Fill this in: it stays on record.")
        return form
