"""Price lists and repair lists: drafts that change, and published lists that never do (R-4.1.3)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from central.campus.models import Price
from central.ledger.models import ImmutableModel
from central.office.approval_models import Approval


class ListKind(models.TextChoices):
    """Which list; also the code of its act."""

    PRICE = "price-list", _("electricity prices")
    REPAIR = "repair-list", _("repair prices")


class ListCounter(models.Model):
    """The last number given to a kind of list: numbers have no gaps, and who takes one holds the row until his transaction ends."""

    kind = models.CharField(max_length=16, choices=ListKind.choices, primary_key=True)
    last = models.PositiveIntegerField(default=0)


class ListDraft(models.Model):
    """A list that somebody is writing. Its rows are JSON: `ClassPrice`s or `Item`s of `central.domain`."""

    kind = models.CharField(max_length=16, choices=ListKind.choices)
    from_ms = models.BigIntegerField(default=0)
    """0: with the last signature."""
    rows = models.JSONField(default=list)
    office = models.CharField(max_length=16)
    """Of its author: whoever acts for it may go on writing."""
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_ms = models.BigIntegerField()
    changed_ms = models.BigIntegerField()
    request = models.OneToOneField(Approval, on_delete=models.PROTECT, null=True, related_name="list_draft")
    """The newest request for its approval; while it waits, nothing is changed."""

    class Meta:
        ordering = ["-changed_ms", "-pk"]

    @property
    def is_waiting(self) -> bool:
        """Say whether people are asked to sign it."""
        return self.request is not None and self.request.state == Approval.State.WAITING

    @property
    def is_done(self) -> bool:
        """Say whether it was published."""
        return self.request is not None and self.request.state == Approval.State.APPROVED


class Published(ImmutableModel):
    """What every published list has. Without an approval it was published at the server's console."""

    number = models.PositiveIntegerField(primary_key=True)
    asked_from_ms = models.BigIntegerField()
    begins_ms = models.BigIntegerField()
    """When it took over: as asked, or at the last signature when that came later."""
    published_ms = models.BigIntegerField()
    made_by = models.CharField(max_length=150)
    why = models.CharField(max_length=300)
    approval = models.OneToOneField(Approval, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        abstract = True
        ordering = ["-number"]

    def __str__(self) -> str:
        return f"{self.number}"


class PriceList(Published):
    """A published list of electricity prices."""


class ListedPrice(ImmutableModel):
    """A price of a published list, and the one that it took over from as far as was known when it was published."""

    price_list = models.ForeignKey(PriceList, on_delete=models.PROTECT, related_name="prices")
    price = models.OneToOneField(Price, on_delete=models.PROTECT, related_name="listed")
    before = models.ForeignKey(Price, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]


class RepairList(Published):
    """A published list of repair prices: the whole list, not what changed."""


class RepairItem(ImmutableModel):
    """An item of a published repair list; the fields are those of `central.domain.repair_list.Item`."""

    repair_list = models.ForeignKey(RepairList, on_delete=models.PROTECT, related_name="items")
    code = models.CharField(max_length=32)
    kind = models.CharField(max_length=10)
    name = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80, blank=True)
    unit = models.CharField(max_length=8)
    price_fen = models.BigIntegerField()
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["repair_list", "code"], name="one_repair_item_per_code"),
            models.CheckConstraint(condition=models.Q(price_fen__gte=0), name="repair_price_not_negative"),
        ]

    def __str__(self) -> str:
        return self.code
