"""What a cashier types to correct a receipt, and what is typed to ask for an adjustment."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.campus.models import Account
from central.desk.charges import Wanted, offered_at, price_lines
from central.desk.corrections.models import Correction
from central.desk.corrections.operations import Right
from central.desk.forms import FULL_WIDTH_DIGITS, AmountField, refusal_words
from central.desk.go_live.signers_view import bucket_words
from central.desk.limits import limits_at
from central.desk.models import Receipt
from central.desk.money_in import LONGEST_REFERENCE
from central.desk.refusals import Refused
from gateway.contract.quantities import MICRO_YUAN_PER_FEN, Unit

Kind = Correction.Kind
WHY_LENGTH, REASON_LENGTH = 300, 200
QUANTITY = "quantity-"
QUANTITY_DIGITS = 12


class CorrectForm(forms.Form):
    """What was wrong, what is right, and why. `right` is what the operation is asked for, `sum_fen` what it costs."""

    correction = forms.UUIDField(widget=forms.HiddenInput)
    kind = forms.ChoiceField(choices=Kind.choices, widget=forms.HiddenInput)
    room = forms.IntegerField(required=False, min_value=1, max_value=10**9)
    amount = AmountField(required=False, max_length=12)
    reason = forms.CharField(
        label=gettext_lazy("Reason, as the new receipt prints it"),
        max_length=REASON_LENGTH,
        error_messages={
            "required": gettext_lazy("Write the reason: the new receipt prints it (procedure 4.1.5)."),
            "max_length": gettext_lazy("At most 200 characters."),
        },
    )
    reference = forms.CharField(required=False, max_length=LONGEST_REFERENCE)
    page = forms.CharField(required=False, max_length=20)

    def __init__(self, data: object, *, receipt: Receipt, now_ms: int) -> None:
        super().__init__(data)
        self._receipt, self._now_ms = receipt, now_ms
        self.right: Right | None = None
        self.sum_fen = 0

    def clean(self) -> None:
        """Find the right account, and hold the sum to what may be sold."""
        given = self.cleaned_data
        if given.get("kind") == Kind.NONE or "kind" not in given:
            return
        account = self._account(given.get("room"))
        if account is None:
            self.add_error("room", _("Choose the right room: one that somebody occupies."))
        elif self._receipt.payment.lines.exists():
            self._clean_items(account)
        else:
            self._clean_amount(account, given.get("amount"))

    def _account(self, room_id: int | None) -> Account | None:
        """Give the account of the room that was chosen, or of the receipt's own."""
        own = self._receipt.payment.account
        if not room_id or room_id == own.point.room_id:
            return own
        live = Account.objects.exclude(state=Account.State.CLOSED).filter(point__room=room_id)
        found: Account | None = live.select_related("point__customer_class").first()
        return found

    def _clean_amount(self, account: Account, amount_fen: int | None) -> None:
        if amount_fen is None:
            if "amount" not in self.errors:
                self.add_error("amount", _("Type the right amount."))
            return
        payer = account.pays_from or account
        if broken := limits_at(payer.point.customer_class, self._now_ms).broken_by(amount_fen):
            self.add_error("amount", refusal_words(broken[0].value, broken[1]))
        self.right, self.sum_fen = Right(account.code, amount_fen), amount_fen

    def _clean_items(self, account: Account) -> None:
        wanted, faults = self.items()
        lines = price_lines(wanted, self._now_ms) if not faults else []
        if faults:
            self.add_error(None, faults[0])
        elif isinstance(lines, Refused):
            self.add_error(None, refusal_words(lines.why.value, lines.limit_fen))
        else:
            self.sum_fen = sum(line.amount_fen for line in lines)
            self.right = Right(account.code, items=tuple(wanted))

    def items(self) -> tuple[list[Wanted], list[str]]:
        """Read the quantities beside the list's items; give what is wanted, and what can't be read."""
        wanted, faults = [], []
        for item in offered_at(self._now_ms):
            text = str(self.data.get(f"{QUANTITY}{item.code}", "")).strip()
            milli = milli_of(text) if text else 0
            if milli is None:
                faults.append(_("“%(text)s” is no quantity: write 1 or 2.5.") % {"text": text[:20]})
            elif milli:
                wanted.append(Wanted(item.code, milli))
        return wanted, faults


def milli_of(text: str) -> int | None:
    """Read a quantity of at most three decimals in thousandths; None when it is none."""
    whole, dot, part = text.translate(FULL_WIDTH_DIGITS).partition(".")
    is_read = whole.isascii() and whole.isdigit() and len(text) <= QUANTITY_DIGITS and len(part) <= 3
    if not is_read or (dot and not (part.isascii() and part.isdigit())):
        return None
    return int(whole) * 1000 + int(part.ljust(3, "0") or "0")


class AdjustForm(forms.Form):
    """An error of the college, found after its day: whose account, which way, how much, and why."""

    GIVE, TAKE = "give", "take"

    room = forms.CharField(
        label=gettext_lazy("Room"), max_length=64, error_messages={"required": gettext_lazy("Name the room.")}
    )
    bucket = forms.ChoiceField(label=gettext_lazy("Kind of credit"))
    way = forms.ChoiceField(
        label=gettext_lazy("What is done"),
        choices=[(GIVE, gettext_lazy("credit it")), (TAKE, gettext_lazy("take it back"))],
        error_messages={"required": gettext_lazy("Choose one.")},
    )
    amount = AmountField(
        label=gettext_lazy("Amount in the account's unit"),
        max_length=12,
        error_messages={"required": gettext_lazy("Type the amount.")},
    )
    why = forms.CharField(
        label=gettext_lazy("The college's error, for those who sign"),
        max_length=WHY_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={
            "required": gettext_lazy("Say what the error was: those who sign read it."),
            "max_length": gettext_lazy("At most 300 characters."),
        },
    )
    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: object, buckets: list[str], **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["bucket"].choices = [(name, bucket_words(name)) for name in buckets]
        self.fields["amount"].widget.attrs.update(inputmode="decimal", autocomplete="off")

    def amount_in(self, unit: str) -> int:
        """Give what is asked for: micro-yuan, or watt-hours of the kWh typed; below zero to take it."""
        hundredths: int = self.cleaned_data["amount"]
        amount = hundredths * (10 if unit == Unit.KWH else MICRO_YUAN_PER_FEN)
        return amount if self.cleaned_data["way"] == self.GIVE else -amount
