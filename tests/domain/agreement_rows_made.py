"""Made-up rows for the tests of the four-way agreement."""

from datetime import date, timedelta

from hypothesis import strategies as st

from central.domain.agreement_rows import Row, Rules

PERIOD, AFTER = "period:2026-11", "period:2026-12"
FIRST = date(2026, 11, 1)
BUILDINGS = ("1", "2")
DAY_MS = 86_400_000
EDGES = {PERIOD: (0, 30 * DAY_MS), AFTER: (30 * DAY_MS, 60 * DAY_MS)}
RULES = Rules(edges=EDGES, shown_at_most=10_000)


def row(name: str, amount: int, day: int = 3, **more: object) -> Row:
    """Give a row of building 1 and the period, with a receipt number and a room unless told otherwise."""
    found = {"building": "1", "period": PERIOD, "place": f"room-{name}", "document": f"doc-{name}", **more}
    return Row(name, day=FIRST + timedelta(days=day), amount=amount, **found)  # type: ignore[arg-type]


def copy_of(one: Row, **changes: object) -> Row:
    """Give the other source's row of the same payment, with changes."""
    fields = {name: getattr(one, name) for name in Row.__slots__}
    return Row(**{**fields, "id": f"k{one.id}", **changes})  # type: ignore[arg-type]


@st.composite
def two_lists(draw: st.DrawFn) -> tuple[list[Row], list[Row]]:
    """Give two sources' rows of two buildings and two periods, alike or not, with keys or without: anything may be wrong."""
    left, right = [], []
    for at in range(draw(st.integers(0, 7))):
        at_ms = draw(st.integers(0, 59)) * DAY_MS
        one = row(
            str(at),
            draw(st.sampled_from([3_000, 5_000, 10_000, 1_500, 12_300, -3_000])),
            draw(st.integers(0, 2)),
            building=draw(st.sampled_from(BUILDINGS)),
            period=draw(st.sampled_from([PERIOD, PERIOD, AFTER])),
            document=draw(st.sampled_from(["", f"{at}", "7"])),
            place=draw(st.sampled_from(["", "101", "102"])),
            at_ms=at_ms,
        )
        fate = draw(
            st.sampled_from(
                ["same", "same", "bare", "left", "right", "twice", "amount", "building", "period"]
            )
        )
        changes: dict[str, object] = {
            "bare": {"document": "", "place": ""},
            "amount": {"amount": draw(st.sampled_from([3_000, 8_000, 13_200, 700]))},
            "building": {"building": draw(st.sampled_from(BUILDINGS))},
            "period": {"period": AFTER},
        }.get(fate, {})
        if fate != "right":
            left.append(one)
        if fate != "left":
            right.append(copy_of(one, **changes))
        if fate == "twice":
            right.append(copy_of(one, id=f"kk{one.id}"))
    return left, right
