"""The form of a repair list: each item's price beside whether it is offered or taken off, and blank lines for new ones. Text in,
items out. A blank line with the code of an item replaces it."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from central.domain.repair_list import MOST_ITEMS, Item, ItemKind, ItemUnit, read_fen, read_item
from central.domain.repair_list import item as stored_item
from central.office.list_cells import Cell, cell
from central.office.list_drafts import Rows
from central.office.list_words import KIND_WORDS, UNIT_WORDS, problem_words
from central.office.templatetags.cardroom import fen
from central.office.words import Words

BLANK_LINES = 3
Typed = Mapping[str, str] | None
COLUMNS = ("code", "kind", "name", "name_en", "unit", "price")
NOT_A_PRICE = _("Yuan with at most two decimals, such as 15.00.")


@dataclass(slots=True)
class ItemCells:
    """An item that is on the list: its price, whether it is offered, whether it is taken off."""

    item: Item
    price: Cell
    active: Cell
    removed: Cell


class NewCells:
    """A line for a new item."""

    def __init__(self, number: int, typed: Typed) -> None:
        self.code, self.kind, self.name, self.name_en, self.unit, self.price = self.cells = [
            cell(typed, f"n{number}-{column}") for column in COLUMNS
        ]

    @property
    def is_filled(self) -> bool:
        """Say whether anything was typed; kind and unit are always chosen."""
        return any(one.value for one in (self.code, self.name, self.name_en, self.price))


class RepairListForm:
    """Every item's fields; `rows` is what was read, when `is_good`."""

    kinds: tuple[tuple[str, Words], ...] = tuple((kind.value, KIND_WORDS[kind]) for kind in ItemKind)
    units: tuple[tuple[str, Words], ...] = tuple((unit.value, UNIT_WORDS[unit]) for unit in ItemUnit)

    def __init__(self, rows: Rows, typed: Typed = None) -> None:
        self.items = [_item_cells(stored_item(row), typed) for row in rows]
        self.new = [NewCells(number, typed) for number in range(BLANK_LINES)]
        self.error: Words = ""
        self.is_good = True
        self.rows: Rows = []
        if typed is not None:
            kept = {one.code: one for cells in self.items if (one := self._read(cells))}
            for line in self.new:
                kept |= {one.code: one for one in self._read_new(line)}
            if len(kept) > MOST_ITEMS:
                self.error, self.is_good = _("These are too many items for one list."), False
            self.rows = [one.content() for one in kept.values()]

    def _read(self, cells: ItemCells) -> Item | None:
        if cells.removed.value:
            return None
        price_fen = read_fen(cells.price.value)
        if price_fen is None:
            cells.price.error, self.is_good = NOT_A_PRICE, False
            return None
        known = cells.item
        return Item(
            known.code, known.kind, known.name, known.name_en, known.unit, price_fen, bool(cells.active.value)
        )

    def _read_new(self, line: NewCells) -> list[Item]:
        if not line.is_filled:
            return []
        read = read_item(0, {column: one.value for column, one in zip(COLUMNS, line.cells, strict=True)})
        if isinstance(read, Item):
            return [read]
        self.is_good = False
        for problem in read:
            line.cells[COLUMNS.index(problem.column)].error = problem_words(problem)
        return []


def _item_cells(item: Item, typed: Typed) -> ItemCells:
    return ItemCells(
        item,
        cell(typed, f"price:{item.code}", fen(item.price_fen)),
        cell(typed, f"active:{item.code}", "yes" if item.active else ""),
        cell(typed, f"removed:{item.code}"),
    )
