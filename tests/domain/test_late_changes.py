"""What changed in a locked period's rows: nothing for the same rows brought in anew, both signs and both dates for the rest."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from central.domain.agreement_rows import Row
from central.domain.late_changes import changes_since

LATE = date(2026, 12, 3)
ROWS = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from(("", "R1", "R2")), st.integers(-3, 3)), max_size=8
)


def rows_of(told: list[tuple[int, str, int]], start: int) -> list[Row]:
    return [
        Row(f"{start + place}", "1", "period:2026-11", date(2026, 11, day), amount, document=document)
        for place, (day, document, amount) in enumerate(told)
    ]


@given(kept=ROWS, now=ROWS)
def test_the_changes_are_the_whole_difference_and_no_more(kept, now):
    before, after = rows_of(kept, 0), rows_of(now, 100)
    found = changes_since(before, after, "period:2026-12", lambda row: LATE)
    sums = [sum(row.amount for row in rows) for rows in (found, after, before)]
    assert sums[0] == sums[1] - sums[2]
    assert len(found) <= len(before) + len(after)
    assert len({row.id for row in found}) == len(found)
    assert {(row.period, row.booked) for row in found} <= {("period:2026-12", LATE)}
    assert changes_since(before, rows_of(kept[::-1], 100), "period:2026-12", lambda row: LATE) == []
