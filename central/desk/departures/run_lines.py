"""A run's rooms as pages and papers show them: the frozen register, what is to be paid, what is owed."""

from collections.abc import Iterable
from dataclasses import dataclass

from central.desk.debts.listing import owed_by_account
from central.desk.departures.models import Departure, DepartureRun
from central.desk.departures.runs import progress
from central.desk.departures.states import Standing, State, standings


@dataclass(frozen=True, slots=True)
class RunRow:
    """One room: its standing, the register it ended with, what it still owes in fen."""

    standing: Standing
    owed_fen: int

    @property
    def room(self) -> str:
        """The room's label."""
        return self.standing.case.account.point.room.full_label

    @property
    def register_wh(self) -> int | None:
        """The frozen register; None before it was read."""
        return self.standing.closing.final_register_wh if self.standing.closing else None

    @property
    def to_pay_fen(self) -> int:
        """What is to be paid out and was not."""
        return self.standing.left_fen if self.standing.state == State.WITHDRAWN else 0

    @property
    def paid_fen(self) -> int:
        """What was paid out."""
        paid = getattr(self.standing.case, "paid", None)
        return paid.amount_fen if paid else 0


def run_rows(run: DepartureRun, now_ms: int) -> list[RunRow]:
    """Give every room of a run."""
    return _with_debts(progress(run, now_ms), now_ms)


def rows_of(cases: Iterable[Departure], now_ms: int) -> list[RunRow]:
    """Give any cases as a run's rooms are given."""
    return _with_debts(standings(cases, now_ms), now_ms)


def _with_debts(found: list[Standing], now_ms: int) -> list[RunRow]:
    owed = owed_by_account([one.case.account.code for one in found], now_ms)
    return [RunRow(one, owed.get(one.case.account.code, 0)) for one in found]


def sums_of(rows: list[RunRow]) -> dict[str, int]:
    """Sum what is to be paid, was paid and is owed, in fen."""
    return {
        "to_pay": sum(row.to_pay_fen for row in rows),
        "paid": sum(row.paid_fen for row in rows),
        "owed": sum(row.owed_fen for row in rows),
    }
