"""A sheet as its template draws it: each field with its label, sentence, unit, default, origin, text and what is wrong with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from central.domain.rule_form import (
    KEPT,
    MODE,
    NONE,
    OWN,
    REMOVED,
    ROW,
    Group,
    Leaf,
    Part,
    Parts,
    Rows,
    Texts,
    is_typed,
    row_count,
)
from central.domain.rule_values import NONE_OF_THEM, Fault, Kind
from central.link.policy_said import calendar_words, said, unit_of
from central.link.policy_words import CHOICES, DAYS, FAULTS, ROWS, words_of
from gateway.contract.rules import DESK_CLOSED

WIDGETS = {
    Kind.WEEKDAYS: "days",
    Kind.METERS: "area",
    Kind.NAMES: "area",
    Kind.INSTANT: "instant",
    **dict.fromkeys((Kind.CALENDAR, Kind.CHOICE, Kind.YES_NO), "select"),
}
DECIMAL = frozenset(
    {Kind.AMOUNT, Kind.WATTS, Kind.WATT_HOURS, Kind.PRICE, Kind.SHARE, Kind.FACTOR, Kind.COUNT, Kind.HOURS}
)


@dataclass(frozen=True, slots=True)
class Option:
    """A choice of a list, or a box to tick."""

    value: str
    label: str
    chosen: bool


@dataclass(slots=True)
class Node:
    """A field, a group or a list; `widget` says how it is drawn."""

    widget: str
    name: str
    label: str
    sentence: str = ""
    unit: str = ""
    text: str = ""
    origin: str = ""
    fault: str = ""
    needed: bool = False
    decimal: bool = False
    options: list[Option] = field(default_factory=list)
    nodes: list["Node"] = field(default_factory=list)
    kept: bool = False
    removed: bool = False
    number: int = 0
    is_open: bool = True
    """Its fields are shown at once, not when somebody asks for them."""

    @property
    def id(self) -> str:
        """The field's id on the page."""
        return "id_" + self.name.replace(".", "-")


