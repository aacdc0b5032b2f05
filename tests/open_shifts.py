"""Shifts for tests whose matter is another one: opened with an empty drawer, at a drawer of one's own, ended when asked."""

from central.desk.shift_models import Shift, ShiftEnd
from central.desk.shifts import Counted, drawer_tie, end_shift, open_shift, open_shift_of
from central.office.models import DatedValue, User


def have_drawers(*names: str) -> None:
    """Let the desk have had these drawers from the beginning."""
    DatedValue.objects.create(
        code="desk.drawers", place="campus", value=list(names), from_ms=0, made_by="test", made_ms=0
    )


def on_shift(cashier: User, now_ms: int, drawer: str = "main", float_fen: int = 0) -> Shift:
    """Open a shift. It must work: the test is about something else."""
    shift = open_shift(drawer, Counted(float_fen), cashier, reason="float", now_ms=now_ms)
    assert isinstance(shift, Shift), shift
    return shift


def off_shift(shift: Shift, now_ms: int, left_fen: int = 0) -> ShiftEnd:
    """End a shift that counts exactly what the books say."""
    counted = drawer_tie(shift, 0).expected_fen
    end = end_shift(shift.pk, Counted(counted), left_fen, shift.cashier, now_ms=now_ms)
    assert isinstance(end, ShiftEnd), end
    return end


def have_shift(cashier: User, now_ms: int) -> User:
    """Open a shift unless one is open; give the cashier, who may take cash now."""
    if open_shift_of(cashier) is None:
        on_shift(cashier, now_ms)
    return cashier
