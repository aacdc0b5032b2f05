"""Subsidies as tables: sums by building, rooms, how far the credit has come. One shape for pages, signers and reports."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from central.campus.models import Building
from central.clock import campus_day
from central.desk.go_live.signers_view import bucket_words, kind_of
from central.desk.subsidies.models import SubsidyBatch, SubsidyRow
from central.desk.subsidies.plan import SubsidyPlan
from central.domain.paper import Column, Kind, Row, Table
from central.link.models import Delivery, TakeBackRequest
from central.office.templatetags.cardroom import unit_word

ROWS_SHOWN = 200
ROWS_AT_ONCE = 500


def sums_table(rows: Iterable[tuple[str, int, int]], unit: str, per_head: int) -> Table:
    """Sum (building, heads, amount) by building."""
    sums: dict[str, list[int]] = {}
    for building, heads, amount in rows:
        one = sums.setdefault(building, [0, 0, 0])
        one[0], one[1], one[2] = one[0] + 1, one[1] + heads, one[2] + amount
    names = dict(Building.objects.values_list("code", "name"))
    columns = [
        Column("building", _("Building"), width=16),
        Column("rooms", _("Rooms"), Kind.COUNT, 8, summed=True),
        Column("heads", _("Heads"), Kind.COUNT, 8, summed=True),
        Column("each", _("For each head"), kind_of(unit), 12),
        Column("amount", f"{_('Amount')} ({unit_word(unit)})", kind_of(unit), 14, summed=True),
    ]
    cells = [
        Row([names.get(code, code), rooms, heads, per_head, amount])
        for code, (rooms, heads, amount) in sums.items()
    ]
    return Table(_("By building"), columns, cells)


def plan_table(plan: SubsidyPlan) -> Table:
    """Sum a plan by building."""
    rows = ((r.building, r.heads, r.amount) for r in plan.rows)
    return sums_table(rows, plan.choice.bucket.unit, plan.choice.per_head)


def signers_tables(batch_id: str) -> list[Table]:
    """Show who signs the terms, the sums by building, and the rooms."""
    batch = SubsidyBatch.objects.select_related("customer_class").filter(pk=batch_id).first()
    if batch is None:
        return []
    rows = list(batch.rows.select_related("building"))
    sums = sums_table(((r.building.code, r.heads, r.amount) for r in rows), batch.unit, batch.per_head)
    return [terms_table(batch), sums, rooms_table(rows[:ROWS_SHOWN], batch.unit, len(rows))]


def terms_table(batch: SubsidyBatch) -> Table:
    """Say what is given to whom until when."""
    lines = [
        (_("Class"), batch.customer_class.name),
        (_("Kind of credit"), bucket_words(batch.bucket)),
        (_("Occupants of"), batch.heads_on.isoformat()),
        (_("Lapses after"), campus_day(batch.expires_ms - 1).isoformat() if batch.expires_ms else _("never")),
    ]
    return Table(
        "", [Column("what", "", width=20), Column("said", "", width=40)], [Row([*line]) for line in lines]
    )


def rooms_table(rows: Sequence[SubsidyRow], unit: str, count: int) -> Table:
    """List rooms; of more than are shown the title says how many there are."""
    columns = [
        Column("room", _("Room"), width=12),
        Column("heads", _("Heads"), Kind.COUNT, 8),
        Column("amount", f"{_('Amount')} ({unit_word(unit)})", kind_of(unit), 14),
    ]
    title = _("Rooms")
    if count > len(rows):
        title = _("The first %(shown)s of %(count)s rooms") % {"shown": len(rows), "count": count}
    return Table(title, columns, [Row([r.room, r.heads, r.amount]) for r in rows])


@dataclass(slots=True)
class Progress:
    """How far a batch has come: rooms by station, what was taken back, what stays."""

    rooms: int = 0
    heads: int = 0
    given: int = 0
    at_gateway: int = 0
    supplied: int = 0
    refused: int = 0
    asked_back: int = 0
    answered: int = 0
    refused_back: int = 0
    taken_back: int = 0

    @property
    def stays(self) -> int:
        """What was given and not taken back: used, or still in the rooms."""
        return self.given - self.taken_back

    @property
    def waits_back(self) -> int:
        """Rooms that were asked and have not answered."""
        return self.asked_back - self.answered - self.refused_back


def progress_of(batch: SubsidyBatch) -> Progress:
    """Count a batch's deliveries and take-backs, in a few statements for thousands of rooms."""
    found, rows = Progress(), list(batch.rows.filter(left_out=None))
    found.rooms, found.heads = len(rows), sum(r.heads for r in rows)
    found.given = sum(r.amount for r in rows)
    for start in range(0, len(rows), ROWS_AT_ONCE):
        part = rows[start : start + ROWS_AT_ONCE]
        deliveries = Delivery.objects.filter(pk__in=[r.grant_id for r in part])
        for applied_ms, supplied_ms, refused in deliveries.values_list(
            "applied_ms", "supplied_ms", "refused"
        ):
            found.at_gateway += applied_ms is not None
            found.supplied += supplied_ms is not None
            found.refused += bool(refused) and applied_ms is None
        back = TakeBackRequest.objects.filter(pk__in=[r.back_id for r in part])
        for state, taken in back.values_list("state", "taken"):
            found.asked_back += 1
            found.answered += state == TakeBackRequest.State.SETTLED
            found.refused_back += state == TakeBackRequest.State.REFUSED
            found.taken_back += taken
    return found
