"""What a policy's values are in words, where each comes from, and what a change changes: field by field, for whoever signs it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from central.domain.paper import Column, Row, Table
from central.domain.rule_form import Group, Leaf, Parts, Rows, usual
from central.domain.rule_values import Kind, texts_of
from central.link.policy_words import CHOICES, DAYS, ROWS, UNITS, words_of
from central.office.templatetags.cardroom import unit_word
from gateway.contract.rules import DESK_CLOSED

WINDOW = ("days", "from_minute", "to_minute")


def said(leaf: Leaf, value: Any, unit: str) -> str:
    """Write one value as people say it, with its unit."""
    if value in (None, []):
        return _("none")
    match leaf.kind:
        case Kind.YES_NO:
            return _("yes") if value else _("no")
        case Kind.CALENDAR:
            return calendar_words(value)
        case Kind.WEEKDAYS:
            return "、".join(str(DAYS[day - 1]) for day in value if 1 <= day <= 7)
        case Kind.CHOICE:
            return str(CHOICES.get(value, value))
        case Kind.METERS | Kind.NAMES:
            return ", ".join(value)
        case Kind.INSTANT:
            return texts_of(leaf.kind, value)[0].replace("T", " ") if value else "–"
    text = texts_of(leaf.kind, value, unit)[0]
    word = unit_of(leaf, unit) if leaf.kind is not Kind.SECONDS else ""
    return f"{text} {word}".strip()


def unit_of(leaf: Leaf, unit: str) -> str:
    """Give the unit that stands behind a field."""
    if leaf.kind in (Kind.AMOUNT, Kind.LEVELS):
        return unit_word(unit)
    return str(UNITS.get(leaf.kind, ""))


def calendar_words(name: str) -> str:
    """Name a calendar; the one that every gateway knows is said in words."""
    return _("while the desk is closed") if name == DESK_CLOSED else name or _("none")


def flat(
    parts: Parts, values: Mapping[str, Any], unit: str, path: str = "", before: str = ""
) -> dict[str, str]:
    """Give what is said, by label and in order: groups field by field, a row's plain fields in one line."""
    lines: dict[str, str] = {}
    for part in parts:
        label = f"{before}{words_of(f'{path}{part.name}')[0]}"
        if part.name not in values:
            continue
        value = values[part.name]
        if isinstance(part, Leaf):
            lines[label] = said(part, value, unit)
        elif isinstance(part, Group):
            lines[label] = _("none") if value is None else _("set")
            lines |= flat(part.parts, value or {}, unit, f"{path}{part.name}.")
        else:
            label = f"{before}{ROWS[part.name]}"
            for number, row in enumerate(value, start=1):
                lines[f"{label} {number}"] = _row_line(part, row, unit, f"{path}{part.name}.")
                nested = tuple(one for one in part.parts if isinstance(one, Rows))
                lines |= flat(nested, row, unit, f"{path}{part.name}.", f"{label} {number} · ")
    return lines


def _row_line(part: Rows, row: Mapping[str, Any], unit: str, path: str) -> str:
    leaves = [one for one in part.parts if isinstance(one, Leaf) and one.name in row]
    if {one.name for one in leaves} == set(WINDOW):
        days, begins, ends = (said(one, row[one.name], unit) for one in leaves)
        return f"{days} {begins}–{ends}"
    said_so = [f"{words_of(path + one.name)[0]}: {said(one, row[one.name], unit)}" for one in leaves]
    return "; ".join(said_so) or _("all defaults")


def difference(
    parts: Parts, before: Mapping[str, Any], after: Mapping[str, Any], unit: str
) -> list[tuple[str, str, str]]:
    """Give every line that differs: its label, what was said, what is said; nothing said is empty."""
    was, is_now = flat(parts, usual(before), unit), flat(parts, usual(after), unit)
    labels = list(dict.fromkeys([*was, *is_now]))
    return [
        (label, was.get(label, ""), is_now.get(label, ""))
        for label in labels
        if was.get(label) != is_now.get(label)
    ]


def difference_table(title: str, lines: list[tuple[str, str, str]]) -> Table:
    """Give the differing lines as a paper's table; what is not said is said to be so."""
    columns = [
        Column("field", _("Field"), width=24),
        Column("before", _("Until now"), width=24),
        Column("after", _("From then on"), width=24),
    ]
    unsaid = _("not set here")
    return Table(
        title, columns, [Row([label, before or unsaid, after or unsaid]) for label, before, after in lines]
    )


@dataclass(frozen=True, slots=True)
class Effective:
    """One rule that holds for a room: what it is, and where it was said."""

    label: str
    sentence: str
    value: str
    origin: str
    is_said: bool = True
    """Somebody said it; else it is the default."""


def effective(
    parts: Parts, own: Mapping[str, Any], above: Mapping[str, Any], unit: str, origins: tuple[str, str, str]
) -> Iterator[Effective]:
    """Give every rule with its origin; `origins` name the holder itself, what stands above it, and the default."""
    for part in parts:
        label, sentence = (str(one) for one in words_of(part.name))
        place = 0 if part.name in own else 1 if part.name in above else 2
        value = own.get(part.name, above.get(part.name, getattr(part, "default", None)))
        said_there = (origins[place], place < 2)
        if isinstance(part, Leaf):
            yield Effective(label, sentence, said(part, value, unit), *said_there)
        elif not value:
            yield Effective(label, sentence, _("none"), *said_there)
        elif isinstance(part, Group):
            yield from _of_group(part, value, unit, said_there, origins[2])
        else:
            for name, line in flat((part,), {part.name: value}, unit).items():
                yield Effective(name, "" if " · " in name else sentence, line, *said_there)


def _of_group(
    group: Group, value: Mapping[str, Any], unit: str, said_there: tuple[str, bool], default: str
) -> Iterator[Effective]:
    for leaf in group.parts:
        if isinstance(leaf, Leaf):
            label, sentence = (str(one) for one in words_of(f"{group.name}.{leaf.name}"))
            shown = said(leaf, value.get(leaf.name, leaf.default), unit)
            there = said_there if leaf.name in value else (default, False)
            yield Effective(label, sentence, shown, *there)
