"""The form that asks for another fixed loss ratio of a group."""

import uuid
from datetime import date
from decimal import Decimal

from django import forms
from django.utils.translation import gettext_lazy as _

from central.clock import start_of_day_ms

HOUR_MS = 3_600_000
PPM_PER_PERCENT = 10_000
MOST_PERCENT = 30


class FixedLossForm(forms.Form):
    """The ratio in percent, from which day and hour, and why."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    percent = forms.DecimalField(
        label=_("Fixed loss ratio, %"),
        decimal_places=2,
        widget=forms.NumberInput(attrs={"min": 0, "max": MOST_PERCENT}),
        error_messages={
            "invalid": _("Write a percentage such as 1.5."),
            "max_decimal_places": _("At most two decimals."),
        },
    )
    from_day = forms.DateField(
        label=_("From day"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    from_hour = forms.IntegerField(label=_("From hour"), min_value=0, max_value=23)
    why = forms.CharField(
        label=_("Reason"), max_length=300, error_messages={"required": _("Say why: those who sign read it.")}
    )

    def clean_percent(self) -> Decimal:
        """Refuse what is no technical loss. Not a field's own bound: its words would be formatted, and they hold a percent sign."""
        percent: Decimal = self.cleaned_data["percent"]
        if not 0 <= percent <= MOST_PERCENT:
            raise forms.ValidationError(
                _(
                    "A technical loss lies between 0 and 30 %. What is above it has another cause: look for that."
                )
            )
        return percent

    @classmethod
    def begun(cls, ppm: int | None, day: date) -> "FixedLossForm":
        """Give the form as it is first shown."""
        percent = None if ppm is None else Decimal(ppm) / PPM_PER_PERCENT
        return cls(initial={"key": uuid.uuid4(), "percent": percent, "from_day": day, "from_hour": 0})

    @property
    def ppm(self) -> int:
        """The ratio in parts in a million."""
        return int(self.cleaned_data["percent"] * PPM_PER_PERCENT)

    @property
    def from_ms(self) -> int:
        """The instant from which it holds."""
        return start_of_day_ms(self.cleaned_data["from_day"]) + self.cleaned_data["from_hour"] * HOUR_MS
