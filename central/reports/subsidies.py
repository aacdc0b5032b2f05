"""Subsidies of a period: what was given to whom, what came back, apart by unit. They are never takings (R-4.1.7, R-4.1.9).

The sums are those of the ledger: given less taken back is what the period's bridge counts as subsidies.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from central.clock import minute_text
from central.desk.go_live.signers_view import bucket_words, kind_of
from central.desk.subsidies.models import SubsidyBatch
from central.domain.paper import Cell, Column, Kind, Paper, Row, Table
from central.domain.periods import Period, PeriodKind
from central.ledger.models import Transfer
from central.office.roles import SEE_MONEY, Role
from central.office.templatetags.cardroom import unit_word
from central.papers.accounting import instants_of
from central.papers.catalogue import Report
from central.papers.words import period_words
from gateway.contract.quantities import Unit

KINDS = ("subsidy", "subsidy-back")
BATCH_OF = {"subsidy": "s-", "subsidy-back": "su-"}


@dataclass(slots=True)
class _Sum:
    rooms: int = 0
    given: int = 0
    back: int = 0


def build(period: Period) -> Paper:
    """Make one table for each unit: a line per batch, single subsidies together at the end."""
    from_ms, until_ms = instants_of(period)
    moved = Transfer.objects.filter(kind__in=KINDS, at_ms__gte=from_ms, at_ms__lt=until_ms)
    tables = []
    for unit in Unit:
        rows = list(moved.filter(unit=unit).values_list("kind", "reference", "amount"))
        if rows or unit is Unit.YUAN:
            tables.append(_table(rows, unit.value))
    return Paper(
        code="subsidies",
        document="",
        title=_("Subsidies"),
        period=period_words(period),
        from_ms=from_ms,
        until_ms=until_ms,
        tables=tables,
        recipients=[_("Card room"), _("Finance office")],
        signatures=[_("Card room"), _("Checked by"), _("Finance office")],
        notes=[
            _("Subsidies are credit given without money; they are not takings."),
            _(
                "Given - taken back = subsidies of the period. What came back stands in the period in which its gateway answered."
            ),
        ],
    )


def _table(rows: Iterable[tuple[str, str, int]], unit: str) -> Table:
    kind = kind_of(unit)
    columns = [
        Column("when", _("Given at"), width=16),
        Column("class", _("Class"), width=14),
        Column("bucket", _("Kind of credit"), width=12),
        Column("why", _("Reason"), width=26),
        Column("rooms", _("Rooms"), Kind.COUNT, 8, summed=True),
        Column("given", _("Credit given"), kind, 12, summed=True),
        Column("back", _("Taken back"), kind, 12, summed=True),
        Column("stays", _("Subsidies"), kind, 12, summed=True),
    ]
    batches, single = _by_batch(rows)
    found = SubsidyBatch.objects.select_related("customer_class", "done").in_bulk(list(batches))
    lines = [
        _batch_row(found[key], batches[key]) for key in sorted(found, key=lambda k: found[k].done.done_ms)
    ]
    if single.rooms or single.back:
        lines.append(Row([_("single subsidies"), "", "", "", single.rooms, *_amounts(single)]))
    return Table(_("Kept in %(unit)s") % {"unit": unit_word(unit)}, columns, lines)


def _by_batch(rows: Iterable[tuple[str, str, int]]) -> tuple[dict[str, _Sum], _Sum]:
    """Sum transfers by the batch that their reference names (`s-BATCH-ROW`); what belongs to none is single."""
    known = set(SubsidyBatch.objects.filter(done__isnull=False).values_list("pk", flat=True))
    batches: dict[str, _Sum] = {}
    single = _Sum()
    for kind, reference, amount in rows:
        key = reference.removeprefix(BATCH_OF[kind]).rpartition("-")[0]
        one = batches.setdefault(key, _Sum()) if key in known else single
        if kind == "subsidy":
            one.rooms, one.given = one.rooms + 1, one.given + amount
        else:
            one.back += amount
    return batches, single


def _batch_row(batch: SubsidyBatch, sums: _Sum) -> Row:
    cells: list[Cell] = [
        minute_text(batch.done.done_ms),
        batch.customer_class.name,
        bucket_words(batch.bucket),
        batch.why,
        sums.rooms,
        *_amounts(sums),
    ]
    return Row(cells, {"when": reverse("desk:subsidy", args=[batch.pk])})


def _amounts(sums: _Sum) -> list[Cell]:
    return [sums.given, sums.back, sums.given - sums.back]


SUBSIDIES = Report(
    code="subsidies",
    title=gettext_lazy("Subsidies"),
    about=gettext_lazy("Credit given without money, by batch: given, taken back, what stays. Never takings."),
    periods=(PeriodKind.MONTH, PeriodKind.ACCOUNTING, PeriodKind.YEAR),
    roles=SEE_MONEY,
    build=build,
    told=(Role.CASHIER, Role.FINANCE, Role.DIRECTOR),
)
