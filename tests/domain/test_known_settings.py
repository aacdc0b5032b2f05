"""Dated settings: every default is a value of its kind, what is no value is named, and fields read back what they show."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.known_settings import (
    BY_CODE,
    SETTINGS,
    Kind,
    Known,
    ValueFault,
    fault_of,
    in_season,
    on_days,
)
from central.office.setting_fields import read_value, typed_text
from central.office.setting_names import CHAPTERS
from central.office.setting_words import NAMED

MONTH_DAYS = st.dates().map(lambda day: f"{day:%m-%d}")
TIMES = st.integers(0, 1440).map(lambda minute: f"{minute // 60:02d}:{minute % 60:02d}")
VALUES: dict[Kind, st.SearchStrategy[object]] = {
    Kind.FEN: st.integers(0, 10**9),
    Kind.WATT_HOURS: st.integers(0, 10**9),
    Kind.MINUTES: st.integers(1, 1440),
    Kind.DAY_OF_MONTH: st.integers(1, 28),
    Kind.HOUR_OF_DAY: st.integers(0, 23),
    Kind.YES_NO: st.booleans(),
    Kind.TEXTS: st.lists(
        st.text("公章 abc（）：-", min_size=1, max_size=20).map(str.strip).filter(bool),
        min_size=1,
        max_size=5,
    ),
    Kind.SPANS: st.sets(TIMES, min_size=2, max_size=8).map(
        lambda times: [list(pair) for pair in zip(*[iter(sorted(times))] * 2, strict=False)]
    ),
    Kind.DAY_SPANS: st.lists(st.tuples(MONTH_DAYS, MONTH_DAYS).map(list), max_size=4),
    Kind.SEASONS: st.lists(
        st.fixed_dictionaries({"from": MONTH_DAYS, "until": MONTH_DAYS, "fen": st.integers(0, 10**6)}),
        max_size=4,
    ),
}


@pytest.mark.parametrize("known", SETTINGS, ids=lambda known: known.code)
def test_every_default_is_a_value_with_words(known: Known) -> None:
    assert fault_of(known, known.default) is None
    assert known.code in NAMED
    assert known.chapter in CHAPTERS


def test_no_setting_is_there_twice() -> None:
    assert len(BY_CODE) == len(SETTINGS)


@pytest.mark.parametrize("kind", VALUES)
@given(data=st.data())
def test_a_field_reads_what_it_shows(kind: Kind, data: st.DataObject) -> None:
    known, value = Known("a.b", kind, 0, "R-0"), data.draw(VALUES[kind])
    assert read_value(known, typed_text(known, value)) == value


@pytest.mark.parametrize(
    ("kind", "text", "fault"),
    [
        (Kind.FEN, "8 yuan", ValueFault.NOT_THIS_KIND),
        (Kind.FEN, "-1", ValueFault.TOO_SMALL),
        (Kind.FEN, "0.001", ValueFault.NOT_THIS_KIND),
        (Kind.COUNT, "", ValueFault.NOT_THIS_KIND),
        (Kind.COUNT, "1e3", ValueFault.NOT_THIS_KIND),
        (Kind.COUNT, "9" * 30, ValueFault.TOO_LARGE),
        (Kind.HOUR_OF_DAY, "24", ValueFault.TOO_LARGE),
        (Kind.SPANS, "11:30", ValueFault.NOT_A_TIME),
        (Kind.SPANS, "25:00-26:00", ValueFault.NOT_A_TIME),
        (Kind.SPANS, "13:00-12:00", ValueFault.NOT_IN_ORDER),
        (Kind.SPANS, "08:00-12:00\n11:00-13:00", ValueFault.NOT_IN_ORDER),
        (Kind.SPANS, "", ValueFault.EMPTY),
        (Kind.DAY_SPANS, "02-30 - 03-01", ValueFault.NOT_A_DAY),
        (Kind.SEASONS, "09-01 - 09-30", ValueFault.NOT_A_DAY),
        (Kind.SEASONS, "09-01 - 09-30: much", ValueFault.NOT_THIS_KIND),
        (Kind.TEXTS, " \n ", ValueFault.EMPTY),
        (Kind.TEXTS, "x" * 201, ValueFault.TOO_LONG),
        (Kind.TEXTS, "x\n" * 21, ValueFault.TOO_LONG),
        (Kind.YES_NO, "maybe", ValueFault.NOT_A_CHOICE),
    ],
)
def test_what_is_wrong_is_named(kind: Kind, text: str, fault: ValueFault) -> None:
    assert read_value(Known("a.b", kind, 0, "R-0"), text) is fault


def test_full_width_digits_are_understood() -> None:
    assert read_value(Known("a.b", Kind.FEN, 0, "R-0"), "８．５０") == 850
    assert read_value(Known("a.b", Kind.SPANS, [], "R-0"), "８：００－12：30") == [["08:00", "12:30"]]


def test_a_season_may_go_over_new_year() -> None:
    winter = [
        {"from": "12-20", "until": "02-28", "fen": 5000},
        {"from": "01-01", "until": "01-05", "fen": 9000},
    ]
    found = {day: in_season(winter, day) for day in ("12-19", "12-20", "01-03", "02-28", "02-29")}
    assert found == {"12-19": None, "12-20": 5000, "01-03": 9000, "02-28": 5000, "02-29": None}
    assert on_days([["12-20", "02-28"]], "01-01")
    assert not on_days([["12-20", "02-28"]], "03-01")


def test_what_no_code_reads_is_marked_and_nothing_else() -> None:
    """A setting that only looks as if it did something would mislead the heads who sign it."""
    root = Path(__file__).resolve().parents[2] / "central"
    words = {"known_settings.py", "setting_names.py", "workshop_setting_words.py"}
    code = "".join(path.read_text() for path in root.rglob("*.py") if path.name not in words)
    assert 'f"check.points-{party}"' in code
    assert {known.code for known in SETTINGS if known.is_read} == {
        known.code
        for known in SETTINGS
        if f'"{known.code}"' in code or known.code.startswith("check.points-")
    }
