"""Reads months' lists for pages and for the paper, as far as the reader serves their buildings."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from central.losses.abnormal.models import AbnormalReview, AbnormalRow, AbnormalRun
from central.office.models import User, of_served


@dataclass(frozen=True, slots=True)
class Listed:
    """A room of a list with its newest review."""

    row: AbnormalRow
    review: AbnormalReview | None


def runs_of(reader: User, month: str = "") -> QuerySet[AbnormalRun]:
    """Give the lists of the reader's buildings, the newest month first."""
    found = AbnormalRun.objects.filter(of_served(reader, "building")).select_related("building")
    return found.filter(month=month) if month else found


def rows_of(reader: User) -> QuerySet[AbnormalRow]:
    """Give the rooms on lists of the reader's buildings, with all that a page shows."""
    reviews = AbnormalReview.objects.select_related("by", "case")
    found = AbnormalRow.objects.filter(of_served(reader, "run__building"))
    return found.select_related("run__building", "room__building").prefetch_related(
        Prefetch("reviews", queryset=reviews)
    )


def listed(rows: QuerySet[AbnormalRow]) -> list[Listed]:
    """Give rooms with their newest reviews, the surest first."""
    found = rows.order_by("-confidence_ppm", "room__building__code", "room__label")
    return [Listed(row, next(iter(list(row.reviews.all())[::-1]), None)) for row in found]


def unreviewed(month: str) -> int:
    """Count the rooms of a month that nobody has reviewed, in all buildings."""
    return AbnormalRow.objects.filter(run__month=month, reviews=None).count()


def content_of_month(month: str) -> dict[str, object]:
    """Give a month's reviewed list as it is asked for: plain figures and words, frozen with the request."""
    every = AbnormalRow.objects.filter(run__month=month).select_related("room__building", "run")
    rooms = [_frozen(one.row, one.review) for one in listed(every) if one.review is not None]
    return {"month": month, "rooms": rooms}


def months_of(runs: Sequence[AbnormalRun]) -> list[str]:
    """Give the months of lists, the newest first."""
    return list(dict.fromkeys(run.month for run in runs))


def _frozen(row: AbnormalRow, review: AbnormalReview) -> dict[str, object]:
    return {
        "row": row.pk,
        "room": row.room.full_label,
        "building": row.room.building.name,
        "reasons": row.reasons,
        "loss": row.loss,
        "kind": review.kind,
        "text": review.text,
        "by": review.by.spoken_name,
        "at_ms": review.at_ms,
        "case": review.case_id or 0,
    }
