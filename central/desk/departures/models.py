"""Cases of money that leaves a room, as asked, asked of the gateway, paid. Rows are written once; the state follows from them.

Amounts without a unit in their name are in the unit beside them: micro-yuan or watt-hours. Instants are milliseconds since 1970 in
UTC (`*_ms`).
"""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from central.campus.models import Account
from central.ledger.models import ImmutableModel

USER = settings.AUTH_USER_MODEL


class PayBy(models.TextChoices):
    """How the money leaves."""

    CASH = "cash", _("in cash at the desk")
    BANK = "bank", _("by finance to a bank account")
    CREDIT = "credit", _("as credit of the new room")


class DepartureRun(ImmutableModel):
    """A graduation: many rooms that are closed by one request."""

    run_id = models.CharField(max_length=32, primary_key=True)
    """Made by the page that asks: the same again is the same run."""
    title = models.CharField(max_length=120)
    pay_by = models.CharField(max_length=8, choices=PayBy.choices)
    why = models.CharField(max_length=200)
    asked_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    asked_ms = models.BigIntegerField(db_index=True)

    class Meta:
        app_label = "desk"

    @property
    def approval_key(self) -> str:
        """The key of the request that is signed for it."""
        return f"graduation:{self.run_id}"


class Departure(ImmutableModel):
    """One case: what is asked for one account, by whom, and how it is to be paid."""

    class Kind(models.TextChoices):
        """What becomes of the account."""

        REFUND = "refund", _("refund")
        DEPARTURE = "departure", _("departure")
        ROOM_CHANGE = "room-change", _("room change")

    case_id = models.CharField(max_length=32, primary_key=True)
    """Made by the page that asks: the same again is the same case."""
    run = models.ForeignKey(DepartureRun, on_delete=models.PROTECT, null=True, related_name="cases")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="departures")
    unit = models.CharField(max_length=8)
    asked = models.BigIntegerField(default=0)
    """Of a refund; a closing takes all that is left."""
    balance = models.BigIntegerField(default=0)
    """What the books said when it was asked for."""
    pay_by = models.CharField(max_length=8, choices=PayBy.choices)
    to_account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="arrivals")
    """Of a room change."""
    asked_for = models.CharField(max_length=80, blank=True)
    """Who asks at the desk, and is paid."""
    bank_account = models.CharField(max_length=120, blank=True)
    parts_returned = models.BooleanField(default=False)
    """The customer's parts of the receipts were given back."""
    parts = models.CharField(max_length=200, blank=True)
    """Their numbers."""
    why = models.CharField(max_length=200)
    asked_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    asked_ms = models.BigIntegerField(db_index=True)

    class Meta:
        app_label = "desk"
        constraints = [
            models.UniqueConstraint(fields=["run", "account"], name="one_case_per_room_of_a_run"),
            models.CheckConstraint(
                condition=models.Q(kind="refund", asked__gt=0)
                | (~models.Q(kind="refund") & models.Q(asked=0)),
                name="a_refund_has_a_sum",
            ),
            models.CheckConstraint(
                condition=models.Q(kind="room-change", pay_by="credit", to_account__isnull=False)
                | (
                    ~models.Q(kind="room-change")
                    & ~models.Q(pay_by="credit")
                    & models.Q(to_account__isnull=True)
                ),
                name="only_a_room_change_has_a_target",
            ),
        ]

    @property
    def approval_key(self) -> str:
        """The key of the request that is signed for it."""
        return self.run.approval_key if self.run_id else f"departure:{self.case_id}"

    @property
    def closes(self) -> bool:
        """Say whether the account is closed by it."""
        return self.kind != self.Kind.REFUND


class Withdrawal(ImmutableModel):
    """A case was asked of its gateway: by a request for credit, or a closing. Refused, it is asked anew under the next number."""

    departure = models.ForeignKey(Departure, on_delete=models.PROTECT, related_name="withdrawals")
    number = models.PositiveIntegerField()
    request_id = models.CharField(max_length=64, unique=True)
    """Of the `TakeBackRequest` or the `Closing`: no other case may have it."""
    at_ms = models.BigIntegerField()

    class Meta:
        app_label = "desk"
        ordering = ["departure", "number"]
        constraints = [
            models.UniqueConstraint(fields=["departure", "number"], name="one_withdrawal_per_number")
        ]


class DeparturePaid(ImmutableModel):
    """The money of a case left: once."""

    departure = models.OneToOneField(
        Departure, on_delete=models.PROTECT, primary_key=True, related_name="paid"
    )
    method = models.CharField(max_length=8, choices=PayBy.choices)
    amount_fen = models.BigIntegerField(default=0)
    """In cash or by the bank."""
    moved = models.BigIntegerField(default=0)
    """As credit of the new room."""
    bank_reference = models.CharField(max_length=80, blank=True)
    k3_voucher = models.CharField(max_length=80, blank=True)
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField(db_index=True)

    class Meta:
        app_label = "desk"
        constraints = [
            models.UniqueConstraint(
                fields=["bank_reference"],
                condition=~models.Q(bank_reference=""),
                name="a_bank_reference_pays_once",
            )
        ]


class PayOutPrint(ImmutableModel):
    """A printing of a pay-out slip; number 0 is the first, later ones are copies."""

    departure = models.ForeignKey(Departure, on_delete=models.PROTECT, related_name="prints")
    copy = models.PositiveIntegerField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()

    class Meta:
        app_label = "desk"
        constraints = [
            models.UniqueConstraint(fields=["departure", "copy"], name="one_pay_out_print_per_number")
        ]
