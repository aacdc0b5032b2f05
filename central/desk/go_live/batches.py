"""Store what is asked for: a go-live from its list, a correction of one room, the way back of a batch or a building.

Nothing moves here. Callers open the transaction, in which the batch is also put before those who sign.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from central.campus.models import Account, Building
from central.desk.go_live.campus_rooms import opened
from central.desk.go_live.models import OpeningAcceptance, OpeningBalance, OpeningBatch
from central.desk.go_live.plan import OpeningPlan
from central.office.models import User

ROWS_AT_ONCE = 500


class OpeningRefusal(StrEnum):
    """Why nothing was asked for."""

    HAS_PROBLEMS = "has-problems"
    NO_REASON = "no-reason"
    NOT_DONE = "not-done"
    """The go-live was not carried out (yet)."""
    ACCEPTED = "accepted"
    NOTHING_TO_DO = "nothing-to-do"
    UNKNOWN_ROOM = "unknown-room"
    UNKNOWN_BUILDING = "unknown-building"
    NO_GATEWAY = "no-gateway"
    NOTHING_OWED = "nothing-owed"
    STILL_ASKED = "still-asked"
    NOT_REFUSED = "not-refused"
    EXISTS_WITH_DIFFERENT = "exists-with-different"


@dataclass(frozen=True, slots=True)
class Refused:
    """A named refusal, with what was refused."""

    why: OpeningRefusal
    what: str = ""


def store_go_live(
    plan: OpeningPlan, batch_id: str, file_name: str, why: str, asked_by: User, now_ms: int
) -> OpeningBatch | Refused:
    """Store a plan without problems as a batch. The same id again is the same batch, with other rows it is refused."""
    if not plan.can_be_asked:
        return Refused(OpeningRefusal.HAS_PROBLEMS)
    buildings = Building.objects.in_bulk({b.room.building_id for b in plan.balances})
    rows = [
        OpeningBalance(
            number=number,
            sheet_row=planned.sheet_row,
            account_id=planned.room.account_id,
            building=buildings[planned.room.building_id],
            room=planned.room.label,
            class_name=planned.room.class_name,
            bucket=planned.bucket,
            unit=planned.room.unit,
            after=planned.amount,
            meter_no=planned.meter_no,
            register_wh=planned.register_wh,
            reading_wh=planned.reading[0] if planned.reading else None,
            reading_ms=planned.reading[1] if planned.reading else None,
            old_receipt=planned.old_receipt,
        )
        for number, planned in enumerate(plan.balances, start=1)
    ]
    batch = OpeningBatch(
        batch_id=batch_id,
        kind=OpeningBatch.Kind.OPEN,
        change_over_ms=plan.change_over_ms,
        file_name=file_name[:200],
        why=why.strip()[:300],
        asked_by=asked_by,
        asked_ms=now_ms,
    )
    return _store(batch, rows)


def store_correction(
    of: OpeningBatch, room: str, bucket: str, after: int, batch_id: str, why: str, asked_by: User, now_ms: int
) -> OpeningBatch | Refused:
    """Store what one room's opening balance should have been; the difference moves, the first one stays on record."""
    if not hasattr(of, "done"):
        return Refused(OpeningRefusal.NOT_DONE)
    row = of.rows.filter(room=room, bucket=bucket).first() or of.rows.filter(room=room).first()
    if row is None:
        return Refused(OpeningRefusal.UNKNOWN_ROOM, room)
    before, is_live = opened([row.account_id]).get((row.account_id, bucket), (0, True))
    if not is_live:
        return Refused(OpeningRefusal.NOT_DONE, room)
    batch = _later(of, OpeningBatch.Kind.CORRECT, batch_id, why, asked_by, now_ms)
    rows = [_changed(row, 1, bucket, before, after)] if before != after else []
    return _store(batch, rows)


def store_way_back(
    of: OpeningBatch, building: str, batch_id: str, why: str, asked_by: User, now_ms: int
) -> OpeningBatch | Refused:
    """Store the taking back of a go-live, of one building or (with an empty code) of all that are not accepted."""
    if not hasattr(of, "done"):
        return Refused(OpeningRefusal.NOT_DONE)
    accepted = set(OpeningAcceptance.objects.filter(batch=of).values_list("building__code", flat=True))
    if building and building in accepted:
        return Refused(OpeningRefusal.ACCEPTED, building)
    rows = of.rows.exclude(building__code__in=accepted)
    if building:
        rows = rows.filter(building__code=building)
    account_ids = {row.account_id for row in rows}
    now = opened(account_ids)
    first_rows = {row.account_id: row for row in reversed(rows)}
    back = [
        _changed(first_rows[account], number, bucket, before, 0)
        for number, ((account, bucket), (before, is_live)) in enumerate(sorted(now.items()), start=1)
        if account in account_ids and is_live
    ]
    return _store(_later(of, OpeningBatch.Kind.BACK, batch_id, why, asked_by, now_ms), back)


def _later(of: OpeningBatch, kind: str, batch_id: str, why: str, asked_by: User, now_ms: int) -> OpeningBatch:
    return OpeningBatch(
        batch_id=batch_id,
        kind=kind,
        of=of,
        change_over_ms=of.change_over_ms,
        why=why.strip()[:300],
        asked_by=asked_by,
        asked_ms=now_ms,
    )


def _changed(row: OpeningBalance, number: int, bucket: str, before: int, after: int) -> OpeningBalance:
    return OpeningBalance(
        number=number,
        account_id=row.account_id,
        building_id=row.building_id,
        room=row.room,
        class_name=row.class_name,
        bucket=bucket,
        unit=row.unit,
        before=before,
        after=after,
        meter_no=row.meter_no,
    )


def _store(batch: OpeningBatch, rows: list[OpeningBalance]) -> OpeningBatch | Refused:
    if not batch.why.strip():
        return Refused(OpeningRefusal.NO_REASON)
    if not rows:
        return Refused(OpeningRefusal.NOTHING_TO_DO)
    batch.digest = digest_of(rows)
    known = OpeningBatch.objects.filter(pk=batch.pk).first()
    if known is not None:
        same = (known.kind, known.of_id, known.digest) == (batch.kind, batch.of_id, batch.digest)
        return known if same else Refused(OpeningRefusal.EXISTS_WITH_DIFFERENT)
    batch.save(force_insert=True)
    for row in rows:
        row.batch = batch
    OpeningBalance.objects.bulk_create(rows, batch_size=ROWS_AT_ONCE)
    return batch


def digest_of(rows: Sequence[OpeningBalance]) -> str:
    """Give the hash that stands for rows: what is signed by it is what is carried out."""
    content = [
        [
            r.number,
            r.account_id,
            r.bucket,
            r.unit,
            r.before,
            r.after,
            r.meter_no,
            r.register_wh,
            r.old_receipt,
        ]
        for r in rows
    ]
    return sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def accounts_of(rows: Sequence[OpeningBalance]) -> dict[int, Account]:
    """Give the rows' accounts with what a grant needs of them."""
    wanted = {row.account_id for row in rows}
    found: dict[int, Account] = {}
    accounts = Account.objects.select_related("point__room__building", "point__customer_class", "pays_from")
    ordered = sorted(wanted)
    for start in range(0, len(ordered), ROWS_AT_ONCE):
        found |= accounts.in_bulk(ordered[start : start + ROWS_AT_ONCE])
    return found
