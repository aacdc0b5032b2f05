"""Rows near a period's edges, in the order in which another cut-off instant would take them over. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from central.domain.agreement_rows import Frame, Row, Rules


@dataclass(frozen=True, slots=True)
class Run:
    """Rows from an edge on; a cut-off takes the first of them, as many as lie on its wrong side. `sign`: +1: the sum lacks them."""

    rows: tuple[Row, ...]
    sign: int
    other: Frame | None
    """The building and period on the other side of the edge; None when it is not known."""


def edge_runs(rows: Sequence[Row], period: str, rules: Rules) -> list[list[Row]]:
    """Give the rows near the period's end, the last first, and those near its beginning, the first first."""
    if period not in rules.edges:
        return []
    begins_ms, ends_ms = rules.edges[period]
    timed = sorted((row.at_ms, row.id, at) for at, row in enumerate(rows) if row.at_ms is not None)
    window_ms = rules.cut_off_window_ms
    last = [rows[at] for at_ms, _id, at in reversed(timed) if ends_ms - window_ms <= at_ms < ends_ms]
    first = [rows[at] for at_ms, _id, at in timed if begins_ms <= at_ms < begins_ms + window_ms]
    return [last, first]
