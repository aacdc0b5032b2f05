"""The form that asks for a setting's new value: where, what, from when, why. What was typed wrongly stays to be mended."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from central.campus.models import Building, CustomerClass
from central.clock import local
from central.domain.approval import chain_of
from central.domain.known_settings import Kind, Known, Place, Value, ValueFault
from central.office.people_forms import instant_ms
from central.office.roles import Role
from central.office.setting_changes import Change, refusal_of
from central.office.setting_fields import EXAMPLES, LISTS, read_value, typed_text
from central.office.setting_words import CHOICE_WORDS, PLACE_WORDS, fault_words

STEPS, OFFICES = 5, 3
"""How many steps of a chain the form has, and how many offices a step."""


class SettingForm(forms.Form):
    """Where, the new value, from when, why."""

    where = forms.ChoiceField(label=lazy("For"))
    room = forms.CharField(
        label=lazy("Room (only for a single room, as 1-301)"), required=False, max_length=64
    )
    nothing = forms.BooleanField(
        label=lazy("Say nothing of its own here any more: what holds for the wider place counts again"),
        required=False,
    )
    begins = forms.CharField(
        label=lazy("In force from"), error_messages={"required": lazy("Say when it begins.")}
    )
    why = forms.CharField(
        label=lazy("Reason"),
        max_length=300,
        error_messages={"required": lazy("Say why: the reason stays on record.")},
    )
    key = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={"invalid": lazy("This page is damaged. Open it again and start anew.")},
    )

    def __init__(self, setting: Known, now_ms: int, value: object, key: str, data: Any = None) -> None:
        initial = {"begins": local(now_ms).strftime("%Y-%m-%dT%H:%M"), "key": key}
        super().__init__(data, initial=initial)
        self.setting, self.now_ms = setting, now_ms
        self.fields["where"].choices = _places(setting)
        if Place.ROOM not in setting.places:
            del self.fields["room"]
        if not setting.places:
            del self.fields["where"], self.fields["nothing"]
        self.fields["begins"].widget = forms.DateTimeInput(attrs={"type": "datetime-local"})
        if setting.kind is Kind.CHAIN:
            self._add_chain(value)
        else:
            self.fields["value"] = _value_field(setting, value)
        self.order_fields(["where", "room", *self.value_names, "nothing", "begins", "why", "key"])

    @property
    def value_names(self) -> list[str]:
        """Name the fields of the value itself."""
        return [name for name in self.fields if name == "value" or name.startswith("step")]

    @property
    def steps(self) -> list[list[forms.BoundField]]:
        """Give a chain's fields step by step; nothing for other kinds."""
        by_step: dict[str, list[forms.BoundField]] = {}
        for name in self.value_names:
            if name != "value":
                by_step.setdefault(name.partition("_")[0], []).append(self[name])
        return list(by_step.values())

    @property
    def before_steps(self) -> list[forms.BoundField]:
        """Give the fields above the value, and the value itself where it is one field."""
        return [self[name] for name in ("where", "room", "value") if name in self.fields]

    @property
    def after_steps(self) -> list[forms.BoundField]:
        """Give the fields below the value."""
        return [self[name] for name in ("nothing", "begins", "why") if name in self.fields]

    def _add_chain(self, value: object) -> None:
        chain = chain_of(value if isinstance(value, list) else [])
        offices = [("", "–"), *Role.choices]
        for step in range(max(STEPS, len(chain))):
            held = chain[step].offices if step < len(chain) else ()
            for place in range(max(OFFICES, len(held))):
                words = {"step": step + 1}
                label = _("Step %(step)d") % words if place == 0 else _("or")
                self.fields[f"step{step}_{place}"] = forms.ChoiceField(
                    label=label,
                    choices=offices,
                    required=False,
                    initial=held[place] if place < len(held) else "",
                )
            self.fields[f"step{step}_persons"] = forms.IntegerField(
                label=_("persons"),
                min_value=1,
                max_value=5,
                required=False,
                initial=chain[step].persons if step < len(chain) else 1,
            )

    def clean_begins(self) -> int:
        """Give the instant, in milliseconds."""
        return instant_ms(self.cleaned_data["begins"])

    def clean_value(self) -> Value | None:
        """Read the value; none when nothing is to be said here."""
        if self.data.get("nothing"):
            return None
        value = read_value(self.setting, self.cleaned_data["value"])
        if isinstance(value, ValueFault):
            raise forms.ValidationError(fault_words(value))
        return value

    def clean(self) -> dict[str, Any]:
        """Hold the whole change to what the setting allows."""
        typed: dict[str, Any] = super().clean()
        if not self.errors and (refusal := refusal_of(self.change())):
            self.add_error(None, fault_words(refusal))
        return typed

    def change(self) -> Change:
        """Give what is asked for."""
        typed = self.cleaned_data
        place, _colon, where = typed.get("where", Place.CAMPUS.value).partition(":")
        if typed.get("room"):
            place, where = Place.ROOM.value, typed["room"].strip()
        value = self._chain() if self.setting.kind is Kind.CHAIN else typed["value"]
        return Change(self.setting.code, Place(place), where, value, typed["begins"])

    def _chain(self) -> list[object]:
        steps: dict[int, list[str]] = {}
        for name in self.value_names:
            step, _line, place = name.removeprefix("step").partition("_")
            if place != "persons" and self.cleaned_data.get(name):
                steps.setdefault(int(step), []).append(self.cleaned_data[name])
        return [
            {"offices": offices, "persons": self.cleaned_data.get(f"step{step}_persons") or 1}
            for step, offices in sorted(steps.items())
        ]


def _places(setting: Known) -> list[tuple[str, str]]:
    places = [(Place.CAMPUS.value, str(PLACE_WORDS[Place.CAMPUS]))]
    if Place.CLASS in setting.places:
        rows = CustomerClass.objects.order_by("code").values_list("code", "name")
        places += [
            (f"{Place.CLASS.value}:{code}", f"{PLACE_WORDS[Place.CLASS]} {name}") for code, name in rows
        ]
    if Place.BUILDING in setting.places:
        rows = Building.objects.order_by("code").values_list("code", "name")
        places += [
            (f"{Place.BUILDING.value}:{code}", f"{PLACE_WORDS[Place.BUILDING]} {name}") for code, name in rows
        ]
    return places


def _value_field(setting: Known, value: object) -> forms.Field:
    words = {"label": _("New value"), "required": False, "initial": typed_text(setting, value)}
    if setting.kind is Kind.YES_NO:
        return forms.ChoiceField(choices=[("yes", _("yes")), ("no", _("no"))], **words)
    if setting.kind is Kind.CHOICE:
        return forms.ChoiceField(
            choices=[(one, CHOICE_WORDS.get(one, one)) for one in setting.choices], **words
        )
    if setting.kind in LISTS:
        rows = {"rows": 6, "placeholder": EXAMPLES.get(setting.kind, "")}
        return forms.CharField(widget=forms.Textarea(attrs=rows), max_length=5000, **words)
    number = {"placeholder": EXAMPLES.get(setting.kind, ""), "inputmode": "decimal", "autocomplete": "off"}
    return forms.CharField(widget=forms.TextInput(attrs=number), max_length=200, **words)
