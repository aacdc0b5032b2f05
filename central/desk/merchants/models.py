"""What is kept of merchants: their payment cards, lists of other systems, monthly bills. All of it is written once (R-4.2.1)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from central.campus.models import Account
from central.domain.imported_rows import ListKind
from central.ledger.models import ImmutableModel

USER = settings.AUTH_USER_MODEL


class PaymentCard(ImmutableModel):
    """A card number, registered for an account from an instant on: at the desk it finds the account's room."""

    number = models.CharField(max_length=40, db_index=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="payment_cards")
    note = models.CharField(max_length=120, blank=True)
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    from_ms = models.BigIntegerField()

    class Meta:
        app_label = "desk"


class PaymentCardEnd(ImmutableModel):
    """A card that finds nothing any more, and why."""

    class Why(models.TextChoices):
        """What became of it."""

        LOST = "lost", _("lost")
        REPLACED = "replaced", _("replaced by another card")
        RETURNED = "returned", _("card given back")

    card = models.OneToOneField(PaymentCard, on_delete=models.PROTECT, primary_key=True, related_name="end")
    why = models.CharField(max_length=16, choices=Why.choices)
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()

    class Meta:
        app_label = "desk"


class ColumnMap(models.Model):
    """Which header of another system's list holds which field: as it was chosen last."""

    kind = models.CharField(
        max_length=16, primary_key=True, choices=[(kind.value, kind.value) for kind in ListKind]
    )
    headers = models.JSONField(default=dict)

    class Meta:
        app_label = "desk"


class ImportedList(ImmutableModel):
    """A list of another system, brought in whole: whose, for which days, by whom. The same file is brought in once."""

    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in ListKind])
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    first_day = models.DateField()
    last_day = models.DateField()
    """Both days belong to it."""
    rows = models.PositiveIntegerField()
    """New ones; what an earlier list had is counted in `known`."""
    known = models.PositiveIntegerField(default=0)
    amount_fen = models.BigIntegerField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()

    class Meta:
        app_label = "desk"
        constraints = [models.UniqueConstraint(fields=["kind", "digest"], name="one_import_per_file")]


class CardTransaction(ImmutableModel):
    """A row of the card system's list: what it took at a terminal, or gave back (below zero)."""

    list = models.ForeignKey(ImportedList, on_delete=models.PROTECT, related_name="transactions")
    row = models.PositiveIntegerField()
    number = models.CharField(max_length=80, unique=True)
    reference = models.CharField(max_length=80, db_index=True)
    """The terminal's number: what our receipt has as its method's reference."""
    card = models.CharField(max_length=80, blank=True)
    amount_fen = models.BigIntegerField()
    at_ms = models.BigIntegerField(db_index=True)

    class Meta:
        app_label = "desk"


class CardMeterSale(ImmutableModel):
    """Credit that the card meters' own software sold: it lies on the card. Never cash of our desk, never a grant."""

    list = models.ForeignKey(ImportedList, on_delete=models.PROTECT, related_name="sales")
    row = models.PositiveIntegerField()
    number = models.CharField(max_length=80, unique=True)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="card_meter_sales")
    card = models.CharField(max_length=80, blank=True)
    amount_fen = models.BigIntegerField()
    """Below zero: given back."""
    energy_wh = models.BigIntegerField(null=True)
    register_wh = models.BigIntegerField(null=True)
    at_ms = models.BigIntegerField(db_index=True)

    class Meta:
        app_label = "desk"


class CardPayOver(ImmutableModel):
    """The card system paid over what it took: finance has the bank's number for it."""

    number = models.BigIntegerField(primary_key=True)
    bank_reference = models.CharField(max_length=80, unique=True)
    amount_fen = models.BigIntegerField()
    """What came; with the fee it is what the receipts say."""
    fee_fen = models.BigIntegerField(default=0)
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()

    class Meta:
        app_label = "desk"
        ordering = ["-number"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(amount_fen__gte=0, fee_fen__gte=0), name="pay_over_not_negative"
            )
        ]


class CardPaidOver(ImmutableModel):
    """A card payment that a pay-over settled: once."""

    pay_over = models.ForeignKey(CardPayOver, on_delete=models.PROTECT, related_name="payments")
    payment = models.OneToOneField(
        "desk.Payment", on_delete=models.PROTECT, primary_key=True, related_name="paid_over"
    )

    class Meta:
        app_label = "desk"
