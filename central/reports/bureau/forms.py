"""The form of a power bureau's bill."""

from datetime import date

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from central.campus.models import Building
from central.desk.forms import FULL_WIDTH_DIGITS, AmountField
from central.domain.periods import EARLIEST, LATEST, NotAPeriod, Period, PeriodKind, read_period
from central.office.templatetags.cardroom import fen
from central.papers.accounting import first_days
from central.reports.bureau.models import REASON_LENGTH, BureauBill
from central.reports.bureau.operations import Entry
from gateway.contract.quantities import Fen, NotAnAmount, WattHours, kwh_text, wh_from_kwh

MOST = 10**15
"""More than any campus uses or pays: what is above is a slip of the finger."""


class EnergyField(forms.CharField):
    """Energy in kWh with at most three decimals."""

    def clean(self, value: object) -> int:
        """Give it in Wh."""
        text = super().clean(value).translate(FULL_WIDTH_DIGITS).strip()
        try:
            if set(text) - set("0123456789."):
                raise NotAnAmount(text)
            energy_wh = int(wh_from_kwh(text))
        except NotAnAmount as error:
            raise forms.ValidationError(_("Write the energy in kWh, for example 12345.6.")) from error
        if energy_wh >= MOST:
            raise forms.ValidationError(_("This energy can't be: look at the bill again."))
        return energy_wh


class BillForm(forms.Form):
    """Period, place, number, day, energy and amount."""

    key = forms.RegexField(r"^[0-9a-f]{32}$", widget=forms.HiddenInput)
    month = forms.CharField(
        label=lazy("Accounting period"),
        max_length=7,
        widget=forms.TextInput(attrs={"placeholder": "2026-11", "inputmode": "numeric"}),
    )
    building = forms.ModelChoiceField(
        Building.objects.order_by("code"),
        label=lazy("Building"),
        required=False,
        empty_label=lazy("the whole campus"),
    )
    number = forms.CharField(label=lazy("Number of the bill"), max_length=40)
    day = forms.DateField(
        label=lazy("Date of the bill"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    energy = EnergyField(label=lazy("Energy, kWh"), max_length=16)
    amount = AmountField(label=lazy("Amount, yuan"), max_length=16)
    note = forms.CharField(label=lazy("Note"), max_length=REASON_LENGTH, required=False)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.error_messages["required"] = _("Fill this in.")
            if name not in ("key", "building", "day"):
                field.widget.attrs.setdefault("autocomplete", "off")

    @classmethod
    def of(cls, bill: BureauBill, key: str) -> "BillForm":
        """Give the form filled with a bill, to be corrected."""
        initial = {
            "key": key,
            "month": bill.period.partition(":")[2],
            "building": bill.building_id,
            "number": bill.number,
            "day": bill.day,
            "energy": _exact(bill.energy_wh),
            "amount": fen(bill.amount_fen),
        }
        return cls(initial=initial)

    def clean_month(self) -> Period:
        """Read the accounting period."""
        text = self.cleaned_data["month"].strip()
        try:
            return read_period(f"{PeriodKind.ACCOUNTING}:{text}", first_days)
        except NotAPeriod as error:
            raise forms.ValidationError(
                _("Write the month in which the period ends, for example 2026-11.")
            ) from error

    def clean_day(self) -> date:
        """Refuse days outside all books."""
        day: date = self.cleaned_data["day"]
        if not EARLIEST <= day <= LATEST:
            raise forms.ValidationError(_("Write the day as 2026-11-30."))
        return day

    def clean_amount(self) -> int:
        """Refuse what no bill comes to."""
        amount_fen: int = self.cleaned_data["amount"]
        if amount_fen >= MOST:
            raise forms.ValidationError(_("This amount can't be: look at the bill again."))
        return amount_fen

    @property
    def entry(self) -> Entry:
        """The bill that was typed."""
        typed = self.cleaned_data
        return Entry(
            typed["month"],
            typed["building"],
            typed["number"],
            typed["day"],
            typed["energy"],
            Fen(typed["amount"]),
            typed["note"],
        )


def _exact(energy_wh: int) -> str:
    return f"{energy_wh // 1000}.{energy_wh % 1000:03d}" if energy_wh % 10 else kwh_text(WattHours(energy_wh))
