"""Receipt books: received, held, checked and issued page by page, bound and stored. Every row is an act; none is edited."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from central.domain.receipt_book import Mark
from central.ledger.models import ImmutableModel

USER = settings.AUTH_USER_MODEL


class ReceiptBook(ImmutableModel):
    """A book as it came in: its number, and its first and last page by their printed numbers."""

    number = models.CharField(max_length=24, unique=True)
    first_page = models.IntegerField()
    last_page = models.IntegerField()
    received_ms = models.BigIntegerField()
    received_by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    note = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(first_page__gte=1, last_page__gte=models.F("first_page")),
                name="book_pages_in_order",
            )
        ]

    @property
    def pages(self) -> range:
        """Its pages by their numbers."""
        return range(self.first_page, self.last_page + 1)


class BookHolding(ImmutableModel):
    """Who has a book from now on; nobody when it was given back to the safe."""

    book = models.ForeignKey(ReceiptBook, on_delete=models.PROTECT, related_name="holdings")
    holder = models.ForeignKey(USER, on_delete=models.PROTECT, null=True, related_name="book_holdings")
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()


class BookPageMark(ImmutableModel):
    """What a page was found to be. A check writes one row for each of its pages."""

    class Word(models.TextChoices):
        """The marks, as they are said."""

        GOOD = Mark.GOOD.value, _("good")
        LACKS_SEAL = Mark.LACKS_SEAL.value, _("lacks a seal")
        MISSING = Mark.MISSING.value, _("missing page")
        WRONG = Mark.WRONG.value, _("wrong page")
        EXTRA = Mark.EXTRA.value, _("surplus page")
        STAINED = Mark.STAINED.value, _("stained page")
        SPOILED = Mark.SPOILED.value, _("spoiled")
        SKIPPED = Mark.SKIPPED.value, _("skipped")

    book = models.ForeignKey(ReceiptBook, on_delete=models.PROTECT, related_name="marks")
    page = models.IntegerField()
    mark = models.CharField(max_length=12, choices=Word.choices)
    lacking = models.JSONField(default=list)
    """The seals that were not on it."""
    note = models.CharField(max_length=120, blank=True)
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["book", "page"])]


class BookPageIssue(ImmutableModel):
    """The page that is a payment's legal original: a page goes to one payment, a payment has one page."""

    book = models.ForeignKey(ReceiptBook, on_delete=models.PROTECT, related_name="issues")
    page = models.IntegerField()
    payment = models.OneToOneField("desk.Payment", on_delete=models.PROTECT, related_name="book_page")
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["book", "page"], name="a_page_goes_out_once")]


class BoundVolume(ImmutableModel):
    """A bound volume (装订); numbers have no gap."""

    number = models.BigIntegerField(primary_key=True)
    title = models.CharField(max_length=80)
    bound_ms = models.BigIntegerField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-number"]


class BoundRange(ImmutableModel):
    """What is in a volume: pages of a book, or the system's receipts when there is no book."""

    volume = models.ForeignKey(BoundVolume, on_delete=models.PROTECT, related_name="ranges")
    book = models.ForeignKey(ReceiptBook, on_delete=models.PROTECT, null=True, related_name="bound")
    first = models.BigIntegerField()
    last = models.BigIntegerField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(first__gte=1, last__gte=models.F("first")), name="bound_in_order"
            )
        ]


class VolumePlace(ImmutableModel):
    """Where a volume is stored from a day on; the newest row says where it is."""

    volume = models.ForeignKey(BoundVolume, on_delete=models.PROTECT, related_name="places")
    place = models.CharField(max_length=120)
    since = models.DateField()
    by = models.ForeignKey(USER, on_delete=models.PROTECT, related_name="+")
    at_ms = models.BigIntegerField()
