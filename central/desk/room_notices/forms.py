"""Forms of a room's notices: the address with its consent, and the code. The desk and the residents fill in the same ones."""

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from central.office.templatetags.cardroom import unit_word
from gateway.contract.quantities import NotAnAmount, Unit, fen_from_yuan, micro_yuan_from_fen, wh_from_kwh

MOST_FEN, MOST_WH = 100_000, 1_000_000
FILL_IN = _("Fill this in.")


class WishForm(forms.Form):
    """Where to, from which balance on, in which language; that the residents agree."""

    address = forms.EmailField(
        label=_("Mail address"),
        max_length=254,
        error_messages={
            "required": FILL_IN,
            "invalid": _("Write a mail address such as name@college.edu.cn."),
        },
    )
    limit = forms.CharField(max_length=12, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    consent = forms.BooleanField(
        label=_("The residents agree that this address is told the room's balance"),
        error_messages={"required": _("Without their consent nothing is sent.")},
    )

    def __init__(self, *args: object, unit: str, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.unit = unit
        self.fields["limit"].label = gettext("Told below, %(unit)s (empty: as for all rooms)") % {
            "unit": unit_word(unit)
        }
        self.fields["limit"].widget.attrs.update(inputmode="decimal", autocomplete="off")
        self.fields["address"].widget.attrs.update(autocomplete="email", spellcheck="false")

    def clean_limit(self) -> int | None:
        """Read the amount in the room's own unit; nothing typed is the setting's."""
        typed = self.cleaned_data["limit"].strip()
        if not typed:
            return None
        try:
            amount = int(wh_from_kwh(typed) if self.unit == Unit.KWH else fen_from_yuan(typed))
        except NotAnAmount as error:
            raise forms.ValidationError(_("Write an amount such as 15 or 7.50.")) from error
        if not 0 < amount <= (MOST_WH if self.unit == Unit.KWH else MOST_FEN):
            raise forms.ValidationError(_("Write an amount above 0 and not above 1000."))
        return amount if self.unit == Unit.KWH else int(micro_yuan_from_fen(fen_from_yuan(typed)))

    def wish(self) -> tuple[str, int | None, str]:
        """Give where to, from which balance on, and in which language they want to be told."""
        typed = self.cleaned_data
        return typed["address"], typed["limit"], typed["language"]


class CodeForm(forms.Form):
    """The code that was sent to the address."""

    code = forms.CharField(
        label=_("Code from the mail (6 digits)"), max_length=16, error_messages={"required": FILL_IN}
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].widget.attrs.update(inputmode="numeric", autocomplete="one-time-code")
