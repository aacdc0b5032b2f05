"""The rules as a form: whatever a gateway takes goes through the form and comes back the same, or is set aside and kept."""

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from central.domain.rule_form import (
    KINDS,
    Group,
    Leaf,
    Parts,
    Rows,
    not_shown,
    parts_of,
    read,
    read_over,
    usual,
    written,
)
from central.domain.rule_json import KEPT_APART, RuleKind, shape_mistakes
from central.domain.rule_values import Fault, Kind
from gateway.contract import rules as messages
from gateway.contract.rules import AccountRule, GroupRule, PolicyRule, PriceStep, PriceWindow

LIMITS = parts_of(AccountRule, lambda name: name not in KEPT_APART)
POLICY = parts_of(PolicyRule)
GROUPS: Parts = (Rows("groups", parts_of(GroupRule)),)
PRICES: Parts = (Rows("windows", parts_of(PriceWindow)), Rows("steps", parts_of(PriceStep)))
CLASS = (*parts_of(AccountRule, lambda name: name in ("overdraft", "warn_at")), *LIMITS)
FORMS = [LIMITS, POLICY, GROUPS, PRICES, CLASS]

codes = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,8}", fullmatch=True)
calendar_names = st.one_of(st.just(""), st.text("ab=;, 夜é", min_size=1, max_size=9))
VALUES = {
    Kind.YES_NO: st.booleans(),
    Kind.CALENDAR: calendar_names,
    Kind.NAME: codes,
    Kind.METERS: st.lists(codes, max_size=4),
    Kind.NAMES: st.lists(codes, max_size=4),
    Kind.CHOICE: st.sampled_from(["building", "floor", "riser"]),
    Kind.WEEKDAYS: st.sets(st.integers(1, 7), min_size=1).map(sorted),
    Kind.MINUTE: st.integers(0, 1439),
    Kind.END_MINUTE: st.integers(1, 1440),
    Kind.INSTANT: st.integers(0, 10**14),
}


def values(parts: Parts) -> st.SearchStrategy:
    """Draw what a gateway's message can hold in these fields; what is not needed may be missing."""
    needed = {part.name: _value(part) for part in parts if getattr(part, "needed", False)}
    other = {part.name: _value(part) for part in parts if part.name not in needed}
    return st.fixed_dictionaries(needed, optional=other)


def _value(part: Leaf | Group | Rows) -> st.SearchStrategy:
    if isinstance(part, Group):
        return st.one_of(st.none(), values(part.parts))
    if isinstance(part, Rows):
        return st.lists(values(part.parts).map(_as_the_message), max_size=3)
    numbers = st.integers(part.least, part.most)
    if part.kind is Kind.LEVELS:
        return st.lists(numbers, max_size=4).map(lambda levels: sorted(levels, reverse=True))
    return VALUES.get(part.kind, numbers)


def _as_the_message(row: dict) -> dict:
    if "micro_yuan_per_kwh" not in row:
        return row
    return {
        "window": {name: one for name, one in row.items() if name != "micro_yuan_per_kwh"},
        "micro_yuan_per_kwh": row["micro_yuan_per_kwh"],
    }


SLOW = settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)


@pytest.mark.parametrize("unit", ["yuan", "kwh"])
@pytest.mark.parametrize("parts", FORMS, ids=["limits", "policy", "groups", "prices", "class"])
@SLOW
@given(data=st.data())
def test_form_and_rules_are_each_other_s_mirror(parts, unit, data):
    value = data.draw(values(parts))
    texts = written(parts, value, unit)
    found = read(parts, texts, unit)
    assert found.faults == {}
    assert usual(found.value) == usual(value)
    assert _typed(written(parts, found.value, unit)) == _typed(texts)
    assert not_shown(parts, value, unit) == {}


def _typed(texts: dict) -> dict:
    return {name: said for name, said in texts.items() if any(said)}


anything = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text("abx.0 夜=", max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text("abx.0 夜=", max_size=5), inner, max_size=3)),
    max_leaves=6,
)  # fmt: skip


@pytest.mark.parametrize("parts", FORMS, ids=["limits", "policy", "groups", "prices", "class"])
@SLOW
@given(data=st.data())
def test_nothing_that_is_stored_is_dropped_in_silence(parts, data):
    """Names of another release, values out of all bounds, other forms: what the form can't hold is kept beside it."""
    known = st.dictionaries(
        st.sampled_from([part.name for part in parts] + ["new_rule"]), anything, max_size=3
    )
    stored = {**data.draw(values(parts)), **data.draw(known)}
    aside = not_shown(parts, stored, "yuan")
    shown = {name: one for name, one in stored.items() if name not in aside}
    back = read_over(parts, written(parts, shown, "yuan"), stored, "yuan")
    assert usual(back.value) == usual(stored)
    assert back.faults == {}


