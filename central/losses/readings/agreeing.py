"""The table that both houses sign: frozen with its check, kept line by line with the last signature, supplemented later (R-4.3.7).

The request carries every line: who signs, signs what is filed. A signed table never changes; what is found later is a supplement,
signed by the same chain, and printed with both dates.
"""

from collections.abc import Sequence
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from central.domain.hand_reading import DisplayFault, read_display
from central.domain.readings_compared import Source
from central.ledger.operations import record_audit
from central.losses.readings.comparing import Compared, GroupCompared
from central.losses.readings.models import AgreedReading, AgreedTable, ReadingSheet
from central.losses.readings.remarks import remarks_of
from central.office.acts import Approved, Content
from central.office.approvals import ApprovalRefusal, ask
from central.office.models import Approval, User

AGREED_READINGS = "agreed-readings"
LINE = (
    *("place", "meter", "room", "is_master", "last_wh", "last_ms", "hand_wh", "hand_ms", "hand_use_wh"),
    *("automatic_wh", "automatic_use_wh", "verdict", "settled", "agreed_wh", "agreed_ms", "use_wh"),
    *("source", "remarks"),
)
"""A line's names: in a request's content as in the table."""
LineData = dict[str, Any]


def line_data(one: Compared) -> LineData:
    """Freeze one compared line."""
    line, reading = one.line, one.line.reading
    is_read = reading is not None and reading.register_wh is not None
    known = one.automatic is not None and not one.automatic.is_late
    return {
        "place": line.place,
        "meter": line.meter.meter,
        "room": line.meter.room.full_label if line.meter.room else "",
        "is_master": bool(line.meter.masters_of),
        "last_wh": line.last.register_wh if line.last else None,
        "last_ms": line.last.at_ms if line.last else None,
        "hand_wh": one.hand_wh,
        "hand_ms": reading.at_ms if reading is not None and is_read else None,
        "hand_use_wh": one.hand_use_wh,
        "automatic_wh": one.automatic.register_wh if one.automatic and known else None,
        "automatic_use_wh": one.automatic_use_wh,
        "verdict": one.verdict.value,
        "settled": one.settled.value if one.settled else "",
        "agreed_wh": one.agreed_wh,
        "agreed_ms": one.at_ms,
        "use_wh": one.use_wh,
        "source": one.source.value,
        "remarks": remarks_of(one),
    }


def group_data(one: GroupCompared) -> LineData:
    """Freeze one group's balance: by the agreed values, and by the registers."""
    hand, registers = one.by_hand, one.by_registers
    found = hand.balance
    return {
        "group": hand.group,
        "master": one.rule.master,
        "master_wh": found.master_wh if found else None,
        "subs_wh": found.subs_wh if found else None,
        "own_wh": found.own_use_wh if found else None,
        "lost_ppm": hand.lost_ppm,
        "fixed_ppm": one.rule.fixed_loss_ppm,
        "tolerance_ppm": one.rule.tolerance_ppm,
        "unexplained_wh": found.unexplained_wh if found else None,
        "automatic_master_wh": registers.balance.master_wh if registers.balance else None,
        "automatic_subs_wh": registers.balance.subs_wh if registers.balance else None,
        "automatic_lost_ppm": registers.lost_ppm,
        "is_beyond": hand.is_beyond,
        "is_below": hand.is_below,
        "missing": list(hand.missing),
    }


def content_of(sheet: ReadingSheet, found: Sequence[Compared], groups: Sequence[GroupCompared]) -> Content:
    """Give what is put before those who sign: the whole table."""
    readers = dict.fromkeys(one.line.reading.by.spoken_name for one in found if one.line.reading)
    return {
        "sheet": sheet.pk,
        "building": sheet.building.name,
        "period": sheet.period,
        "number": 1,
        "read_by": ", ".join(readers)[:300],
        "lines": [line_data(one) for one in found],
        "groups": [group_data(one) for one in groups],
    }


