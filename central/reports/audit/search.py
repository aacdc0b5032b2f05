"""Find rows of the chain, newest first, a page at a time by position: as fast at a million rows as at a thousand.

Who, which act, which subject and which days are found by indexes. Words inside a row, and the person behind a payment, are found
only by reading rows: then a page reads a stretch of SCANNED positions, says how far it came, and leads on from there.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import BigIntegerField, ExpressionWrapper, F, Max, Min, Q, QuerySet

from central.clock import start_of_day_ms
from central.desk.models import Payment
from central.ledger.models import AuditEntry, ChainHead, Transfer
from central.reports.audit.choice import Choice
from central.reports.audit.names import Names, names_of, usernames_of

PER_PAGE = 50
SCANNED = 200_000


@dataclass(frozen=True, slots=True)
class Found:
    """A page of rows, and from before which position the next one goes on; `read_to` when the stretch ended before the page."""

    rows: list[AuditEntry | Transfer]
    before: int | None
    read_to: int | None


def find(choice: Choice, before: int | None = None, limit: int = PER_PAGE) -> Found:
    """Give the newest rows that fit, from before a position on."""
    low, high = _days(choice)
    high = high if before is None else min(high, before - 1)
    reads = bool(choice.text) or (choice.wants_money and bool(choice.person))
    floor = max(low, high - SCANNED + 1) if reads else low
    by_position = {
        row.position: row
        for source in _sources(choice)
        for row in _newest(source, choice, floor, high, limit + 1)
    }
    rows = [by_position[position] for position in sorted(by_position, reverse=True)]
    if len(rows) > limit:
        return Found(rows[:limit], rows[limit - 1].position, None)
    return Found(rows, floor, floor) if floor > low else Found(rows, None, None)


def _days(choice: Choice) -> tuple[int, int]:
    """Give the lowest and highest position of the days that are asked for; without days those of the whole chain."""
    if choice.first is None and choice.last is None:
        head = ChainHead.objects.filter(pk=1).values_list("position", flat=True).first()
        return 1, head or 0
    ends: list[int] = []
    for rows, at in ((AuditEntry.objects, "at_ms"), (Transfer.objects, "booked_ms")):
        span = rows.filter(**_span(choice, at)).aggregate(low=Min("position"), high=Max("position"))
        ends += [end for end in span.values() if end is not None]
    return (min(ends), max(ends)) if ends else (1, 0)


def _span(choice: Choice, at: str) -> dict[str, int]:
    span = {}
    if choice.first:
        span[f"{at}__gte"] = start_of_day_ms(choice.first)
    if choice.last:
        span[f"{at}__lt"] = start_of_day_ms(choice.last + timedelta(days=1))
    return span


def _newest(
    rows: QuerySet[AuditEntry] | QuerySet[Transfer], choice: Choice, floor: int, high: int, limit: int
) -> Iterator[AuditEntry | Transfer]:
    """Take the newest of one source. The days bound positions, which an index walks; the instant is looked at row by row."""
    at = "at_ms" if rows.model is AuditEntry else "booked_ms"
    if span := _span(choice, "instant"):
        beside_the_index = ExpressionWrapper(F(at) + 0, output_field=BigIntegerField())
        rows = rows.annotate(instant=beside_the_index).filter(**span)
    yield from rows.filter(position__gte=floor, position__lte=high).order_by("-position")[:limit]


def _sources(choice: Choice) -> Iterator[QuerySet[AuditEntry] | QuerySet[Transfer]]:
    names = names_of(choice.about) if choice.about else None
    people = usernames_of(choice.person) if choice.person else []
    if choice.wants_acts:
        yield _acts(choice, people, names)
    if choice.wants_money:
        yield from _moves(choice, people, names)


def _acts(choice: Choice, people: Sequence[str], names: Names | None) -> QuerySet[AuditEntry]:
    rows = AuditEntry.objects.all()
    if choice.action:
        rows = rows.filter(action=choice.action)
    if people:
        rows = rows.filter(actor__in=people)
    if names is not None:
        rows = rows.filter(subject__in=names.subjects)
    for word in choice.text.split():
        rows = rows.filter(
            Q(detail__icontains=word) | Q(subject__icontains=word) | Q(actor__icontains=word)
            | Q(action__icontains=word)
        )  # fmt: skip
    return rows


def _moves(choice: Choice, people: Sequence[str], names: Names | None) -> Iterator[QuerySet[Transfer]]:
    """Give transfers; those about a room by the side it is debited, by the one it is credited, by its payments: an index each."""
    rows = Transfer.objects.all()
    if choice.move:
        rows = rows.filter(kind=choice.move)
    if people:
        theirs = Payment.objects.filter(cashier__username__in=people).values("payment_id")
        rows = rows.filter(Q(kind__startswith="payment") | Q(kind="charge"), reference__in=theirs)
    for word in choice.text.split():
        rows = rows.filter(
            Q(note__icontains=word) | Q(reference__icontains=word) | Q(debit__code__icontains=word)
            | Q(credit__code__icontains=word) | Q(id__icontains=word)
        )  # fmt: skip
    if names is None:
        yield rows
        return
    for side in ("debit_id", "credit_id"):
        yield rows.filter(**{f"{side}__in": names.ledger_accounts})
    yield rows.filter(reference__in=[*names.subjects, *names.payments])
