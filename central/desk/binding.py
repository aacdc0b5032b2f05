"""Binding and storing what was issued (R-4.1.8): volumes with page ranges, by whom; where each is stored, since when."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db import transaction
from django.db.models import Max

from central.desk.book_models import BoundRange, BoundVolume, ReceiptBook, VolumePlace
from central.desk.book_queries import bound_in, unaccounted
from central.desk.models import Receipt, ReceiptSeries
from central.domain.receipt_book import runs_text
from central.ledger.operations import record_audit
from central.office.models import User

SERIES = "volumes"


class BindingRefusal(StrEnum):
    """Why nothing was bound or stored; a text key for the pages."""

    NOTHING = "nothing"
    UNKNOWN_BOOK = "unknown-book"
    NOT_IN_BOOK = "not-in-book"
    NOT_ACCOUNTED = "not-accounted"
    """A page is neither issued nor void."""
    NOT_ISSUED_YET = "not-issued-yet"
    """The system has not issued receipts up to this number."""
    BOUND_BEFORE = "bound-before"
    TWICE = "twice"
    NO_PLACE = "no-place"


@dataclass(frozen=True, slots=True)
class NotBound:
    """A refusal, with the range or pages it is about."""

    why: BindingRefusal
    about: str = ""


@dataclass(frozen=True, slots=True)
class WantedRange:
    """What is to be bound: pages of the book of this number, or the system's receipts when it is empty."""

    book: str
    first: int
    last: int

    def __str__(self) -> str:
        return f"{self.book} {self.first}-{self.last}".strip()


@transaction.atomic
def bind_volume(
    title: str, wanted: Sequence[WantedRange], place: str, since: date, *, actor: User, now_ms: int
) -> BoundVolume | NotBound:
    """Bind ranges into a numbered volume and say where it is stored. Nothing is bound twice, and nothing unaccounted for."""
    series, _made = ReceiptSeries.objects.select_for_update().get_or_create(name=SERIES)
    if not wanted:
        return NotBound(BindingRefusal.NOTHING)
    if not place.strip():
        return NotBound(BindingRefusal.NO_PLACE)
    ranges = []
    for one in wanted:
        book = ReceiptBook.objects.filter(number=one.book).first() if one.book else None
        fault = _fault(one, book, ranges)
        if fault is not None:
            return fault
        ranges.append(BoundRange(book=book, first=one.first, last=one.last))
    series.last_number += 1
    series.save(update_fields=["last_number"])
    volume = BoundVolume.objects.create(
        number=series.last_number, title=title.strip()[:80], bound_ms=now_ms, by=actor
    )
    for bound in ranges:
        bound.volume = volume
    BoundRange.objects.bulk_create(ranges)
    _record("bind-volume", volume, "; ".join(map(str, wanted)), actor, now_ms)
    store_volume(volume, place, since, actor=actor, now_ms=now_ms)
    return volume


@transaction.atomic
def store_volume(
    volume: BoundVolume, place: str, since: date, *, actor: User, now_ms: int
) -> VolumePlace | NotBound:
    """Say where a volume is stored from a day on; where it was stays in the register."""
    if not place.strip():
        return NotBound(BindingRefusal.NO_PLACE)
    stored = VolumePlace.objects.create(
        volume=volume, place=place.strip()[:120], since=since, by=actor, at_ms=now_ms
    )
    _record("store-volume", volume, f"{stored.place} since {since.isoformat()}", actor, now_ms)
    return stored


def _fault(one: WantedRange, book: ReceiptBook | None, others: Sequence[BoundRange]) -> NotBound | None:
    if one.book and book is None:
        return NotBound(BindingRefusal.UNKNOWN_BOOK, one.book)
    if book is None:
        issued = Receipt.objects.aggregate(last=Max("number"))["last"] or 0
        if not 1 <= one.first <= one.last <= issued:
            return NotBound(BindingRefusal.NOT_ISSUED_YET, str(one))
    elif not book.first_page <= one.first <= one.last <= book.last_page:
        return NotBound(BindingRefusal.NOT_IN_BOOK, str(one))
    elif pages := unaccounted(book, one.first, one.last):
        return NotBound(BindingRefusal.NOT_ACCOUNTED, f"{one.book} {runs_text(pages)}")
    if before := bound_in(book, one.first, one.last):
        return NotBound(BindingRefusal.BOUND_BEFORE, f"{one} ({before.volume_id})")
    if any(o.book == book and o.first <= one.last and one.first <= o.last for o in others):
        return NotBound(BindingRefusal.TWICE, str(one))
    return None


def _record(action: str, volume: BoundVolume, detail: str, actor: User, now_ms: int) -> None:
    record_audit(
        actor=actor.get_username(),
        action=action,
        subject=f"volume {volume.number}",
        detail=detail,
        now_ms=now_ms,
    )
