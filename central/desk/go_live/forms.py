"""Forms of a go-live: the old system's list, a reason, one room's right balance."""

from datetime import datetime

from django import forms
from django.utils.translation import gettext_lazy as _

from central.clock import CAMPUS_ZONE
from central.desk.forms import ListFileField
from central.domain.opening_rows import Finding, read_row
from gateway.contract.quantities import Unit

WHY_LENGTH = 300


class OldListForm(forms.Form):
    """The old system's list, and the instant at which that system stopped."""

    file = ListFileField(
        label=_("The old system's list (XLSX or CSV)"),
        error_messages={
            "required": _("Choose a file first."),
            "empty": _("The file is empty. Save the list again and choose it once more."),
        },
    )
    change_over = forms.CharField(
        label=_("When the old system stopped counting"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
        error_messages={"required": _("Say when the old system stopped.")},
    )

    def __init__(self, *args: object, now_ms: int, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self._now_ms = now_ms

    def clean_change_over(self) -> int:
        """Read a campus instant that is not to come; give milliseconds since 1970 in UTC."""
        instant = instant_ms(self.cleaned_data["change_over"])
        if instant is None:
            raise forms.ValidationError(_("Write the instant as 2026-09-01 08:00."))
        if instant > self._now_ms:
            raise forms.ValidationError(
                _("This instant is still to come. Make the list when the old system has stopped.")
            )
        return instant


def instant_ms(text: str) -> int | None:
    """Read a campus instant of this century; None for anything else."""
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=CAMPUS_ZONE)
    return int(at.timestamp() * 1000) if 2000 <= at.year < 2200 else None


class ReasonForm(forms.Form):
    """A reason, and the page's key."""

    why = forms.CharField(
        label=_("Reason"),
        max_length=WHY_LENGTH,
        error_messages={
            "required": _("Say why: those who sign read it."),
            "max_length": _("At most 300 characters."),
        },
    )
    key = forms.RegexField(r"[0-9a-f]{32}", widget=forms.HiddenInput)


class CorrectionForm(ReasonForm):
    """What one room's opening balance should have been."""

    room = forms.CharField(label=_("Room"), max_length=64, error_messages={"required": _("Name the room.")})
    bucket = forms.CharField(label=_("Kind of credit"), max_length=32)
    amount = forms.CharField(
        label=_("The right opening balance"),
        max_length=32,
        error_messages={"required": _("Write the right opening balance; below zero for a debt.")},
    )
    field_order = ("room", "bucket", "amount", "why", "key")

    def __init__(self, *args: object, buckets: list[tuple[str, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bucket"] = forms.ChoiceField(label=_("Kind of credit"), choices=buckets)
        self.fields["amount"].widget.attrs.update(inputmode="text", placeholder="12.50", autocomplete="off")
        self.order_fields(self.field_order)

    def amount_in(self, unit: Unit) -> int | list[Finding]:
        """Read the amount in the room's unit, as a list's cell is read."""
        column = "balance_yuan" if unit is Unit.YUAN else "balance_kwh"
        row, findings = read_row(0, {"room": "-", column: self.cleaned_data["amount"]})
        return findings or row.balance
