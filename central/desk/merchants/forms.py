"""Forms of merchants' pages: a card, another system's list, a pay-over, a month's bills, a bill's payment and its credit note."""

from datetime import date

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from central.desk.forms import AmountField, ListFileField
from central.desk.merchants.models import PaymentCardEnd
from central.desk.merchants.words import KINDS
from central.desk.models import Payment
from central.office.list_columns import is_a_year_at_most

WHY_LENGTH = 300
BY_HAND = {"autocomplete": "off", "spellcheck": "false"}
DAY = {"type": "date"}


class _Form(forms.Form):
    """Every field that is left empty says so in the same words."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["required"] = _("Fill this in.")


class CardForm(_Form):
    """A card as the reader types it, and which one it replaces."""

    number = forms.CharField(label=lazy("Card number"), max_length=60, widget=forms.TextInput(attrs=BY_HAND))
    replaces = forms.TypedChoiceField(label=lazy("In place of"), required=False, coerce=int, empty_value=None)
    note = forms.CharField(label=lazy("Note"), max_length=120, required=False)

    def __init__(self, *args: object, cards: list[tuple[int, str]], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["replaces"].choices = [("", "–"), *cards]


class CardEndForm(_Form):
    """What became of a card; replaced ones end with the new card."""

    why = forms.ChoiceField(
        label=lazy("What became of it"),
        choices=[(why.value, why.label) for why in PaymentCardEnd.Why if why != PaymentCardEnd.Why.REPLACED],
    )


class ListForm(_Form):
    """Another system's list, and the days that it is said to be of."""

    kind = forms.ChoiceField(label=lazy("Whose list"), choices=list(KINDS.items()))
    file = ListFileField(
        label=lazy("The list (XLSX or CSV)"),
        error_messages={"empty": lazy("The file is empty. Save the list again and choose it once more.")},
    )
    first = forms.DateField(label=lazy("First day"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))
    last = forms.DateField(label=lazy("Last day"), widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d"))

    def clean(self) -> dict[str, object]:
        """Hold the days to their order and to a year."""
        typed = super().clean() or {}
        first, last = typed.get("first"), typed.get("last")
        if isinstance(first, date) and isinstance(last, date) and not is_a_year_at_most(first, last):
            self.add_error("last", _("The last day comes after the first, at most a year later."))
        return typed


class PayOverForm(_Form):
    """What came to the bank, its number there, and what the card system kept."""

    reference = forms.CharField(
        label=lazy("Bank's number"), max_length=80, widget=forms.TextInput(attrs=BY_HAND)
    )
    amount = AmountField(label=lazy("Sum that came, yuan"), max_length=14)
    fee = AmountField(label=lazy("Fee kept by the card system, yuan"), max_length=14, required=False)


class ReasonForm(_Form):
    """A reason, and the page's key: who sends it twice asks once."""

    why = forms.CharField(label=lazy("Reason"), max_length=WHY_LENGTH)
    key = forms.RegexField(r"[0-9a-f]{32}", widget=forms.HiddenInput)


class CreditForm(ReasonForm):
    """How much of a bill is taken back."""

    amount = AmountField(label=lazy("Taken back, yuan"), max_length=14)
    field_order = ("amount", "why", "key")

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **{"auto_id": "credit_%s"} | kwargs)


class BillPaymentForm(_Form):
    """How a bill is paid. `payment` is the page's own id: it pays once."""

    amount = AmountField(label=lazy("Amount received, yuan"), max_length=14)
    method = forms.ChoiceField(label=lazy("Paid by"), choices=Payment.Method.choices)
    reference = forms.CharField(
        label=lazy("Terminal's or bank's number (not for cash)"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs=BY_HAND),
    )
    tendered = AmountField(label=lazy("Cash given, yuan (for the change)"), max_length=14, required=False)
    page = forms.CharField(required=False, max_length=20)
    payment = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **{"auto_id": "pay_%s"} | kwargs)
