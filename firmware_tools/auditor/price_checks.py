"""Is every entry worth its energy: price by price to the nano-yuan, and every running balance line by line.

`(energy - kWh used from energy buckets) x price + remainder before = money taken x 1000 + remainder after`, in nano-yuan: exact,
with no rounding left to hide in.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

from firmware_tools.auditor.evidence import Books, Entry, Evidence, Journal, Price, WeekPrice
from firmware_tools.auditor.findings import Figure, Finding

NANO_PER_MICRO = 1_000
CAMPUS_TIME = timezone(timedelta(hours=8))


def check_prices(evidence: Evidence) -> Iterator[Finding]:
    """Judge every consumption entry's money and price, and every account's running balances."""
    for journal in evidence.journals:
        yield from _check_amounts(journal)
        yield from _check_running_balances(journal)
        adjusted = {entry.source for entry in journal.entries if entry.kind == "adjustment"}
        for entry in journal.entries:
            yield from _check_list_price(entry, evidence.books, adjusted)


def _check_amounts(journal: Journal) -> Iterator[Finding]:
    carried: defaultdict[str, int] = defaultdict(int)
    for entry in journal.entries:
        before, carried[entry.account] = carried[entry.account], entry.carried_nano_yuan
        if entry.kind != "consumption":
            continue
        taken_micro = -sum(line.amount for line in entry.lines if line.unit == "yuan")
        taken_wh = -sum(line.amount for line in entry.lines if line.unit == "kwh")
        price = entry.price_micro_yuan_per_kwh or 0
        due_nano = (entry.energy_wh - taken_wh) * price + before
        paid_nano = taken_micro * NANO_PER_MICRO + entry.carried_nano_yuan
        if due_nano != paid_nano:
            yield Finding(
                Figure.PRICES_WRONG,
                entry.entry,
                f"{entry.energy_wh} Wh ({taken_wh} from kWh buckets) at {price} micro-yuan/kWh with {before} nano-yuan carried is "
                f"{due_nano} nano-yuan; the entry takes {paid_nano}",
            )


def _check_running_balances(journal: Journal) -> Iterator[Finding]:
    """Buckets with several expiries share a name, so a name's balance is followed as a set of holdings."""
    totals: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for entry in journal.entries:
        for line in entry.lines:
            totals[entry.account, line.bucket, line.unit] += line.amount
    noted: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for balance in journal.balances:
        noted[balance.account, balance.bucket, balance.unit] += balance.amount
    for key in sorted(totals.keys() | noted.keys()):
        if totals[key] != noted[key]:
            account, bucket, unit = key
            yield Finding(
                Figure.BALANCES_BROKEN,
                f"{account} {bucket}",
                f"{journal.gateway} notes {noted[key]} ({unit}), its entries add up to {totals[key]}",
            )


def _check_list_price(entry: Entry, books: Books, adjusted: set[str | None]) -> Iterator[Finding]:
    """An entry's price must be the tariff's when its interval began, unless a later entry adjusts it (C-9, C-14).

    The tariff is that of whoever used the energy, whoever's money paid for it.
    """
    price = entry.price_micro_yuan_per_kwh
    tariff = books.tariffs.get(entry.used_by or entry.account)
    if entry.kind != "consumption" or price is None or tariff is None or entry.entry in adjusted:
        return
    if entry.provisional or not entry.trusted or entry.from_ms is None:
        return
    past = [rule for rule in books.prices if rule.tariff == tariff and rule.from_ms <= entry.from_ms]
    listed = max(past, key=lambda rule: rule.from_ms, default=None)
    possible = set() if listed is None else _possible(listed, entry.from_ms)
    if price not in possible:
        due = " or ".join(str(one) for one in sorted(possible)) or "none"
        detail = f"billed at {price} micro-yuan/kWh from {entry.from_ms} ms on; tariff {tariff} said {due}"
        yield Finding(Figure.PRICES_WRONG, entry.entry, detail)


def _possible(listed: Price, at_ms: int) -> set[int]:
    """The price of the campus's local time of the week, alone or with one of the month's steps."""
    at = datetime.fromtimestamp(at_ms / 1000, CAMPUS_TIME)
    price = next((w.micro_yuan_per_kwh for w in listed.week if _holds(w, at)), listed.micro_yuan_per_kwh)
    return {price + add for add in (0, *listed.adds)}


def _holds(window: WeekPrice, at: datetime) -> bool:
    """A window that ends at or before its beginning ends on the next day."""
    minute, today = at.hour * 60 + at.minute, at.isoweekday()
    if window.from_minute < window.to_minute:
        return today in window.days and window.from_minute <= minute < window.to_minute
    yesterday = (today - 2) % 7 + 1
    begun = today in window.days and minute >= window.from_minute
    return begun or (yesterday in window.days and minute < window.to_minute)
