"""What a cashier types for a sale, read exactly: an amount in yuan or in kWh, and items with quantities on one line. Pure.

50   50.50   100度   100 kWh            an amount
R-01   R-01 2   灯管×3, 电线 2.5米       items: a code, a name or a part of one; how much of it after a space, a × or an x
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from central.domain.repair_list import Item, ItemUnit
from gateway.contract.quantities import NotAnAmount, WattHours, wh_from_kwh

ONE = 1000
"""Quantities are in thousandths of an item's unit."""
MOST_NAMED = 4
"""Items named where what was typed fits several."""
_ENERGY = re.compile(r"(?P<number>[0-9]+(\.[0-9]*)?)\s*(度电?|千瓦时|kw\W?h)", re.IGNORECASE)
_BETWEEN = re.compile(r"[,、;\n]+|。\s+")
_UNIT = r"\s*(?:个|件|次|只|张|套|米|m|小时|h)?"
_TIMES = re.compile(
    rf"(?P<what>.+?)\s*(?:[×*]|(?<=[\s0-9\u4e00-\u9fff])[xX])\s*(?P<much>[0-9]+(?:\.[0-9]+)?){_UNIT}"
)
_SPACED = re.compile(rf"(?P<what>.+?)\s+(?P<much>[0-9]+(?:\.[0-9]+)?){_UNIT}")


def energy_typed(text: str) -> WattHours | None:
    """Read an amount that bears a unit of energy; None for any other text, and for parts below a watt-hour."""
    match = _ENERGY.fullmatch(plain(text))
    try:
        return wh_from_kwh(match["number"]) if match else None
    except NotAnAmount:
        return None


def quantity_text(quantity_milli: int) -> str:
    """Write thousandths of a unit without needless zeros: 1000 -> 1, 2500 -> 2.5."""
    whole, parts = divmod(quantity_milli, ONE)
    return f"{whole}.{parts:03d}".rstrip("0").rstrip(".")


def plain(text: str) -> str:
    """Give a text with plain digits, letters and signs instead of full-width ones."""
    return unicodedata.normalize("NFKC", text).strip()


class ItemDoubt(StrEnum):
    """Why a part of the line is no item."""

    UNKNOWN = "unknown"
    SEVERAL = "several"
    QUANTITY = "quantity"


@dataclass(frozen=True, slots=True)
class Chosen:
    """An item and how much of it, in thousandths of its unit."""

    item: Item
    quantity_milli: int


@dataclass(frozen=True, slots=True)
class Doubtful:
    """What was typed, why it is no item, and the items that it fits (at most MOST_NAMED)."""

    text: str
    doubt: ItemDoubt
    fits: tuple[Item, ...] = ()


def read_items(text: str, offered: Sequence[Item]) -> list[Chosen] | list[Doubtful]:
    """Read a line of items: all that is wanted, one entry for each item, or all that is doubtful."""
    parts = [part for typed in _BETWEEN.split(plain(text)) if (part := typed.strip())]
    read = [_read(part, offered) for part in parts]
    doubtful = [one for one in read if isinstance(one, Doubtful)]
    return doubtful or _together(one for one in read if isinstance(one, Chosen))


def _together(chosen: Iterable[Chosen]) -> list[Chosen]:
    found: dict[str, Chosen] = {}
    for one in chosen:
        had = found.get(one.item.code)
        found[one.item.code] = Chosen(one.item, one.quantity_milli + (had.quantity_milli if had else 0))
    return list(found.values())


def _read(part: str, offered: Sequence[Item]) -> Chosen | Doubtful:
    times, spaced = _TIMES.fullmatch(part), _SPACED.fullmatch(part)
    ways = [(part, ""), *((way["what"], way["much"]) for way in (times, spaced) if way)]
    for find in (_named, _like):
        for what, much in ways:
            if hits := find(what, offered):
                return _chosen(part, hits, much)
    return Doubtful(part[:40], ItemDoubt.UNKNOWN)


def _chosen(part: str, hits: list[Item], much: str) -> Chosen | Doubtful:
    if len(hits) > 1:
        return Doubtful(part[:40], ItemDoubt.SEVERAL, tuple(hits[:MOST_NAMED]))
    quantity = _thousandths(much) if much else ONE
    if not quantity or (hits[0].unit is ItemUnit.EACH and quantity % ONE):
        return Doubtful(part[:40], ItemDoubt.QUANTITY, (hits[0],))
    return Chosen(hits[0], quantity)


def _thousandths(much: str) -> int | None:
    whole, _, parts = much.partition(".")
    return int(whole + parts.ljust(3, "0")) if len(parts) <= 3 and len(whole) <= 6 else None


def _named(what: str, offered: Sequence[Item]) -> list[Item]:
    """Give the one item with this very code or name; codes that differ in case only are apart when typed so."""
    for same in (
        lambda one: one.code == what,
        lambda one: what.casefold() in (one.code.casefold(), one.name.casefold(), one.name_en.casefold()),
    ):
        if hits := [one for one in offered if same(one)]:
            return hits
    return []


def _like(what: str, offered: Sequence[Item]) -> list[Item]:
    part = what.casefold()
    return [
        one
        for one in offered
        if one.code.casefold().startswith(part)
        or part in one.name.casefold()
        or part in one.name_en.casefold()
    ]
