"""Forms of debts: what is paid, how it is split, what is written off and why."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.desk.forms import AmountField
from central.desk.models import Payment


class DebtPayForm(forms.Form):
    """A sum in fen, for a room's debt or a share of it, with how it is paid."""

    amount = AmountField(label=gettext_lazy("Amount received"), max_length=12)
    method = forms.ChoiceField(
        label=gettext_lazy("Method of payment"), choices=Payment.Method.choices, initial=Payment.Method.CASH
    )
    reference = forms.CharField(
        label=gettext_lazy("Terminal's or bank's number, unless cash"), max_length=80, required=False
    )
    page = forms.CharField(
        label=gettext_lazy("Page of the receipt book, where that is the original"),
        max_length=20,
        required=False,
    )
    payment = forms.UUIDField(widget=forms.HiddenInput)
    share = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**62)
    penalty = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**62)


class SplitForm(forms.Form):
    """Persons and their shares: a name and a sum on each line."""

    shares = forms.CharField(
        label=gettext_lazy("Persons and shares in yuan, one a line"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": gettext_lazy("Name at least one person.")},
    )
    why = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    split = forms.UUIDField(widget=forms.HiddenInput)

    def clean_shares(self) -> list[tuple[str, int]]:
        """Give names and fen."""
        amount, found = AmountField(), []
        for line in filter(str.strip, self.cleaned_data["shares"].splitlines()):
            name, _space, yuan = line.strip().replace("\t", " ").rpartition(" ")
            try:
                fen = amount.clean(yuan)
            except forms.ValidationError:
                fen = None
            if not name.strip() or len(name.strip()) > 80 or fen is None:
                raise forms.ValidationError(
                    _("“%(line)s” is not a name and a sum. Write them like this: Wang 12.50")
                    % {"line": line[:60]}
                )
            found.append((name.strip(), fen))
        return found


class WriteOffForm(forms.Form):
    """How much is written off, and why."""

    amount = AmountField(label=gettext_lazy("Sum to be written off (yuan)"), max_length=14)
    why = forms.CharField(label=gettext_lazy("Reason"), max_length=300)
    share = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**62)
    penalty = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=1, max_value=2**62)
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, auto_id="id_off_%s", **kwargs)
