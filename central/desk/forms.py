"""An amount of money as a cashier types it, and the words of what the desk refuses."""

import re
import uuid

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.desk.book_words import PAGE_REFUSALS
from central.office.forms import LARGEST_LIST_BYTES
from central.office.templatetags.cardroom import fen
from central.office.words import Words
from gateway.contract.quantities import NotAnAmount, fen_from_yuan

_BETWEEN = re.compile(r"[\s,;、，；]+")
REFUSALS: dict[str, Words] = {
    "bad-payment-id": gettext_lazy(
        "This page's payment number is damaged. Open the room again and start anew."
    ),
    "unknown-account": gettext_lazy("Nobody occupies this room: there is no account to credit."),
    "account-not-open": gettext_lazy(
        "This account is being closed or is closed. Credit can't be sold to it any more."
    ),
    "not-prepaid": gettext_lazy(
        "This room is not prepaid: it has a card or a monthly bill. Nothing is sold for it here."
    ),
    "unknown-bucket": gettext_lazy("This class keeps no paid credit. Ask an administrator to set it up."),
    "no-price": gettext_lazy(
        "There is no price in force for this class. Ask an administrator to enter one; then try again."
    ),
    "not-positive": gettext_lazy("The amount must be above zero."),
    "below-minimum": gettext_lazy("The least for this class is %(yuan)s yuan. Ask the customer for more."),
    "above-ceiling": gettext_lazy(
        "The most for one payment of this class is %(yuan)s yuan. Check for a typing mistake, or take two payments."
    ),
    "buys-nothing": gettext_lazy("This amount buys less than one watt-hour. Ask the customer for more."),
    "tendered-too-little": gettext_lazy(
        "The cash given is less than the sum of %(yuan)s yuan. Ask for the rest."
    ),
    "no-reference": gettext_lazy(
        "Type the number that the card terminal or the bank gave this payment: finance ties it to their statement."
    ),
    "reference-used": gettext_lazy(
        "This terminal's or bank's number has paid for another receipt already. Look at its slip again: nothing was taken."
    ),
    "unknown-item": gettext_lazy(
        "The list in force doesn't offer this item. Open the room again: prices were published meanwhile."
    ),
    "bad-quantity": gettext_lazy(
        "This quantity can't be: pieces are whole, metres and hours have at most three decimals."
    ),
    "nothing-wanted": gettext_lazy("Choose what is paid for: electricity, or an item of the list."),
    "no-shift": gettext_lazy(
        "You have no shift open. Open one, count the float, and take the payment again: nothing was taken."
    ),
    "exists-with-different": gettext_lazy(
        "This page has already taken a payment of another amount. Open the room again: its last payments show what was taken."
    ),
    **PAGE_REFUSALS,
}
FULL_WIDTH_DIGITS = str.maketrans("０１２３４５６７８９．。，", "0123456789..,")


class AmountField(forms.CharField):
    """Yuan with at most two decimals, as a cashier types them: full-width digits are understood, exponents are not."""

    def clean(self, value: object) -> int | None:
        said = super().clean(value)
        if not said and not self.required:
            return None
        text = str(said).translate(FULL_WIDTH_DIGITS).strip().removeprefix("¥").removeprefix("￥").strip()
        if not text or set(text) - set("0123456789."):
            raise forms.ValidationError(_("Type the amount in yuan with digits, for example 50 or 50.50."))
        try:
            return fen_from_yuan(text)
        except NotAnAmount as error:
            raise forms.ValidationError(_("An amount has at most two decimals: 50 or 50.50.")) from error


class ListFileField(forms.FileField):
    """Another system's list, no larger than any list is; the preview names what is wrong inside."""

    widget = forms.FileInput(attrs={"accept": ".csv,.xlsx,.txt"})

    def validate(self, value: UploadedFile | None) -> None:
        super().validate(value)
        if value is not None and value.size and value.size > LARGEST_LIST_BYTES:
            raise forms.ValidationError(_("The file is larger than 20 MB. Check that it is the right one."))


def refusal_words(why: str, limit_fen: int | None) -> str:
    """Say why nothing was sold, with the limit that was met and what to do."""
    words = REFUSALS.get(why, why)
    return str(words) % {"yuan": fen(limit_fen)} if limit_fen is not None else str(words)


def names_in(text: str) -> list[str]:
    """Give the names that are typed in a row, whatever stands between them."""
    return [name for name in _BETWEEN.split(text) if name]


def new_key() -> str:
    """Make the name under which a page asks, enters or corrects once, however often it is sent."""
    return uuid.uuid4().hex


def new_payment_id() -> str:
    """Make the id of the payment that the page about to be shown may take: once, however often it is sent."""
    return str(uuid.uuid4())
