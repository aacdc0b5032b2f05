"""The chain's rows as they lie in two tables, in order of their positions: whole, or a stretch of it.

A row's content is read as its hash covers it (`operations.transfer_content`, `audit_content`), as plain tuples: a walk over a
million rows builds no objects of the database layer.
"""

import heapq
from collections.abc import Iterator

from django.db.models import QuerySet

from central.domain.chain import Link
from central.ledger.models import AuditEntry, Transfer

TRANSFER_FIELDS = (
    *("id", "debit_id", "credit_id", "amount", "unit", "kind"),
    *("at_ms", "booked_ms", "reference", "note"),
)
"""As `transfer_content` gives them; a test compares."""
AUDIT_FIELDS = ("at_ms", "actor", "action", "subject", "detail")
CHUNK = 5_000
TRANSFERS, AUDIT = Transfer._meta.db_table, AuditEntry._meta.db_table


def links(after: int = 0, until: int | None = None) -> Iterator[Link]:
    """Give the rows after a position, up to another or to the last; a position that is missing is left out."""
    transfers = (
        Link(position, TRANSFERS, content[0], content, bytes(chain_hash))
        for position, chain_hash, *content in _stretch(Transfer.objects.all(), TRANSFER_FIELDS, after, until)
    )
    audits = (
        Link(position, AUDIT, str(pk), content, bytes(chain_hash))
        for position, chain_hash, pk, *content in _stretch(
            AuditEntry.objects.all(), ("pk", *AUDIT_FIELDS), after, until
        )
    )
    return heapq.merge(transfers, audits, key=lambda link: link.position)


def _stretch(
    rows: "QuerySet[Transfer] | QuerySet[AuditEntry]", fields: tuple[str, ...], after: int, until: int | None
) -> Iterator[tuple]:
    rows = rows.filter(position__gt=after)
    rows = rows if until is None else rows.filter(position__lte=until)
    return rows.order_by("position").values_list("position", "chain_hash", *fields).iterator(CHUNK)
