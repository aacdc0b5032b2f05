"""The pages of receipt books that lie with a batch for finance (R-4.1.8). Nothing here is ever edited."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from central.desk.book_models import ReceiptBook
from central.desk.day_models import HandIn
from central.ledger.models import ImmutableModel


class HandInPages(ImmutableModel):
    """Neighbouring pages of a book that are in a batch. A page is in one batch that finance has not sent back."""

    class Kind(models.TextChoices):
        """What they are."""

        ISSUED = "issued", _("issued")
        VOID = "void", _("void")
        MISSING = "missing", _("not there")
        """Their paper can't be found: that waits for signatures."""

    hand_in = models.ForeignKey(HandIn, on_delete=models.PROTECT, related_name="pages")
    book = models.ForeignKey(ReceiptBook, on_delete=models.PROTECT, related_name="hand_ins")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    first = models.IntegerField()
    last = models.IntegerField()
    reason = models.CharField(max_length=200, blank=True)
    """Why they are void, as it was marked; why they are not there."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(first__gte=1, last__gte=models.F("first")), name="handed_in_pages_in_order"
            )
        ]

    @property
    def pages(self) -> range:
        """Its pages by their numbers."""
        return range(self.first, self.last + 1)