@given(value=values(LIMITS))
def test_what_the_form_gives_is_what_the_gateway_reads(value):
    """No name of the form's own: the wall takes the shape of whatever comes out, or names a rule that it breaks."""
    found = shape_mistakes(RuleKind.POINT_LIMITS, read(LIMITS, written(LIMITS, value, "yuan"), "yuan").value)
    assert {one.fault for one in found} <= {"broken-rule"}


def test_every_field_of_the_messages_is_on_the_form():
    """A field that the gateway learns must get a kind here, or this module can't be imported."""
    listed = {rule for rule in vars(messages).values() if isinstance(rule, type) and rule in KINDS}
    assert {AccountRule, PolicyRule, GroupRule, PriceStep, messages.ClockRule} <= listed
    limits = {field.name for field in msgspec.structs.fields(AccountRule)} - KEPT_APART
    assert {part.name for part in LIMITS} == limits
    assert {part.name for part in POLICY} == {field.name for field in msgspec.structs.fields(PolicyRule)}


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        ("cut_guard_window_s", "10 min", 600),
        ("cut_guard_window_s", "１０分钟", 600),
        ("cut_guard_window_s", "1 h 30 min", 5400),
        ("cut_guard_window_s", "0", 0),
        ("cut_guard_window_s", "600", Fault.NO_UNIT),
        ("cut_guard_window_s", "10 lightyears", Fault.NOT_A_NUMBER),
        ("cut_guard_window_s", "10 min !", Fault.NOT_A_NUMBER),
        ("cut_guard_count", "２０", 20),
        ("cut_guard_count", "-1", Fault.TOO_SMALL),
        ("cut_guard_count", "2.5", Fault.TOO_EXACT),
        ("cut_guard_count", "1e3", Fault.NOT_A_NUMBER),
        ("cut_guard_count", "9" * 19, Fault.TOO_LARGE),
        ("cut_guard_count", "9" * 5000, Fault.NOT_A_NUMBER),
        ("period_day", "29", Fault.TOO_LARGE),
        ("period_minute", "24:00", Fault.NOT_A_TIME),
        ("period_minute", "6", Fault.NOT_A_TIME),
        ("period_utc_offset_minutes", "+08:00", 480),
        ("period_utc_offset_minutes", "8", Fault.NOT_AN_OFFSET),
        ("isolated_until_ms", "2026-09-01 08:00", 1_788_220_800_000),
        ("isolated_until_ms", "soon", Fault.NOT_AN_INSTANT),
        ("isolated_until_ms", "0001-01-01T00:00", Fault.TOO_SMALL),
    ],
)
def test_what_people_type(field, typed, value):
    found = read(POLICY, {field: [typed]})
    assert (found.faults.get(field) or found.value[field]) == value


@pytest.mark.parametrize(
    ("unit", "typed", "value"),
    [
        ("yuan", "50", 50_000_000),
        ("yuan", "0.000001", 1),
        ("yuan", "0.0000001", Fault.TOO_EXACT),
        ("kwh", "1.5", 1500),
        ("kwh", "1,5", Fault.NOT_A_NUMBER),
    ],
)
def test_amounts_are_in_the_class_s_unit(unit, typed, value):
    found = read(CLASS, {"overdraft": [typed]}, unit)
    assert (found.faults.get("overdraft") or found.value["overdraft"]) == value


def test_levels_of_warning_fall():
    assert read(CLASS, {"warn_at": ["10；5、2"]}, "yuan").value == {
        "warn_at": [10_000_000, 5_000_000, 2_000_000]
    }
    assert read(CLASS, {"warn_at": ["5 10"]}, "yuan").faults == {"warn_at": Fault.NOT_FALLING}


def test_rows_come_and_go():
    night = {"calendar": "night", "windows": [{"days": [1], "from_minute": 1380, "to_minute": 1440}]}
    texts = written(POLICY, {"calendars": [night], "clocks": [{}]})
    assert texts["calendars.0.windows.0.to_minute"] == ["24:00"]
    assert read(POLICY, {**texts, "calendars.0.remove": ["1"]}).value == {"clocks": [{}]}
    more = {"calendars.3.calendar": ["exam"], "calendars.3.windows.0.days": ["6"]}
    found = read(POLICY, {**texts, **more})
    assert found.faults == {
        "calendars.3.windows.0.from_minute": Fault.MISSING,
        "calendars.3.windows.0.to_minute": Fault.MISSING,
    }
    end = {"calendars.0.windows.0.to_minute": ["0:00"]}
    assert read(POLICY, {**texts, **end}).value["calendars"] == [night], "midnight is the day's end"
    assert read(POLICY, {"calendars.0.calendar": ["new"]}).value == {
        "calendars": [{"calendar": "new", "windows": []}]
    }


def test_a_room_can_say_no_to_what_its_class_has():
    assert read(LIMITS, {"power_cap.is": ["none"], "no_cut": ["="]}).value == {
        "power_cap": None,
        "no_cut": "",
    }
    assert read(LIMITS, {"power_cap.is": [""], "power_cap.limit_w": ["5"], "no_cut": [""]}).value == {}
    assert read(LIMITS, {"power_cap.is": ["own"]}).value == {"power_cap": {}}