def subject_of(sheet: ReadingSheet) -> str:
    """Name a request: building and month."""
    return f"{sheet.building.name} {sheet.period.partition(':')[2]}"


def waiting(sheet: ReadingSheet) -> bool:
    """Say whether the sheet's table lies before those who sign."""
    return Approval.objects.filter(pk=sheet.approval, state=Approval.State.WAITING).exists()


def readers_of(content: Content) -> list[int]:
    """Give who read or closed the sheet: they sign nothing of it."""
    sheet = ReadingSheet.objects.filter(pk=content["sheet"]).first()
    if sheet is None or content["number"] != 1:
        return []
    readers = set(sheet.readings.values_list("by_id", flat=True))
    return sorted(readers | ({sheet.closed_by_id} if sheet.closed_by_id else set()))


def carry_out(content: Content, approved: Approved) -> str:
    """File the signed table; "" when it is done, else why it can't be any more."""
    sheet = (
        ReadingSheet.objects.select_for_update(of=("self",), no_key=True).filter(pk=content["sheet"]).first()
    )
    number = content["number"]
    wanted = ReadingSheet.State.CHECKED if number == 1 else ReadingSheet.State.AGREED
    if sheet is None or sheet.state != wanted or sheet.tables.count() != number - 1:
        return _("The sheet has changed meanwhile. Check it and ask again.")
    table = AgreedTable.objects.create(
        sheet=sheet,
        number=number,
        approval=approved.number,
        asked_by=approved.asked_by.spoken_name,
        signed_by=[one.spoken_name for one in approved.signed_by],
        read_by=content["read_by"],
        why=approved.why[:300],
        groups=content["groups"],
        agreed_ms=approved.now_ms,
    )
    AgreedReading.objects.bulk_create(
        [AgreedReading(table=table, **{name: line[name] for name in LINE}) for line in content["lines"]]
    )
    if number == 1:
        sheet.state = ReadingSheet.State.AGREED
        sheet.save(update_fields=["state"])
    record_audit(
        actor=approved.asked_by.get_username(),
        action="agree-readings",
        subject=subject_of(sheet),
        detail=f"approval {approved.number}: table {number}, {len(content['lines'])} lines",
        now_ms=approved.now_ms,
    )
    return ""


@transaction.atomic
def ask_supplement(
    table_id: int, meter: str, typed: str, why: str, key: str, *, actor: User, now_ms: int
) -> Approval | ApprovalRefusal | DisplayFault | None:
    """Ask that a meter's agreed value is put right after the signatures; None where the table has no such meter.

    The signed line stays; the supplement's line stands beside it, with its own date (`carry_out`).
    """
    table = AgreedTable.objects.select_related("sheet__building").filter(pk=table_id).first()
    now = agreed_lines(table.sheet).get(meter) if table else None
    if table is None or now is None:
        return None
    read = read_display(typed)
    if isinstance(read, DisplayFault):
        return read
    before = {name: getattr(now, name) for name in LINE}
    use_wh = None if now.use_wh is None or now.agreed_wh is None else now.use_wh + read - now.agreed_wh
    if use_wh is None and now.last_wh is not None:
        use_wh = read - now.last_wh
    content = {
        "sheet": table.sheet_id,
        "building": table.sheet.building.name,
        "period": table.sheet.period,
        "number": table.sheet.tables.count() + 1,
        "read_by": "",
        "lines": [
            before
            | {"agreed_wh": read, "use_wh": use_wh, "source": Source.HAND.value, "remarks": why.strip()[:300]}
        ],
        "groups": [],
    }
    return ask(
        AGREED_READINGS,
        content,
        subject=subject_of(table.sheet),
        why=why,
        actor=actor,
        now_ms=now_ms,
        key=key,
    )


def agreed_lines(sheet: ReadingSheet) -> dict[str, AgreedReading]:
    """Give by meter the line that holds now: a supplement's over its table's."""
    lines = AgreedReading.objects.filter(table__sheet=sheet).order_by("table__number", "place")
    return {one.meter: one for one in lines}
