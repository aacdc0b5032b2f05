"""A repair price list: its items, how one is read from a table, and what a new list changes (R-4.1.3, R-4.1.7). Pure.

An item is a repair, or a sum that is collected on behalf of others (a card fee): reports keep the two apart.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from gateway.contract.quantities import NotAnAmount, fen_from_yuan

MOST_ITEMS = 250
DEAREST_FEN = 100_000_000
LONGEST_NAME = 80


class ItemKind(StrEnum):
    """Whose money it is."""

    REPAIR = "repair"
    ON_BEHALF = "on-behalf"


class ItemUnit(StrEnum):
    """What the price is for."""

    EACH = "each"
    METRE = "metre"
    HOUR = "hour"


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a list."""

    code: str
    kind: ItemKind
    name: str
    name_en: str
    unit: ItemUnit
    price_fen: int
    active: bool = True
    """False: it stays on the list and isn't offered."""

    def content(self) -> dict[str, Any]:
        """Give it as JSON."""
        return {
            name: value.value if isinstance(value, StrEnum) else value for name, value in asdict(self).items()
        }


def item(content: Mapping[str, Any]) -> Item:
    """Read what `Item.content` wrote."""
    read = Item(**content)
    return replace(read, kind=ItemKind(read.kind), unit=ItemUnit(read.unit))


class ItemFault(StrEnum):
    """What is wrong with a line."""

    EMPTY = "empty"
    NOT_A_CODE = "not-a-code"
    NOT_A_PRICE = "not-a-price"
    NOT_A_CHOICE = "not-a-choice"
    TOO_LONG = "too-long"
    CODE_TWICE = "code-twice"
    NO_HEADER = "no-header"
    TOO_MANY = "too-many"
    NO_ROWS = "no-rows"


@dataclass(frozen=True, slots=True)
class ItemProblem:
    """One thing wrong: where (`row` as a spreadsheet counts it, 0 for the whole), the column, what was found and what would do."""

    row: int
    column: str
    fault: ItemFault
    found: str = ""
    expected: str = ""


HEADERS: dict[str, tuple[str, ...]] = {
    "code": ("code", "编号", "项目编号"),
    "kind": ("kind", "类型", "类别"),
    "name": ("name", "名称", "项目", "项目名称", "维修项目"),
    "name_en": ("name_en", "english", "英文名", "英文名称"),
    "unit": ("unit", "单位"),
    "price": ("price", "单价", "价格", "报价"),
    "active": ("active", "启用", "在用"),
}
REQUIRED = ("code", "name", "price")
KINDS = {
    **{kind.value: kind for kind in ItemKind},
    "维修": ItemKind.REPAIR,
    "代收": ItemKind.ON_BEHALF,
    "": ItemKind.REPAIR,
}
UNITS = {
    **{unit.value: unit for unit in ItemUnit},
    **dict.fromkeys(("个", "件", "次", "只", "张", "套", ""), ItemUnit.EACH),
    **dict.fromkeys(("米", "m"), ItemUnit.METRE),
    **dict.fromkeys(("小时", "h"), ItemUnit.HOUR),
}
YES_NO = {
    **dict.fromkeys(("yes", "true", "1", "是", ""), True),
    **dict.fromkeys(("no", "false", "0", "否"), False),
}
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_NAMES = {name: column for column, names in HEADERS.items() for name in names}


def column_of(header: str) -> str | None:
    """Give the column a header means; None for one we don't know, which is ignored."""
    return _NAMES.get(header.strip().removesuffix("*").strip().casefold())


