"""Forms of cases: what is asked for, how finance paid, who moves in, which rooms graduate. Read exactly; nothing typed is lost."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.models import Account, Building
from central.desk.departures.asking import Wanted
from central.desk.departures.models import Departure, PayBy
from central.desk.forms import FULL_WIDTH_DIGITS, names_in
from gateway.contract.quantities import (
    NotAnAmount,
    Unit,
    fen_from_yuan,
    micro_yuan_from_fen,
)

MOST_PEOPLE = 20
RADIO = forms.RadioSelect


class CaseForm(forms.Form):
    """A refund of a sum, a departure, or a room change; the amount is in the account's own unit."""

    kind = forms.ChoiceField(
        label=gettext_lazy("What"),
        choices=[
            (Departure.Kind.DEPARTURE, gettext_lazy("Departure: the account is closed")),
            (Departure.Kind.REFUND, gettext_lazy("Refund of a sum: the account stays open")),
            (Departure.Kind.ROOM_CHANGE, gettext_lazy("Room change: what is left goes to the new room")),
        ],
        widget=RADIO,
        initial=Departure.Kind.DEPARTURE,
    )
    amount = forms.CharField(label=gettext_lazy("Sum, for a refund"), max_length=14, required=False)
    pay_by = forms.ChoiceField(
        label=gettext_lazy("How it is paid"),
        choices=[(PayBy.CASH, PayBy.CASH.label), (PayBy.BANK, PayBy.BANK.label)],
        widget=RADIO,
        initial=PayBy.CASH,
    )
    bank_account = forms.CharField(
        label=gettext_lazy("Bank account and its holder, when finance pays"), max_length=120, required=False
    )
    new_room = forms.CharField(
        label=gettext_lazy("New room, for a room change"), max_length=56, required=False
    )
    asked_for = forms.CharField(
        label=gettext_lazy("Who asks for it"),
        max_length=80,
        error_messages={"required": gettext_lazy("Write who asks for it: the money is theirs.")},
    )
    parts_returned = forms.BooleanField(
        label=gettext_lazy("The customer's parts of the receipts were returned"), required=False
    )
    parts = forms.CharField(label=gettext_lazy("Numbers of these receipts"), max_length=200, required=False)
    why = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        error_messages={"required": gettext_lazy("Give the reason: those who sign read it.")},
    )
    case = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, account: Account, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.account = account

    def clean_amount(self) -> int:
        """Read a refund's sum in the account's unit: micro-yuan or watt-hours; 0 for the others."""
        text = self.cleaned_data["amount"].translate(FULL_WIDTH_DIGITS).strip()
        if self.data.get("kind") != Departure.Kind.REFUND:
            return 0
        try:
            hundredths = fen_from_yuan(text if set(text) <= set("0123456789.") else "")
        except NotAnAmount as error:
            raise forms.ValidationError(
                _("Type the sum with digits and at most two decimals, for example 50 or 50.50.")
            ) from error
        is_kwh = self.account.point.customer_class.unit == Unit.KWH
        return hundredths * 10 if is_kwh else int(micro_yuan_from_fen(hundredths))

    def wanted(self) -> Wanted:
        """Give what was typed as it is asked for."""
        typed = self.cleaned_data
        moves = typed["kind"] == Departure.Kind.ROOM_CHANGE
        return Wanted(
            account=self.account.code,
            kind=typed["kind"],
            why=typed["why"],
            pay_by=PayBy.CREDIT if moves else typed["pay_by"],
            asked=typed["amount"],
            to_account=_account_of(typed["new_room"].strip()) if moves else "",
            asked_for=typed["asked_for"],
            bank_account=typed["bank_account"],
            parts_returned=typed["parts_returned"],
            parts=typed["parts"],
        )


def _account_of(room: str) -> str:
    """Give the live account of a room as it is said (`1-301`); what is none comes back, and is refused by name."""
    live = Account.objects.filter(point__code=room).exclude(state=Account.State.CLOSED)
    return live.values_list("code", flat=True).first() or room


class BankForm(forms.Form):
    """How finance paid."""

    bank_reference = forms.CharField(label=gettext_lazy("Bank reference"), max_length=80)
    k3_voucher = forms.CharField(label=gettext_lazy("K3 voucher"), max_length=80)


class OccupantsForm(forms.Form):
    """The next occupants: a number and a name on each line."""

    people = forms.CharField(
        label=gettext_lazy("Next occupants: number and name, one person a line"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Write at least one occupant.")},
    )

    def clean_people(self) -> list[tuple[str, str]]:
        """Give numbers and names; each line needs both, and a number stands once."""
        found = []
        for line in filter(str.strip, self.cleaned_data["people"].splitlines()):
            number, _space, name = line.strip().replace("\t", " ").replace(",", " ").partition(" ")
            if not name.strip() or len(number) > 32 or len(name.strip()) > 80:
                raise forms.ValidationError(
                    _("“%(line)s” is not a number and a name. Write them like this: 2026001 Wang")
                    % {"line": line[:60]}
                )
            found.append((number, name.strip()))
        if len(found) > MOST_PEOPLE or len(dict(found)) != len(found):
            raise forms.ValidationError(_("At most 20 persons, each number once."))
        return found


class RunForm(forms.Form):
    """The rooms of a graduation: a building, or a list."""

    building = forms.ModelChoiceField(
        Building.objects.order_by("code"),
        label=gettext_lazy("Building"),
        required=False,
        to_field_name="code",
        empty_label="–",
    )
    rooms = forms.CharField(
        label=gettext_lazy("Or rooms, such as 1-301, 1-302"),
        max_length=8000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def clean(self) -> dict[str, Any]:
        """Hold to one of both."""
        typed = super().clean() or self.cleaned_data
        if not typed.get("building") and not self.room_list():
            raise forms.ValidationError(_("Choose a building, or name rooms."))
        return typed

    def room_list(self) -> list[str]:
        """Give the rooms that were named, each once; none when a building was chosen."""
        if self.cleaned_data.get("building"):
            return []
        return list(dict.fromkeys(names_in(self.cleaned_data.get("rooms") or "")))

    def building_code(self) -> str:
        """Give the chosen building's code, or nothing."""
        building = self.cleaned_data.get("building")
        return building.code if building else ""


class RunAskForm(forms.Form):
    """Why, and how what is left will be paid."""

    pay_by = forms.ChoiceField(
        label=gettext_lazy("What is left is paid"),
        choices=[(PayBy.BANK, PayBy.BANK.label), (PayBy.CASH, PayBy.CASH.label)],
        widget=RADIO,
        initial=PayBy.BANK,
    )
    why = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=200,
        error_messages={"required": gettext_lazy("Give the reason: those who sign read it.")},
    )
    run = forms.UUIDField(widget=forms.HiddenInput)
