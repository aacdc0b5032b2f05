"""The energy line's sources: the signed sheets of the electrician, and the automatic registers of the same instants (R-4.3.7).

Both sides of a line come from the agreed table, where they were frozen with its signatures: what was read, and what the register
said at that very instant. Masters stand for others' energy and are left out. Without a signed table
the electrician has said nothing; nor with one in which he read no meter, or that knows no use yet, as after a first reading.
"""

from collections.abc import Iterator, Sequence

from central.campus.models import Account, Building
from central.clock import campus_day
from central.domain.agreement_rows import Row
from central.domain.four_way import Party
from central.domain.periods import Period
from central.link.models import PeriodRegister
from central.losses.readings.agreeing import agreed_lines
from central.losses.readings.models import AgreedReading, ReadingSheet
from central.papers.accounting import instants_of
from central.reports.agreement.given import OURS, Given


def readings(periods: Sequence[Period], buildings: Sequence[Building]) -> tuple[Given, Given]:
    """Give what the electricians read, and what the registers say of it; where no table is signed, the registers alone."""
    by_hand, automatic = Given(Party.ELECTRICIAN), Given(Party.AUTOMATIC)
    for period in periods:
        sheets = ReadingSheet.objects.filter(period=period.name, building__in=buildings).prefetch_related(
            "tables"
        )
        signed = {sheet.building_id: sheet for sheet in sheets if sheet.tables.all()}
        for building in buildings:
            sheet = signed.get(building.pk)
            if sheet is not None:
                _take(by_hand, automatic, building.code, sheet)
            else:
                _take_registers(automatic, building, period)
    return by_hand, automatic


def _take(by_hand: Given, automatic: Given, building: str, sheet: ReadingSheet) -> None:
    frame = (building, sheet.period)
    counted = [line for line in agreed_lines(sheet).values() if not line.is_master]
    if not counted or any(line.hand_wh is not None and _used_by_hand(line) is not None for line in counted):
        by_hand.frames[frame] = OURS
    if not counted or any(line.automatic_use_wh is not None for line in counted):
        automatic.frames[frame] = OURS
    for line in counted:
        used_wh = _used_by_hand(line)
        if used_wh is not None:
            by_hand.rows.append(_row(line, frame, used_wh, line.hand_wh))
        if line.automatic_use_wh is not None:
            automatic.rows.append(_row(line, frame, line.automatic_use_wh, line.automatic_wh))


def _used_by_hand(line: AgreedReading) -> int | None:
    """Give what a meter used by his reading; where he could not read it, what he signed for it."""
    return line.hand_use_wh if line.hand_use_wh is not None else line.use_wh


def _row(line: AgreedReading, frame: tuple[str, str], used_wh: int, written_wh: int | None) -> Row:
    return Row(
        id=line.meter,
        building=frame[0],
        period=frame[1],
        day=campus_day(line.hand_ms or line.agreed_ms),
        amount=used_wh,
        place=line.room or line.meter,
        written=written_wh,
        is_typed=line.hand_wh is not None,
        origin=f"sheet:{line.table.sheet.building_id}:{frame[1]}",
    )


def _take_registers(automatic: Given, building: Building, period: Period) -> None:
    """Take what the gateway told of the period's two edges: meters that stand at both."""
    from_ms, until_ms = instants_of(period)
    rows = list(_between(building, period, from_ms, until_ms))
    if rows:
        automatic.rows += rows
        automatic.frames[building.code, period.name] = OURS


def _between(building: Building, period: Period, from_ms: int, until_ms: int) -> Iterator[Row]:
    told = PeriodRegister.objects.filter(
        gateway__building=building, period_ms__in=(from_ms, until_ms)
    ).order_by("meter")
    first = {one.meter: one for one in told if one.period_ms == from_ms}
    accounts = Account.objects.filter(code__in={one.account for one in told})
    rooms = {one.code: one.point.room.full_label for one in accounts.select_related("point__room__building")}
    for last in (one for one in told if one.period_ms == until_ms and one.account):
        if last.meter in first and last.register_wh >= first[last.meter].register_wh:
            yield Row(
                id=last.meter,
                building=building.code,
                period=period.name,
                day=period.last,
                amount=last.register_wh - first[last.meter].register_wh,
                place=rooms.get(last.account, last.meter),
                written=last.register_wh,
                is_typed=False,
                origin=f"building:{building.code}",
            )
