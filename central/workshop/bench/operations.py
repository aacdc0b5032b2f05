"""Take in a bench record: once, as it is, or not at all."""

from enum import StrEnum

from django.db import IntegrityError, transaction

from central.ledger.one_writer import one_writer
from central.ledger.operations import record_audit
from central.workshop.bench.models import BenchRecord
from gateway.contract.bench_record import OpenedRecord, RecordRefusal, read_record


class Taken(StrEnum):
    """What became of a file that is a record."""

    IMPORTED = "imported"
    EXISTS = "exists"
    EXISTS_WITH_DIFFERENT = "exists-with-different"
    """Its id is known with other content: nothing is written."""


def import_record(file: bytes, *, trusted: frozenset[str], actor: str, now_ms: int) -> Taken | RecordRefusal:
    """Take in one file; the same again is EXISTS. With `trusted` keys (hex) it must be signed by one of them."""
    opened = read_record(file, trusted)
    if isinstance(opened, RecordRefusal):
        return opened
    try:
        return _keep(opened, actor, now_ms)
    except IntegrityError:
        return _known(opened) or Taken.EXISTS_WITH_DIFFERENT  # another import was faster by a moment


@one_writer
@transaction.atomic
def _keep(opened: OpenedRecord, actor: str, now_ms: int) -> Taken:
    if (known := _known(opened)) is not None:
        return known
    record = opened.record
    detail = (
        f"{record.model} {record.identity or record.address}: {record.verdict.value}, sha256 {opened.sha256}"
    )
    record_audit(actor=actor, action="import-bench", subject=record.id, detail=detail, now_ms=now_ms)
    BenchRecord.objects.create(
        record_id=record.id,
        sha256=opened.sha256,
        signer=opened.signer,
        occasion=record.occasion.value,
        verdict=record.verdict.value,
        model=record.model,
        maker=record.maker,
        identity=record.identity,
        address=record.address,
        order=record.order,
        tester=record.tester,
        at_ms=record.at_ms,
        content=opened.content,
        imported_ms=now_ms,
        imported_by=actor,
    )
    return Taken.IMPORTED


def _known(opened: OpenedRecord) -> Taken | None:
    kept = BenchRecord.objects.filter(record_id=opened.record.id).values_list("sha256", flat=True).first()
    if kept is None:
        return None
    return Taken.EXISTS if kept == opened.sha256 else Taken.EXISTS_WITH_DIFFERENT