def read_item(row: int, texts: Mapping[str, str]) -> Item | list[ItemProblem]:
    """Read one line's texts by column: an item, or everything that is wrong with it."""
    typed = {column: texts.get(column, "").strip() for column in HEADERS}
    problems = [ItemProblem(row, column, ItemFault.EMPTY) for column in REQUIRED if not typed[column]]
    if typed["code"] and _CODE.fullmatch(typed["code"]) is None:
        problems.append(ItemProblem(row, "code", ItemFault.NOT_A_CODE, typed["code"][:40]))
    for column in ("name", "name_en"):
        if len(typed[column]) > LONGEST_NAME or "\x00" in typed[column]:
            problems.append(
                ItemProblem(row, column, ItemFault.TOO_LONG, typed[column][:20], str(LONGEST_NAME))
            )
    price_fen = read_fen(typed["price"])
    if typed["price"] and price_fen is None:
        problems.append(ItemProblem(row, "price", ItemFault.NOT_A_PRICE, typed["price"][:40]))
    for column, choices in (("kind", KINDS), ("unit", UNITS), ("active", YES_NO)):
        if typed[column].casefold() not in choices:
            expected = ", ".join(name for name in choices if name)
            problems.append(ItemProblem(row, column, ItemFault.NOT_A_CHOICE, typed[column][:40], expected))
    if problems or price_fen is None:
        return problems
    return Item(
        code=typed["code"],
        kind=KINDS[typed["kind"].casefold()],
        name=typed["name"],
        name_en=typed["name_en"],
        unit=UNITS[typed["unit"].casefold()],
        price_fen=price_fen,
        active=YES_NO[typed["active"].casefold()],
    )


def read_fen(text: str) -> int | None:
    """Read an amount of yuan with at most two decimals; None for anything else."""
    try:
        found = fen_from_yuan(text)
    except NotAnAmount:
        return None
    return found if 0 <= found <= DEAREST_FEN else None


def read_table(
    header: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]]
) -> tuple[list[Item], list[ItemProblem]]:
    """Read a whole table; with any problem its items are of no use."""
    columns = [column_of(title) for title in header]
    missing = [column for column in REQUIRED if column not in columns]
    if missing:
        found = ", ".join(title for title in header if title.strip())[:200]
        return [], [ItemProblem(1, "", ItemFault.NO_HEADER, found, ", ".join(HEADERS))]
    lines: list[tuple[int, Item]] = []
    problems: list[ItemProblem] = []
    for row, cells in rows:
        read = read_item(row, {column: text for column, text in zip(columns, cells, strict=False) if column})
        if isinstance(read, Item):
            lines.append((row, read))
        else:
            problems += read
    problems += _twice(lines)
    if not lines and not problems:
        problems.append(ItemProblem(0, "", ItemFault.NO_ROWS))
    if len(lines) > MOST_ITEMS:
        problems.append(ItemProblem(0, "", ItemFault.TOO_MANY, str(len(lines)), str(MOST_ITEMS)))
    return [read for _row, read in lines], sorted(problems, key=lambda problem: problem.row)


def _twice(lines: Iterable[tuple[int, Item]]) -> list[ItemProblem]:
    first: dict[str, int] = {}
    return [
        ItemProblem(row, "code", ItemFault.CODE_TWICE, read.code, str(first[read.code]))
        for row, read in lines
        if first.setdefault(read.code, row) != row
    ]


class Change(StrEnum):
    """What a new list does to an item."""

    ADDED = "added"
    REMOVED = "removed"
    DEARER = "dearer"
    CHEAPER = "cheaper"
    OTHERWISE = "otherwise"
    """Its price stays; its name, kind, unit, or whether it is offered doesn't."""
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Changed:
    """An item in the old list and in the new one."""

    change: Change
    old: Item | None
    new: Item | None

    @property
    def item(self) -> Item:
        """The newest there is."""
        found = self.new or self.old
        assert found is not None
        return found


def compare(old: Iterable[Item], new: Iterable[Item]) -> list[Changed]:
    """Compare two lists, item by item by its code: those of the new list in its order, then those that are gone."""
    before, after = {one.code: one for one in old}, {one.code: one for one in new}
    kept = [Changed(_change(before.get(code), one), before.get(code), one) for code, one in after.items()]
    return kept + [Changed(Change.REMOVED, one, None) for code, one in before.items() if code not in after]


def _change(old: Item | None, new: Item) -> Change:
    if old is None:
        return Change.ADDED
    if new.price_fen != old.price_fen:
        return Change.DEARER if new.price_fen > old.price_fen else Change.CHEAPER
    return Change.SAME if new == old else Change.OTHERWISE
