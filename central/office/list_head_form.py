"""The head of every list's form: from when it holds. Empty: with the last signature."""

from datetime import datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from central.clock import CAMPUS_ZONE, local
from central.domain.price_list import WITH_LAST_SIGNATURE


class ListHeadForm(forms.Form):
    """The instant from which a list holds, in campus time."""

    begins = forms.CharField(
        label=_("In force from (empty: with the last signature)"),
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )

    def clean_begins(self) -> int:
        """Read a campus instant; give milliseconds since 1970 in UTC, 0 when none was said."""
        typed = self.cleaned_data["begins"].strip()
        if not typed:
            return WITH_LAST_SIGNATURE
        try:
            at = datetime.fromisoformat(typed)
        except ValueError as error:
            raise forms.ValidationError(_("Write the instant as 2026-09-01 08:00.")) from error
        if not 2000 <= at.year < 2200:
            raise forms.ValidationError(_("Write the instant as 2026-09-01 08:00."))
        return int(at.replace(tzinfo=CAMPUS_ZONE).timestamp() * 1000)


def typed_instant(from_ms: int) -> str:
    """Give an instant as the field has it."""
    return "" if from_ms == WITH_LAST_SIGNATURE else local(from_ms).strftime("%Y-%m-%dT%H:%M")