@dataclass(frozen=True, slots=True)
class Drawing:
    """What all nodes of one sheet share."""

    texts: Texts
    faults: Mapping[str, Fault]
    unit: str
    calendars: Sequence[str]
    above: Mapping[str, Any]
    """What holds above, where there is something above; by the names of the sheet's top fields."""
    added: str = ""
    """The list that gets one more row."""

    def draw(self, parts: Parts) -> list[Node]:
        """Give a node for every part of a sheet."""
        return [self._node(part, part.name, self.above) for part in parts]

    def _node(self, part: Part, name: str, above: Mapping[str, Any]) -> Node:
        label, sentence = (str(one) for one in words_of(_without_numbers(name)))
        if isinstance(part, Leaf):
            return self._leaf(part, Node(WIDGETS.get(part.kind, "text"), name, label, sentence), above)
        if isinstance(part, Group):
            return self._group(part, Node("group", name, label, sentence), above)
        return Node("rows", name, label, sentence, nodes=self._rows(part, name))

    def _leaf(self, leaf: Leaf, node: Node, above: Mapping[str, Any]) -> Node:
        typed = list(self.texts.get(node.name, ()))
        node.text = typed[0] if typed else ""
        node.unit, node.needed, node.decimal = unit_of(leaf, self.unit), leaf.needed, leaf.kind in DECIMAL
        node.fault = self._fault(node.name, leaf)
        if leaf.name in above:
            node.origin = _("Empty: from the class, %(value)s") % {
                "value": said(leaf, above[leaf.name], self.unit)
            }
        elif not leaf.needed and leaf.kind not in (Kind.METERS, Kind.NAMES, Kind.INSTANT):
            node.origin = _("Empty: the default, %(value)s") % {"value": said(leaf, leaf.default, self.unit)}
        node.options = self._options(leaf, typed)
        return node

    def _options(self, leaf: Leaf, typed: list[str]) -> list[Option]:
        text = typed[0] if typed else ""
        match leaf.kind:
            case Kind.WEEKDAYS:
                return [
                    Option(str(day), str(word), str(day) in typed) for day, word in enumerate(DAYS, start=1)
                ]
            case Kind.YES_NO:
                pairs = [("", _("not set here")), ("yes", _("yes")), ("no", _("no"))]
            case Kind.CHOICE:
                pairs = [("", "–"), *((one, str(CHOICES.get(one, one))) for one in leaf.choices)]
            case Kind.CALENDAR:
                names = dict.fromkeys(["", DESK_CLOSED, *self.calendars, *([text[1:]] if text else [])])
                pairs = [
                    ("", _("not set here")),
                    *((NONE_OF_THEM + one, calendar_words(one)) for one in names),
                ]
            case _:
                pairs = []
        return [Option(value, word, value == text) for value, word in pairs]

    def _group(self, group: Group, node: Node, above: Mapping[str, Any]) -> Node:
        mode_name = f"{node.name}.{MODE}"
        mode = next(iter(self.texts.get(mode_name, ())), "")
        node.fault = self._fault(mode_name)
        if group.name in above:
            held = above[group.name]
            nothing = _("as the class: none") if held is None else _("as the class: set")
        else:
            held, nothing = None, _("none (the default)")
        pairs = [("", nothing), (OWN, _("set here, as below"))]
        if group.name in above or mode == NONE:
            pairs.append((NONE, _("none here")))
        node.options = [Option(value, word, value == mode) for value, word in pairs]
        node.nodes = [self._node(part, f"{node.name}.{part.name}", {}) for part in group.parts]
        node.is_open = mode == OWN or any(one.text or one.fault for one in node.nodes)
        return node

    def _rows(self, part: Rows, name: str) -> list[Node]:
        count = row_count(part, self.texts, name)
        blank = 1 if any(isinstance(one, Rows) for one in part.parts) else 2
        while count and not self._is_used(f"{name}.{count - 1}."):
            count -= 1
            blank += self.added == name
        shown = (
            count + blank if self.added in (name, "") or not self.added.startswith(f"{name}.") else count + 1
        )
        return [self._row(part, name, number) for number in range(shown)]

    def _row(self, part: Rows, name: str, number: int) -> Node:
        prefix = f"{name}.{number}"
        row = Node("row", prefix, str(ROWS[part.name]), number=number + 1)
        row.kept = self.texts.get(f"{prefix}.{ROW}") == [KEPT]
        row.removed = is_typed(self.texts.get(f"{prefix}.{REMOVED}", ()))
        row.nodes = [self._node(one, f"{prefix}.{one.name}", {}) for one in part.parts]
        row.is_open = row.kept or self._is_used(f"{prefix}.") or self.added.startswith(f"{prefix}.")
        return row

    def _is_used(self, prefix: str) -> bool:
        marks = (f".{ROW}", f".{REMOVED}")
        return self.texts.get(f"{prefix}{ROW}") == [KEPT] or any(
            key.startswith(prefix) and not key.endswith(marks) and is_typed(texts)
            for key, texts in self.texts.items()
        )

    def _fault(self, name: str, leaf: Leaf | None = None) -> str:
        fault = self.faults.get(name)
        if leaf is None or leaf.kind is Kind.INSTANT or fault not in (Fault.TOO_SMALL, Fault.TOO_LARGE):
            return str(FAULTS[fault]) if fault else ""
        bound = leaf.least if fault is Fault.TOO_SMALL else leaf.most
        shown = said(leaf, [bound] if leaf.kind is Kind.LEVELS else bound, self.unit)
        least, most = _("Too small: at least %(bound)s."), _("Too large: at most %(bound)s.")
        return (least if fault is Fault.TOO_SMALL else most) % {"bound": shown}


def _without_numbers(name: str) -> str:
    return ".".join(one for one in name.split(".") if not one.isdecimal())


def unchosen(parts: Parts, texts: Texts, was: Texts) -> dict[str, Fault]:
    """Name the groups whose fields somebody filled in without saying that they shall be set: what was typed is not lost."""
    return {
        f"{part.name}.{MODE}": Fault.NOT_CHOSEN
        for part in parts
        if isinstance(part, Group)
        and not is_typed(texts.get(f"{part.name}.{MODE}", ()))
        and list(was.get(f"{part.name}.{MODE}", ())) != [OWN]
        and any(is_typed(texts.get(f"{part.name}.{one.name}", ())) for one in part.parts)
    }
