"""Forms of the agreement's pages: a list of another party's, a sum that was read from its books, a reason."""

from collections.abc import Iterable

from django import forms
from django.utils.translation import gettext_lazy as lazy

from central.desk.forms import ListFileField
from central.domain.agreement_rows import Grain
from central.domain.four_way import Party
from central.domain.imported_rows import BadCell, Reads, RowFault, plain, read_figure
from central.reports.agreement.models import REASON_LENGTH
from central.reports.agreement.words import GRAIN_WORDS, LIST_PARTIES, ROW_FAULTS


class _Form(forms.Form):
    """Every field that is left empty says so in the same words."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.error_messages["required"] = lazy("Fill this in.")


class _PartyForm(_Form):
    """Whose it is, of the parties that the reader may speak for."""

    party = forms.ChoiceField(label=lazy("Whose it is"))

    def __init__(self, *args: object, parties: Iterable[Party], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["party"].choices = [(party.value, LIST_PARTIES[party]) for party in parties]


class ListForm(_PartyForm):
    """A list, whose it is and how fine."""

    grain = forms.ChoiceField(
        label=lazy("What a row stands for"), choices=[(grain.value, GRAIN_WORDS[grain]) for grain in Grain]
    )
    file = ListFileField(
        label=lazy("The list (XLS, XLSX or CSV)"),
        widget=forms.FileInput(attrs={"accept": ".xls,.xlsx,.csv,.txt"}),
        error_messages={"empty": lazy("The file is empty. Save the list again and choose it once more.")},
    )


class SumForm(_PartyForm):
    """A building's sum as it stands in another party's books."""

    amount = forms.CharField(
        label=lazy("Sum (yuan, or kWh)"),
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "decimal"}),
    )
    words = forms.CharField(label=lazy("Where it is written"), max_length=REASON_LENGTH)

    def clean(self) -> dict[str, object]:
        """Read the sum exactly, in the unit of whose it is: fen or Wh."""
        typed = super().clean() or {}
        if "amount" in typed and "party" in typed:
            is_money = Party(str(typed["party"])) is Party.K3
            try:
                typed["amount"] = read_figure(
                    plain(str(typed["amount"])), Reads.FEN if is_money else Reads.WATT_HOURS
                )
            except BadCell as bad:
                fault: RowFault = bad.args[0]
                self.add_error("amount", ROW_FAULTS[fault])
        return typed


class ReasonForm(_Form):
    """Why something is taken back."""

    why = forms.CharField(label=lazy("Reason"), max_length=REASON_LENGTH)
