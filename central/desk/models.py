"""What the desk took and what it gave for it: payments and their numbered receipts. Neither is ever edited."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from central.campus.models import Account
from central.desk import book_models, day_models, hand_in_models, print_models, shift_models
from central.desk.corrections import models as correction_models
from central.desk.debts import models as debt_models
from central.desk.debts import penalty_models, true_up_models
from central.desk.departures import models as departure_models
from central.desk.go_live.models import OpeningAcceptance as OpeningAcceptance
from central.desk.go_live.models import OpeningBalance as OpeningBalance
from central.desk.go_live.models import OpeningBatch as OpeningBatch
from central.desk.go_live.models import OpeningDone as OpeningDone
from central.desk.merchants import bill_models
from central.desk.merchants import models as merchant_models
from central.desk.outage import models as outage_models
from central.desk.shift_models import Shift
from central.desk.subsidies import models as subsidy_models
from central.ledger.models import ImmutableModel

TABLES_ELSEWHERE = (
    *(book_models, print_models, shift_models, day_models, hand_in_models, correction_models),
    *(
        departure_models,
        debt_models,
        penalty_models,
        true_up_models,
        merchant_models,
        bill_models,
        subsidy_models,
        outage_models,
    ),
)
"""Named here because Django looks for tables in this module."""


class Payment(ImmutableModel):
    """Money taken once. The id is made by the page that asked, so that a double click pays once."""

    class Method(models.TextChoices):
        """How it was paid."""

        CASH = "cash", _("cash")
        CARD = "card", _("payment card")
        TRANSFER = "transfer", _("bank transfer")

    class Purpose(models.TextChoices):
        """What it was paid for. Electricity has a grant, charges have lines, a debt has neither."""

        ENERGY = "energy", _("electricity")
        CHARGES = "charges", _("charges")
        DEBT = "debt", _("debt for electricity")

    payment_id = models.CharField(max_length=64, primary_key=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="payments")
    purpose = models.CharField(max_length=16, choices=Purpose.choices, default=Purpose.ENERGY)
    bucket = models.CharField(max_length=32, blank=True)
    """Empty for charges."""
    amount_fen = models.BigIntegerField()
    method = models.CharField(max_length=16, choices=Method.choices, default=Method.CASH)
    method_reference = models.CharField(max_length=80, blank=True)
    """The card terminal's or the bank's number; it pays for one sale that holds. Empty for cash."""
    sale = models.CharField(max_length=64, blank=True, db_index=True)
    """The payment id of the sale's first payment: electricity and charges of one customer are read back and paid together."""
    tendered_fen = models.BigIntegerField(null=True)
    """The cash the customer gave for the whole sale; the change is what is above the sale's sum."""
    cashier = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="payments")
    at_ms = models.BigIntegerField(db_index=True)
    grant = models.CharField(max_length=64, unique=True, null=True)
    """The GrantId that carries the credit to the gateway; None when no credit was bought."""
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, null=True, related_name="payments")
    """None: taken before there were shifts."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="payment_above_zero"),
            models.CheckConstraint(
                condition=models.Q(purpose="energy", grant__isnull=False)
                | (~models.Q(purpose="energy") & models.Q(grant__isnull=True)),
                name="only_energy_has_a_grant",
            ),
            models.CheckConstraint(
                condition=models.Q(method="cash") | ~models.Q(method_reference=""),
                name="a_reference_unless_cash",
            ),
        ]


class ChargeLine(ImmutableModel):
    """A line of a payment for charges: an item of the published list, as it was priced (R-4.1.3, R-4.1.7)."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="lines")
    number = models.IntegerField()
    kind = models.CharField(max_length=16)
    """`repair` or `on-behalf`: reports keep the two apart."""
    code = models.CharField(max_length=32)
    name = models.CharField(max_length=80)
    unit = models.CharField(max_length=8)
    price_fen = models.BigIntegerField()
    quantity_milli = models.BigIntegerField()
    """Thousandths of the unit: half a metre is 500."""
    amount_fen = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["payment", "number"], name="one_line_per_number"),
            models.CheckConstraint(condition=models.Q(amount_fen__gt=0), name="charge_above_zero"),
        ]


class Receipt(ImmutableModel):
    """The one legal original of a payment; numbers have no gap (R-4.1.2). It keeps what it printed."""

    number = models.BigIntegerField(primary_key=True)
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="receipt")
    room = models.CharField(max_length=64)
    occupants = models.CharField(max_length=200, blank=True)
    class_name = models.CharField(max_length=80)
    cashier_name = models.CharField(max_length=150)
    amount_fen = models.BigIntegerField()
    credited = models.BigIntegerField()
    """Micro-yuan or watt-hours, by `unit`."""
    unit = models.CharField(max_length=8)
    balance_before = models.BigIntegerField()
    balance_after = models.BigIntegerField()
    micro_yuan_per_kwh = models.BigIntegerField()
    at_ms = models.BigIntegerField()
    shift = models.ForeignKey(Shift, on_delete=models.PROTECT, null=True, related_name="receipts_issued")

    class Meta:
        indexes = [models.Index(fields=["shift", "number"])]


class ReceiptSeries(models.Model):
    """Hands out numbers without a gap: of receipts, shifts, days, batches. Locked until what bears the number is committed."""

    name = models.CharField(max_length=16, primary_key=True)
    last_number = models.BigIntegerField(default=0)
