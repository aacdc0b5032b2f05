"""The two forms of a sale: what is typed on the room's page, and what the read-back sends on to be paid.

The first is read by the list in force. The second names its items by their codes alone, so that a payment which was taken is found
again even when the list has changed since.
"""

import re
from collections.abc import Mapping
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.models import CustomerClass
from central.campus.queries import price_at
from central.desk.bills import Bill, bill_for
from central.desk.charges import MOST_LINES, Wanted, offered_at
from central.desk.forms import AmountField, refusal_words
from central.desk.limits import limits_at
from central.desk.models import Payment
from central.desk.money_in import CASH, LONGEST_REFERENCE, HowPaid
from central.desk.refusals import DeskRefusal, Refused
from central.desk.sales import Basket
from central.domain.selling import fen_for_energy
from central.domain.typed_sale import Chosen, Doubtful, ItemDoubt, energy_typed, read_items
from gateway.contract.quantities import MicroYuanPerKwh, WattHours

LONGEST_ITEMS = 400
TYPED = ("amount", "items", "tendered", "method", "reference")
"""What the room's page is filled with again, whatever became of it."""
DOUBTS = {
    ItemDoubt.UNKNOWN: gettext_lazy(
        "“%(text)s” is on no line of the list in force. Type a code, or a part of a name."
    ),
    ItemDoubt.SEVERAL: gettext_lazy("“%(text)s” fits several: %(fits)s. Type the code."),
    ItemDoubt.QUANTITY: gettext_lazy(
        "“%(text)s”: pieces are whole, metres and hours have at most three decimals."
    ),
}


def _method() -> forms.ChoiceField:
    return forms.ChoiceField(choices=Payment.Method.choices, required=False)


def _reference() -> forms.CharField:
    return forms.CharField(required=False, max_length=LONGEST_REFERENCE)


class WishField(AmountField):
    """Money in fen; or energy, with its unit behind it, which is `WattHours` in a tuple of one."""

    def clean(self, value: object) -> int | tuple[WattHours] | None:
        energy = energy_typed(str(value or "")[: self.max_length])
        return super().clean(value) if energy is None else (energy,)


class WishForm(forms.Form):
    """What is wanted and how it is paid, as typed; cleaned to a basket, its bill, and the way it is paid."""

    amount = WishField(max_length=20, required=False)
    items = forms.CharField(required=False, max_length=LONGEST_ITEMS)
    tendered = AmountField(max_length=12, required=False)
    method = _method()
    reference = _reference()
    payment = forms.UUIDField()

    def __init__(
        self, data: Mapping[str, object], customer_class: CustomerClass, now_ms: int, *, sells_energy: bool
    ) -> None:
        super().__init__(data)
        self._class, self._now_ms, self._sells_energy = customer_class, now_ms, sells_energy

    def clean_amount(self) -> int:
        """Give fen, held to the class's limits; 0 when no electricity is wanted."""
        typed = self.cleaned_data["amount"]
        if typed is None:
            return 0
        if not self._sells_energy:
            raise forms.ValidationError(refusal_words(DeskRefusal.NOT_PREPAID, None))
        amount_fen = self._fen_for(*typed) if isinstance(typed, tuple) else typed
        if broken := limits_at(self._class, self._now_ms).broken_by(amount_fen):
            refusal, limit_fen = broken
            raise forms.ValidationError(refusal_words(refusal.value, limit_fen))
        return amount_fen

    def _fen_for(self, energy: WattHours) -> int:
        price = price_at(self._class.tariff_id, self._now_ms)
        if price is None:
            raise forms.ValidationError(refusal_words(DeskRefusal.NO_PRICE, None))
        return fen_for_energy(energy, MicroYuanPerKwh(price.micro_yuan_per_kwh))

    def clean_items(self) -> tuple[Wanted, ...]:
        """Find the items on the list in force."""
        read = read_items(self.cleaned_data["items"], offered_at(self._now_ms))
        doubts = [one for one in read if isinstance(one, Doubtful)]
        if doubts:
            raise forms.ValidationError([doubt_words(one) for one in doubts])
        return tuple(Wanted(one.item.code, one.quantity_milli) for one in read if isinstance(one, Chosen))

    def clean(self) -> dict[str, object]:
        """Price the whole, and hold what was given to its sum."""
        typed = super().clean() or {}
        if "amount" not in typed or "items" not in typed:
            return typed
        basket = Basket(typed["amount"], typed["items"])
        if not basket.energy_fen and not basket.items:
            self.add_error(
                "amount" if self._sells_energy else "items", _("Type the amount that you received.")
            )
            return typed
        bill = bill_for(self._class, basket, self._now_ms)
        if isinstance(bill, Refused):
            self.add_error(None, refusal_words(bill.why.value, bill.limit_fen))
            return typed
        typed |= {"basket": basket, "bill": bill, "how": how_paid(typed)}
        self._check_money(bill, typed["how"])
        return typed

    def _check_money(self, bill: Bill, how: HowPaid) -> None:
        if how.method != Payment.Method.CASH and not how.reference:
            self.add_error("reference", refusal_words(DeskRefusal.NO_REFERENCE, None))
        elif how.tendered_fen is not None and how.tendered_fen < bill.sum_fen:
            self.add_error("tendered", refusal_words(DeskRefusal.TENDERED_TOO_LITTLE, bill.sum_fen))


