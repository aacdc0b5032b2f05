"""The form of an electricity price list: a row per class, with its times of the week and its steps. Text in, `ClassPrice`s out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from central.campus.models import CustomerClass
from central.campus.rule_words import mistake_words
from central.domain.price_form import (
    MINUTES_OF_DAY,
    read_days,
    read_minute,
    read_price,
    read_step_kwh,
    write_days,
    write_minute,
    write_price,
    write_step_kwh,
)
from central.domain.price_list import ClassPrice, class_price
from central.domain.rule_json import RuleKind, shape_mistakes
from central.office.list_cells import Cell, cell
from central.office.list_drafts import Rows
from central.office.words import Words

MOST_WINDOWS, MOST_STEPS = 8, 6
BLANK_LINES = 2
Typed = Mapping[str, str] | None

NOT_A_PRICE = _("Yuan per kWh with at most four decimals, such as 0.5583.")
NOT_DAYS = _("Days as 1-5 or 6,7: 1 is Monday.")
NOT_A_TIME = _("A time as 08:00.")
NOT_KWH = _("kWh above zero, such as 200.")


@dataclass(slots=True)
class WindowCells:
    """A part of the week with a price of its own."""

    days: Cell
    begins: Cell
    ends: Cell
    price: Cell

    @property
    def cells(self) -> tuple[Cell, ...]:
        return self.days, self.begins, self.ends, self.price


@dataclass(slots=True)
class StepCells:
    """What each kWh costs more above some kWh of the month."""

    above: Cell
    adds: Cell

    @property
    def cells(self) -> tuple[Cell, ...]:
        return self.above, self.adds


@dataclass(slots=True)
class ClassCells:
    """All that is typed for a class."""

    customer_class: CustomerClass
    now: ClassPrice | None
    price: Cell
    windows: list[WindowCells]
    steps: list[StepCells]
    error: str = ""

    @property
    def is_more(self) -> bool:
        """Say whether the fold of times and steps has anything in it."""
        lines = [*self.windows, *self.steps]
        return bool(self.error) or any(one.value for line in lines for one in line.cells)


class PriceListForm:
    """Every class's fields; `rows` is what was read, when `is_good`."""

    def __init__(self, rows: Rows, in_force: Mapping[str, ClassPrice], typed: Typed = None) -> None:
        stored = {row["class"]: class_price(row) for row in rows}
        self.classes = [
            _cells_of(one, in_force.get(one.code), stored.get(one.code), typed)
            for one in CustomerClass.objects.order_by("code")
        ]
        self.rows: Rows = []
        self.is_good = True
        if typed is not None:
            for cells in self.classes:
                self._read(cells)

    def _read(self, cells: ClassCells) -> None:
        windows = [_read_window(line) for line in cells.windows if _is_filled(line)]
        steps = [_read_step(line) for line in cells.steps if _is_filled(line)]
        if not cells.price.value and not windows and not steps:
            return
        price = _read(cells.price, read_price, NOT_A_PRICE)
        if price is None or None in windows or None in steps:
            self.is_good = False
            return
        read = ClassPrice(
            cells.customer_class.code, price, [w for w in windows if w], [s for s in steps if s]
        )
        cells.error = _mistakes(read)
        self.is_good = self.is_good and not cells.error
        self.rows.append(read.content())


def _cells_of(
    customer_class: CustomerClass, now: ClassPrice | None, stored: ClassPrice | None, typed: Typed
) -> ClassCells:
    start = f"c{customer_class.pk}"
    windows, steps = (stored.windows, stored.steps) if stored else ([], [])
    return ClassCells(
        customer_class,
        now,
        cell(typed, f"{start}-price", write_price(stored.micro_yuan_per_kwh) if stored else ""),
        [_window_cells(f"{start}-w{n}", line, typed) for n, line in _lines(windows, MOST_WINDOWS)],
        [_step_cells(f"{start}-s{n}", line, typed) for n, line in _lines(steps, MOST_STEPS)],
    )


def _lines(stored: list[Any], most: int) -> list[tuple[int, Any]]:
    """Give the stored lines and some blank ones."""
    blank = min(BLANK_LINES, max(most - len(stored), 0))
    return list(enumerate([*stored, *[None] * blank]))


def _window_cells(start: str, stored: dict[str, Any] | None, typed: Typed) -> WindowCells:
    texts = ["", "", "", ""]
    if stored:
        window = stored["window"]
        ends = (write_minute(window["from_minute"]), write_minute(window["to_minute"]))
        texts = [write_days(window["days"]), *ends, write_price(stored["micro_yuan_per_kwh"])]
    names = ("days", "from", "until", "price")
    return WindowCells(
        *(cell(typed, f"{start}-{name}", text) for name, text in zip(names, texts, strict=True))
    )


def _step_cells(start: str, stored: dict[str, int] | None, typed: Typed) -> StepCells:
    texts = ["", ""]
    if stored:
        texts = [write_step_kwh(stored["above_wh"]), write_price(stored["add_micro_yuan_per_kwh"])]
    names = ("above", "adds")
    return StepCells(*(cell(typed, f"{start}-{name}", text) for name, text in zip(names, texts, strict=True)))


def _is_filled(line: WindowCells | StepCells) -> bool:
    return any(one.value for one in line.cells)


def _read(one: Cell, reader: Callable[[str], Any], error: Words) -> Any:
    found = reader(one.value)
    if found is None:
        one.error = error
    return found


def _read_window(line: WindowCells) -> dict[str, Any] | None:
    days = _read(line.days, read_days, NOT_DAYS)
    begins = _read(line.begins, _beginning, NOT_A_TIME)
    ends = _read(line.ends, _end, NOT_A_TIME)
    price = _read(line.price, read_price, NOT_A_PRICE)
    if None in (days, begins, ends, price):
        return None
    return {"window": {"days": days, "from_minute": begins, "to_minute": ends}, "micro_yuan_per_kwh": price}


def _beginning(text: str) -> int | None:
    minute = read_minute(text)
    return None if minute == MINUTES_OF_DAY else minute


def _end(text: str) -> int | None:
    """Midnight at a window's end is the end of the day."""
    minute = read_minute(text)
    return MINUTES_OF_DAY if minute == 0 else minute


def _read_step(line: StepCells) -> dict[str, int] | None:
    above = _read(line.above, read_step_kwh, NOT_KWH)
    adds = _read(line.adds, read_price, NOT_A_PRICE)
    return None if above is None or adds is None else {"above_wh": above, "add_micro_yuan_per_kwh": adds}


def _mistakes(read: ClassPrice) -> str:
    found = [
        *shape_mistakes(RuleKind.PRICE_WINDOWS, read.windows, f"class {read.customer_class}"),
        *shape_mistakes(RuleKind.PRICE_STEPS, read.steps, f"class {read.customer_class}"),
    ]
    return "; ".join(mistake_words(mistake) for mistake in found)
