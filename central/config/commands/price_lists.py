"""`price-list` and `repair-list`: publish a list at the server's console, while there is nobody to sign. Why, is on record."""

import sys
from argparse import Namespace
from datetime import datetime
from pathlib import Path
from typing import Any

from central import clock
from central.campus.import_words import place_of, words_of
from central.campus.list_file import read_list
from central.clock import CAMPUS_ZONE
from central.config.commands.rules import read_rules_file
from central.domain.campus_rows import Problem
from central.domain.price_form import read_price
from central.domain.price_list import WITH_LAST_SIGNATURE, ClassPrice
from central.domain.repair_list import Item, read_table
from central.office import price_lists, repair_lists
from central.office.list_refusals import NotPublished
from central.office.list_words import problem_place, problem_words, refusal_words
from central.office.models import PriceList, RepairList

LIST_NAMES = {"from", "prices"}
PRICE_NAMES = {"class", "yuan_per_kwh", "windows", "steps"}


def price_list(options: Namespace) -> int:
    """Publish a list of electricity prices from JSON or TOML; exit code 2 when it is refused: nothing is changed then."""
    value = read_rules_file(options.file)
    if value is None:
        return 2
    if not isinstance(value, dict) or not {"prices"} <= value.keys() <= LIST_NAMES:
        return _wrong(options.file, "a price list has prices, a list, and may have from")
    prices = [_price(entry) for entry in value["prices"]] if isinstance(value["prices"], list) else [None]
    from_ms = _instant(str(value.get("from", "")))
    if from_ms is None:
        return _wrong(options.file, "from is not a date; write 2026-09-01 or 2026-09-01 08:00")
    if None in prices:
        return _wrong(options.file, "each price has class and yuan_per_kwh, and may have windows and steps")
    read = [price for price in prices if price is not None]
    return _told(price_lists.publish_at_console(read, from_ms, why=options.why, now_ms=clock.now_ms()))


def repair_list(options: Namespace) -> int:
    """Publish a list of repair prices from CSV or XLSX; exit code 2 when it is refused: nothing is changed then."""
    from_ms = _instant(options.begins)
    if from_ms is None:
        return _wrong("--from", "write 2026-09-01 or 2026-09-01 08:00")
    items = _items(options.file)
    if items is None:
        return 2
    return _told(repair_lists.publish_at_console(items, from_ms, why=options.why, now_ms=clock.now_ms()))


def _items(file_name: str) -> list[Item] | None:
    sheets = read_list(Path(file_name).read_bytes())
    if isinstance(sheets, Problem):
        _wrong(file_name, f"{place_of(sheets)} {words_of(sheets)}".strip())
        return None
    items, problems = read_table(sheets[0].header, sheets[0].rows)
    for problem in problems:
        _wrong(file_name, f"{problem_place(problem)}: {problem_words(problem)}")
    return None if problems else items


def _price(entry: Any) -> ClassPrice | None:
    if not isinstance(entry, dict) or not {"class", "yuan_per_kwh"} <= entry.keys() <= PRICE_NAMES:
        return None
    micro_yuan = read_price(str(entry["yuan_per_kwh"]))
    if micro_yuan is None:
        return None
    return ClassPrice(str(entry["class"]), micro_yuan, entry.get("windows", []), entry.get("steps", []))


def _instant(text: str) -> int | None:
    """Read an instant in campus time; nothing means now."""
    if not text:
        return WITH_LAST_SIGNATURE
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return int((at if at.tzinfo else at.replace(tzinfo=CAMPUS_ZONE)).timestamp() * 1000)


def _wrong(what: str, words: str) -> int:
    print(f"{what}: {words}", file=sys.stderr)
    return 2


def _told(done: PriceList | RepairList | NotPublished) -> int:
    if isinstance(done, NotPublished):
        print(refusal_words(done), file=sys.stderr)
        return 2
    begins = clock.local(done.begins_ms).strftime("%Y-%m-%d %H:%M")
    told = (
        "; gateways are told at the next `ingest` or `publish-config`" if isinstance(done, PriceList) else ""
    )
    print(f"list {done.number}, in force from {begins}{told}")
    return 0