_LINE = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]{0,31}):([0-9]{1,7})")


class LinesField(forms.Field):
    """Items as the read-back sends them on: `code:thousandths`, one value for each."""

    widget = forms.MultipleHiddenInput

    def clean(self, value: object) -> tuple[Wanted, ...]:
        sent = value if isinstance(value, list) else []
        read = [match for one in sent if (match := _LINE.fullmatch(str(one)))]
        if len(read) < len(sent) or len(sent) > MOST_LINES:
            raise forms.ValidationError(refusal_words(DeskRefusal.UNKNOWN_ITEM, None))
        return tuple(Wanted(match[1], int(match[2])) for match in read)


class PayForm(forms.Form):
    """A sale that was read back. `amount` is the electricity's money; `again` the cashier's yes to sums that repeat.

    `price` (micro-yuan per kWh) and `prices` (fen, of the items) are those that were read back.
    """

    payment = forms.UUIDField()
    amount = AmountField(max_length=12, required=False)
    line = LinesField(required=False)
    tendered = AmountField(max_length=12, required=False)
    method = _method()
    reference = _reference()
    again = forms.BooleanField(required=False)
    price = forms.IntegerField(required=False)
    prices = forms.CharField(required=False, max_length=LONGEST_ITEMS)
    asked = forms.CharField(required=False, max_length=20)

    @property
    def basket(self) -> Basket:
        """What is paid for."""
        return Basket(self.cleaned_data["amount"] or 0, self.cleaned_data["line"])

    @property
    def how(self) -> HowPaid:
        """How it is paid."""
        return how_paid(self.cleaned_data)

    def differs_from(self, bill: Bill) -> bool:
        """Say whether the prices in force are others than those that were read back."""
        said, prices = self.cleaned_data["price"], self.cleaned_data["prices"]
        energy_changed = said is not None and bill.energy_fen > 0 and said != bill.micro_yuan_per_kwh
        return energy_changed or (prices != "" and prices != bill.item_prices)

    def asked_anew(self, price: int | None) -> Basket:
        """Give the basket at a new price: who asked for energy still wants so much of it, for other money."""
        energy = energy_typed(self.cleaned_data["asked"])
        if energy is None or not price:
            return self.basket
        return Basket(fen_for_energy(energy, MicroYuanPerKwh(price)), self.basket.items)


def how_paid(typed: Mapping[str, Any]) -> HowPaid:
    """Give the way it is paid. Cash has no number; only of cash there is change."""
    method = Payment.Method(str(typed.get("method") or CASH.method))
    if method == Payment.Method.CASH:
        return HowPaid(method, "", typed.get("tendered"))
    return HowPaid(method, str(typed.get("reference") or "").strip())


def change_of(how: HowPaid, bill: Bill) -> int | None:
    """Give the change in fen, below zero when too little was given; None where nobody said what was given."""
    return None if how.tendered_fen is None else how.tendered_fen - bill.sum_fen


def doubt_words(one: Doubtful) -> str:
    """Say what is doubtful about a part of the line, with the items that it fits."""
    fits = "、".join(f"{item.code} {item.name}" for item in one.fits)
    return str(DOUBTS[one.doubt]) % {"text": one.text, "fits": fits}


def typed_again(sent: QueryDict) -> dict[str, str]:
    """Give what was typed, to fill the room's page again; `asked` and `wanted` are what the read-back keeps of it."""
    kept = {name: sent.get(name, "") for name in TYPED}
    return kept | {
        "amount": sent.get("asked") or kept["amount"],
        "items": sent.get("wanted") or kept["items"],
    }
