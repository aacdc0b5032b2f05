"""The forms of makers, models and places."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from central.office.words import Words
from central.workshop.devices.models import HOLDS, DeviceType, Maker, Place
from central.workshop.stock.meter_models import meter_models
from central.workshop.stock.reference import ReferenceRefusal

REFUSALS: dict[ReferenceRefusal, Words] = {
    ReferenceRefusal.CODE_TAKEN: _("Another one has this code. Choose another code, or change that one."),
    ReferenceRefusal.IN_USE: _("Devices lie in this place: move them first; then it can be retired or hold something else."),
    ReferenceRefusal.HAS_TYPES: _("Models of this maker are still ordered: retire them first."),
    ReferenceRefusal.KIND_IS_FIXED: _("Devices of this model have their numbers already: its kind stays. Enter another model."),
}  # fmt: skip


class ReferenceForm(forms.Form):
    """A code, and whether it is still offered."""

    code = forms.CharField(label=pgettext_lazy("store", "Code"), max_length=32)
    is_active = forms.BooleanField(label=_("Offered in forms"), required=False, initial=True)

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.order_fields([name for name in self.fields if name != "is_active"])
        for name, field in self.fields.items():
            field.error_messages["required"] = _now("Fill this in.")
            if name != "is_active":
                field.widget.attrs.setdefault("autocomplete", "off")

    @classmethod
    def of(cls, row: Maker | DeviceType | Place) -> "ReferenceForm":
        """Give the form filled with a row."""
        return cls(initial={name: getattr(row, name) for name in cls.base_fields})


class MakerForm(ReferenceForm):
    """Who makes devices, and how he is reached with a claim."""

    name = forms.CharField(label=pgettext_lazy("store", "Name"), max_length=80)
    mail = forms.EmailField(label=_("Mail for claims"), required=False, max_length=254)
    phone = forms.CharField(label=_("Telephone"), required=False, max_length=40)


class TypeForm(ReferenceForm):
    """A model as it is ordered and stored."""

    code = forms.CharField(label=pgettext_lazy("store", "Code"), max_length=40)
    kind = forms.ChoiceField(label=_("Kind"), choices=DeviceType.Kind.choices)
    maker = forms.ModelChoiceField(Maker.objects.none(), label=_("Maker"), empty_label=None)
    name = forms.CharField(label=_("Model, as its plate says"), max_length=80)
    meter_model = forms.ChoiceField(label=_("Its name at the gateways"), required=False)
    least_good = forms.IntegerField(
        label=_("Minimum stock of good ones"), min_value=0, max_value=100_000, initial=0
    )

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        own = more.get("initial", {})
        makers = Maker.objects.filter(is_active=True) | Maker.objects.filter(
            pk=getattr(own.get("maker"), "pk", None)
        )
        self.fields["maker"].queryset = makers.order_by("code")
        self.fields["maker"].label_from_instance = lambda maker: maker.name
        names = {*meter_models(), own.get("meter_model", ""), self.data.get("meter_model", "")} - {""}
        self.fields["meter_model"].choices = [
            ("", _now("they know none")),
            *((name, name) for name in sorted(names)),
        ]


class PlaceForm(ReferenceForm):
    """A shelf, a bench, a box."""

    name = forms.CharField(label=pgettext_lazy("store", "Name"), max_length=80)
    holds = forms.ChoiceField(
        label=_("It holds"), choices=[(one.value, words) for one, words in HOLDS.items()]
    )
