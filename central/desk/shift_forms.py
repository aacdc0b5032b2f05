"""Forms of the desk's day: a count by denomination, opening, handing over, ending."""

from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.desk.forms import AmountField
from central.desk.shift_words import denomination_words, drawer_word
from central.desk.shifts import Counted
from central.domain.cash_count import DENOMINATIONS_FEN, PIECES_AT_MOST
from central.office.models import User


def _pieces_field(fen: int) -> forms.IntegerField:
    attrs = {"inputmode": "numeric", "autocomplete": "off", "data-piece": fen, "maxlength": 7}
    return forms.IntegerField(
        label=denomination_words(fen),
        required=False,
        min_value=0,
        max_value=PIECES_AT_MOST,
        widget=forms.TextInput(attrs=attrs),
        error_messages={
            "invalid": gettext_lazy("Type how many, with digits."),
            "min_value": gettext_lazy("Not below zero."),
        },
    )


class CountForm(forms.Form):
    """How many of each note and coin. A drawer that was not counted is refused; an empty one is counted by a 0."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for fen in DENOMINATIONS_FEN:
            self.fields[f"n{fen}"] = _pieces_field(fen)

    def pieces(self) -> list[tuple[int, forms.BoundField]]:
        """Give the fields with their denominations, for the page."""
        return [(fen, self[f"n{fen}"]) for fen in DENOMINATIONS_FEN]

    def clean(self) -> dict[str, Any]:
        """Refuse what was not counted at all."""
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and not self.is_counted():
            raise forms.ValidationError(
                _("Count the cash: type how many there are of each. An empty drawer is a 0.")
            )
        return cleaned

    def is_counted(self) -> bool:
        """Say whether any number was typed."""
        return any(self.cleaned_data.get(f"n{fen}") is not None for fen in DENOMINATIONS_FEN)

    def counted(self) -> Counted:
        """Give what was counted."""
        pieces = {fen: self.cleaned_data.get(f"n{fen}") or 0 for fen in DENOMINATIONS_FEN}
        return Counted(sum(fen * number for fen, number in pieces.items()), pieces)


class OpeningForm(CountForm):
    """The drawer, and its float: counted, or only its total."""

    drawer = forms.ChoiceField(label=gettext_lazy("Drawer"))
    total = AmountField(label=gettext_lazy("Or only the total (yuan)"), max_length=12, required=False)
    reason = forms.CharField(
        label=gettext_lazy("Reason, if the float is not what was left"), max_length=200, required=False
    )

    def __init__(self, *args: Any, drawers: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["drawer"].choices = [(name, drawer_word(name)) for name in drawers]
        self.fields["total"].widget.attrs |= {"inputmode": "decimal", "autocomplete": "off"}

    def clean_total(self) -> int | None:
        """Give the typed total in fen; None when there is none."""
        return self.cleaned_data["total"]

    def is_counted(self) -> bool:
        """A typed total is enough."""
        return super().is_counted() or self.cleaned_data.get("total") is not None

    def counted(self) -> Counted:
        """Give the count; a total that was typed beside it must agree, which the operation checks."""
        total = self.cleaned_data.get("total")
        if not super().is_counted():
            return Counted(total or 0)
        count = super().counted()
        return count if total is None else Counted(total, count.pieces)


class EndForm(CountForm):
    """The count at the end, what stays as float, and the reason of a difference."""

    left = AmountField(label=gettext_lazy("Stays in the drawer as float (yuan)"), max_length=12)
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)


class HandOverForm(CountForm):
    """The count that both confirm: the next one by his password, on the same page."""

    following = forms.ModelChoiceField(
        User.objects.none(),
        label=gettext_lazy("Who takes over"),
        required=False,
    )
    password = forms.CharField(
        label=gettext_lazy("Password of who takes over"),
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)

    def __init__(self, *args: Any, people: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["following"].queryset = people
        self.fields["following"].label_from_instance = lambda person: person.spoken_name
