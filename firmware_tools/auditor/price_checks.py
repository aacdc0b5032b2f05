"""Is every entry worth its energy: price by price to the nano-yuan, and every running balance line by line.

`(energy - kWh used from energy buckets) x price + remainder before = money taken x 1000 + remainder after`, in nano-yuan: exact,
with no rounding left to hide in.
"""

from collections import defaultdict
from collections.abc import Iterator

from firmware_tools.auditor.evidence import Books, Entry, Evidence, Journal
from firmware_tools.auditor.findings import Figure, Finding

NANO_PER_MICRO = 1_000


def check_prices(evidence: Evidence) -> Iterator[Finding]:
    """Judge every consumption entry's money and price, and every account's running balances."""
    for journal in evidence.journals:
        yield from _check_amounts(journal)
        yield from _check_running_balances(journal)
        for entry in journal.entries:
            yield from _check_list_price(entry, evidence.books)


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


def _check_list_price(entry: Entry, books: Books) -> Iterator[Finding]:
    """An entry's price must be the tariff's at every instant of its interval; provisional ones are trued up later (C-14)."""
    price = entry.price_micro_yuan_per_kwh
    tariff = books.tariffs.get(entry.account)
    if (
        entry.kind != "consumption"
        or entry.provisional
        or not entry.trusted
        or price is None
        or tariff is None
    ):
        return
    listed = {rule.micro_yuan_per_kwh for rule in books.prices if rule.tariff == tariff}
    if listed and price not in listed:
        yield Finding(
            Figure.PRICES_WRONG, entry.entry, f"{price} micro-yuan/kWh was never the price of tariff {tariff}"
        )
