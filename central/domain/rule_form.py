"""The gateway's rules as a form: which fields there are, how a part becomes fields, and fields a part again.

The fields are the messages' own (`gateway.contract.rules`), so that one the gateway learns can't be forgotten here. A form is a
flat table from a field's name to its texts, as a browser sends it: `power_cap.limit_w`, `calendars.0.windows.1.days`.
A field left empty says nothing: the part has no such name, and the class's value or the gateway's default holds.
Pure. What no form can hold is set aside by `not_shown`, and put back as it was: nothing is dropped in silence.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin

import msgspec

from central.domain.rule_values import Fault, Kind, UnreadableError, texts_of, value_of
from gateway.contract.rules import (
    AccountRule,
    CalendarException,
    CalendarRule,
    ClockRule,
    EmergencyRule,
    GroupKind,
    GroupRule,
    HighPowerRule,
    PolicyRule,
    PowerCapRule,
    PriceStep,
    PriceWindow,
    SoftwareControlRule,
    WeekWindow,
)

Texts = Mapping[str, Sequence[str]]
MODE, ROW, REMOVED = "is", "is", "remove"
"""Beside a group's fields: what it is; beside a row's: that it was there before, and that it shall go."""
OWN, NONE, KEPT = "own", "none", "kept"
MOST = 10**15
MOST_ROWS = 400
LISTS = (Kind.METERS, Kind.NAMES, Kind.LEVELS)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One field. `default` is what holds while it is empty; `needed` that a row can't do without it."""

    name: str
    kind: Kind
    default: Any = None
    needed: bool = False
    least: int = 0
    most: int = MOST
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Several fields that are set together or not at all."""

    name: str
    parts: "Parts"


@dataclass(frozen=True, slots=True)
class Rows:
    """A list, a row for each. `needed`: it must be there, even without rows."""

    name: str
    parts: "Parts"
    needed: bool = False


Part = Leaf | Group | Rows
Parts = tuple[Part, ...]

_K = Kind
_ANY = {"least": -MOST}
KINDS: dict[type, dict[str, Kind | tuple[Kind, dict[str, int]]]] = {
    AccountRule: {
        **dict.fromkeys(("overdraft", "no_cut_extra", "isolated_extra"), _K.AMOUNT),
        "protected": _K.YES_NO,
        "warn_at": (_K.LEVELS, _ANY),
        "max_power_w": (_K.WATTS, {"least": 1, "most": 2**31 - 1}),
        **dict.fromkeys(("no_cut", "lights_out"), _K.CALENDAR),
    },
    EmergencyRule: {"limit": _K.AMOUNT, "hours": _K.HOURS, "every_days": _K.DAYS},
    PowerCapRule: {
        **dict.fromkeys(("limit_w", "night_limit_w"), _K.WATTS),
        "night": _K.CALENDAR,
        "confirmations": (_K.COUNT, {"least": 2}),
        "restore_after_s": _K.SECONDS,
        "restores_per_day": _K.COUNT,
    },
    HighPowerRule: {
        "step_w": (_K.WATTS, {"least": 1}),
        "power_factor_milli": (_K.FACTOR, {"most": 1000}),
        "confirmations": (_K.COUNT, {"least": 2}),
        "restore_after_s": _K.SECONDS,
        "restores_per_day": _K.COUNT,
    },
    SoftwareControlRule: {"from_ms": (_K.INSTANT, {}), "wh_per_day": _K.WATT_HOURS},
    WeekWindow: {"days": _K.WEEKDAYS, "from_minute": _K.MINUTE, "to_minute": _K.END_MINUTE},
    PriceWindow: {"micro_yuan_per_kwh": _K.PRICE},
    PriceStep: {"above_wh": (_K.WATT_HOURS, {"least": 1}), "add_micro_yuan_per_kwh": _K.PRICE},
    CalendarException: {"from_ms": _K.INSTANT, "to_ms": _K.INSTANT},
    CalendarRule: {"calendar": _K.NAME, "utc_offset_minutes": (_K.OFFSET, {"least": -720, "most": 840})},
    GroupRule: {
        **dict.fromkeys(("group", "master"), _K.NAME),
        "kind": _K.CHOICE,
        "subs": _K.METERS,
        "sub_groups": _K.NAMES,
        "from_ms": _K.INSTANT,
        "own_use_w": _K.WATTS,
        **dict.fromkeys(("fixed_loss_ppm", "tolerance_ppm", "master_class_ppm", "sub_class_ppm"), _K.SHARE),
    },
    ClockRule: {
        "from_ms": _K.INSTANT,
        "on": _K.YES_NO,
        "drift_s": (_K.SECONDS, {"least": 1, "most": 300}),
        "hour": (_K.COUNT, {"most": 23}),
    },
    PolicyRule: {
        "cut_guard_count": _K.COUNT,
        "restore_gap_ms": _K.MILLISECONDS,
        **dict.fromkeys(
            (
                *("cut_guard_window_s", "settle_every_s", "silent_alarm_after_s", "new_account_grace_s"),
                *("isolated_after_s", "balance_every_s", "loss_judged_every_s"),
            ),
            _K.SECONDS,
        ),
        **dict.fromkeys(("keep_acked_days", "keep_ledger_days"), _K.DAYS),
        "isolated_until_ms": _K.INSTANT,
        "period_day": (_K.COUNT, {"least": 1, "most": 28}),
        "period_minute": _K.MINUTE,
        "period_utc_offset_minutes": (_K.OFFSET, {"least": -720, "most": 840}),
    },
}
"""What each field of the messages is, and its bounds where they are not 0 and so high that nobody means it."""


def parts_of(message: type, names: Callable[[str], bool] = lambda _name: True) -> Parts:
    """Give the fields of a message, in its order. A field that has no kind is a KeyError: nothing is left out unsaid."""
    fields = msgspec.structs.fields(message)
    return tuple(part for field in fields if names(field.name) for part in _parts(message, field))


def _parts(message: type, field: Any) -> Iterator[Part]:
    inner, many = _inner(field.type)
    needed = field.default is msgspec.NODEFAULT and field.default_factory is msgspec.NODEFAULT
    if inner is WeekWindow and not many:
        yield from parts_of(inner)
    elif inner is not None:
        yield Rows(field.name, parts_of(inner), needed) if many else Group(field.name, parts_of(inner))
    else:
        said = KINDS[message][field.name]
        kind, bounds = said if isinstance(said, tuple) else (said, {})
        default = None if needed else _default(field)
        choices = tuple(one.value for one in GroupKind) if kind is Kind.CHOICE else ()
        least, most = bounds.get("least", 0), bounds.get("most", MOST)
        yield Leaf(field.name, kind, default, needed, least, most, choices)


def _default(field: Any) -> Any:
    made = field.default_factory() if field.default is msgspec.NODEFAULT else field.default
    return msgspec.to_builtins(made)


def _inner(annotation: Any) -> tuple[type | None, bool]:
    """Give the message inside a type, and whether it is a list of them; a plain value has none."""
    if get_origin(annotation) is list:
        inner, _many = _inner(get_args(annotation)[0])
        return inner, True
    if get_origin(annotation) in (Union, UnionType):
        return next((one for one in get_args(annotation) if one in KINDS), None), False
    return (annotation if annotation in KINDS else None), False


def written(parts: Parts, given: Mapping[str, Any], unit: str = "", prefix: str = "") -> dict[str, list[str]]:
    """Write a part's values as a form's texts; what is not there has none."""
    texts: dict[str, list[str]] = {}
    for part in parts:
        name = f"{prefix}{part.name}"
        if part.name not in given:
            continue
        value = given[part.name]
        if isinstance(part, Leaf):
            texts[name] = texts_of(part.kind, value, unit)
        elif isinstance(part, Rows):
            for number, row in enumerate(value):
                texts[f"{name}.{number}.{ROW}"] = [KEPT]
                texts |= written(part.parts, _flat(row), unit, f"{name}.{number}.")
        else:
            texts[f"{name}.{MODE}"] = [NONE if value is None else OWN]
            texts |= written(part.parts, value or {}, unit, f"{name}.")
    return texts


def _flat(row: Mapping[str, Any]) -> dict[str, Any]:
    """A price's window stands beside its price on the form."""
    return {**row.get("window", {}), **{name: value for name, value in row.items() if name != "window"}}


@dataclass(frozen=True, slots=True)
class Read:
    """What a form says: the part, and by field why what was typed there can't be taken."""

    value: dict[str, Any]
    faults: dict[str, Fault]


def read(parts: Parts, texts: Texts, unit: str = "") -> Read:
    """Read a form's texts as a part of the rules."""
    faults: dict[str, Fault] = {}
    return Read(_read(parts, texts, unit, "", faults), faults)


def read_over(parts: Parts, texts: Texts, stored: Mapping[str, Any], unit: str = "") -> Read:
    """Read a form that was made from a stored part: what the form could not show stays as it was."""
    found = read(parts, texts, unit)
    return Read({**found.value, **not_shown(parts, stored, unit)}, found.faults)


def _read(parts: Parts, texts: Texts, unit: str, prefix: str, faults: dict[str, Fault]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for part in parts:
        name = f"{prefix}{part.name}"
        if isinstance(part, Leaf):
            if is_typed(texts.get(name, ())):
                _take(part, texts[name], unit, name, value, faults)
            elif part.needed and part.kind in LISTS:
                value[part.name] = []
            elif part.needed:
                faults[name] = Fault.NO_DAY if part.kind is Kind.WEEKDAYS else Fault.MISSING
        elif isinstance(part, Rows):
            rows = _read_rows(part, texts, unit, name, faults)
            if rows or part.needed:
                value[part.name] = rows
        elif (mode := _first(texts, f"{name}.{MODE}")) == OWN:
            value[part.name] = _read(part.parts, texts, unit, f"{name}.", faults)
        elif mode == NONE:
            value[part.name] = None
    return value


def _take(
    leaf: Leaf, texts: Sequence[str], unit: str, name: str, value: dict[str, Any], faults: dict[str, Fault]
) -> None:
    try:
        found = value_of(leaf.kind, texts, unit)
    except UnreadableError as error:
        faults[name] = error.fault
        return
    for one in found if leaf.kind is Kind.LEVELS and isinstance(found, list) else [found]:
        if isinstance(one, int) and not leaf.least <= one <= leaf.most:
            faults[name] = Fault.TOO_SMALL if one < leaf.least else Fault.TOO_LARGE
            return
    if leaf.choices and found not in leaf.choices:
        faults[name] = Fault.NOT_A_CHOICE
        return
    value[leaf.name] = found


def _read_rows(
    part: Rows, texts: Texts, unit: str, name: str, faults: dict[str, Fault]
) -> list[dict[str, Any]]:
    """A row that nothing was typed in, or that shall go, is none. One that was there and can be all defaults stays."""
    can_be_bare = not any(isinstance(one, Leaf) and one.needed for one in part.parts)
    rows = []
    for number in range(row_count(part, texts, name)):
        prefix = f"{name}.{number}."
        stays = can_be_bare and _first(texts, f"{prefix}{ROW}") == KEPT
        if _first(texts, f"{prefix}{REMOVED}") or not (stays or _row_is_typed(texts, prefix)):
            continue
        row = _read(part.parts, texts, unit, prefix, faults)
        rows.append(_nested(row) if any(one.name == "micro_yuan_per_kwh" for one in part.parts) else row)
    return rows


def _nested(row: dict[str, Any]) -> dict[str, Any]:
    window = {name: row[name] for name in ("days", "from_minute", "to_minute") if name in row}
    return {"window": window, **{name: value for name, value in row.items() if name not in window}}


def row_count(part: Rows, texts: Texts, name: str) -> int:
    """Give how many rows of a list were sent."""
    number = re.compile(rf"{re.escape(name)}\.(\d{{1,3}})\.")
    found = [int(one[1]) for key in texts if (one := number.match(key))]
    return min(max(found, default=-1) + 1, MOST_ROWS)


def _row_is_typed(texts: Texts, prefix: str) -> bool:
    marks = (f".{ROW}", f".{REMOVED}")
    return any(
        key.startswith(prefix) and not key.endswith(marks) and is_typed(said) for key, said in texts.items()
    )


def is_typed(texts: Sequence[str]) -> bool:
    """Say whether anything stands in a field."""
    return any(text.strip() for text in texts)


def _first(texts: Texts, name: str) -> str:
    said = texts.get(name, ())
    return said[0] if said else ""


def not_shown(parts: Parts, stored: Mapping[str, Any], unit: str = "") -> dict[str, Any]:
    """Give what of a stored part no form would give back as it is: unknown names, values out of every bound or of another form."""
    return {name: value for name, value in stored.items() if not _is_shown(parts, {name: value}, unit)}


def _is_shown(parts: Parts, alone: Mapping[str, Any], unit: str) -> bool:
    known = tuple(part for part in parts if part.name in alone)
    try:
        back = read(known, written(known, alone, unit), unit)
    except (TypeError, ValueError, AttributeError, KeyError):
        return False
    return bool(known) and not back.faults and usual(back.value) == usual(alone)


def usual(value: Any) -> Any:
    """Give the same rules in one way of writing them: no empty lists, days in their order, each once."""
    if isinstance(value, Mapping):
        return {
            name: sorted(set(one)) if name == "days" else usual(one)
            for name, one in value.items()
            if one != []
        }
    return [usual(one) for one in value] if isinstance(value, list) else value
