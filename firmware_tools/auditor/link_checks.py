"""Did everything cross the link once and unchanged: outbox rows upwards, numbered commands downwards, balances at the watermark."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace

from firmware_tools.auditor.evidence import Books, Entry, Evidence, Journal, OutboxRow, StoredEntry
from firmware_tools.auditor.findings import Figure, Finding

BalanceKey = tuple[str, str, str]
Fact = dict[str, object]

NEVER_AT_REST = {"readings", "health", "watermark", "loss-balances"}
"""What a gateway writes while nothing happens, and when it stops: the last of these may still lie in its outbox."""


def check_link(evidence: Evidence, *, quiet: bool) -> Iterator[Finding]:
    """Judge each gateway's rows and commands. `quiet`: nothing may be on its way any more."""
    books = evidence.books
    for gateway, epoch, seq, reason in books.quarantined:
        yield Finding(Figure.ROWS_LOST, _row_name(gateway, epoch, seq), f"central couldn't take it: {reason}")
    for journal in evidence.journals:
        yield from _check_rows(journal, books, quiet=quiet)
        yield from _check_entries(journal, books)
        yield from _check_watermarks(journal, books)
        yield from _check_commands(journal, books, quiet=quiet)
    yield from _check_readings(evidence)
    if quiet:
        yield from _check_balances_now(evidence)


def _row_name(gateway: str, epoch: str, seq: int) -> str:
    return f"{gateway}/{epoch}/{seq}"


def _check_rows(journal: Journal, books: Books, *, quiet: bool) -> Iterator[Finding]:
    """Every row that was sent must have arrived with the same bytes."""
    highest = _highest_received(journal, books)
    for row in journal.outbox:
        digest = books.digests.get((journal.gateway, row.epoch, row.seq))
        name = _row_name(journal.gateway, row.epoch, row.seq)
        if digest is None:
            if row.seq <= highest[row.epoch] or (quiet and _decode(row).get("kind") not in NEVER_AT_REST):
                yield Finding(Figure.ROWS_LOST, name, f"never stored by central: {row.fact[:80]!r}")
        elif digest != hashlib.sha256(row.fact).digest():
            yield Finding(Figure.ROWS_ALTERED, name, f"central stored other bytes than {row.fact[:80]!r}")


def _highest_received(journal: Journal, books: Books) -> defaultdict[str, int]:
    """Rows come in order: what is above these sequences is still in the gateway's outbox, not lost."""
    highest: defaultdict[str, int] = defaultdict(int)
    for gateway, epoch, seq in books.digests:
        if gateway == journal.gateway:
            highest[epoch] = max(highest[epoch], seq)
    return highest


def _check_entries(journal: Journal, books: Books) -> Iterator[Finding]:
    """The entries that central holds must be the gateway's, word for word."""
    own = {entry.entry: entry for entry in journal.entries}
    for stored in books.entries:
        if stored.entry.gateway != journal.gateway:
            continue
        twin, found = own.get(stored.entry.entry), stored.entry
        if twin is None:
            detail = "central holds an entry that the gateway never wrote"
            yield Finding(Figure.ROWS_ALTERED, found.entry, detail)
            continue
        if not twin.trusted:  # central dates what an untrusted clock dated (C-14)
            found = replace(found, wall_ms=twin.wall_ms)
        if twin != found:
            yield Finding(Figure.ROWS_ALTERED, found.entry, _difference(twin, found))
    for name, times in Counter(stored.entry.entry for stored in books.entries).items():
        if times > 1:
            yield Finding(Figure.ROWS_DOUBLED, name, f"central holds this entry {times} times")


def _difference(own: Entry, stored: Entry) -> str:
    fields = [name for name in Entry.__slots__ if getattr(own, name) != getattr(stored, name)]
    return "; ".join(
        f"{name}: gateway {getattr(own, name)}, central {getattr(stored, name)}" for name in fields
    )


def _check_watermarks(journal: Journal, books: Books) -> Iterator[Finding]:
    """At each watermark, add up the entries that central had by then and hold them against what the gateway said (C-2)."""
    arrived: defaultdict[str, list[StoredEntry]] = defaultdict(list)
    for stored in books.entries:
        if stored.entry.gateway == journal.gateway:
            arrived[stored.epoch].append(stored)
    epochs = list(dict.fromkeys(row.epoch for row in journal.outbox))
    for row in journal.outbox:
        fact = _decode(row)
        if fact.get("kind") == "watermark":
            before = epochs[: epochs.index(row.epoch)]
            counted = [stored.entry for epoch in before for stored in arrived[epoch]]
            counted += [stored.entry for stored in arrived[row.epoch] if stored.seq < row.seq]
            yield from _compare(_row_name(journal.gateway, row.epoch, row.seq), fact, _added_up(counted))


def _decode(row: OutboxRow) -> Fact:
    try:
        fact = json.loads(row.fact)
    except ValueError:
        return {}
    return fact if isinstance(fact, dict) else {}


def _added_up(entries: list[Entry]) -> Mapping[BalanceKey, int]:
    totals: defaultdict[BalanceKey, int] = defaultdict(int)
    for entry in entries:
        for line in entry.lines:
            totals[entry.account, line.bucket, line.unit] += line.amount
    return totals


def _compare(row_name: str, fact: Fact, counted: Mapping[BalanceKey, int]) -> Iterator[Finding]:
    claimed: defaultdict[BalanceKey, int] = defaultdict(int)
    for account, bucket, unit, amount, *_ in _rows(fact, "balances"):
        claimed[str(account), str(bucket), str(unit)] += int(str(amount))
    for key in sorted(claimed.keys() | counted.keys()):
        gateway, central = claimed.get(key, 0), counted.get(key, 0)
        if gateway != central:
            account, bucket, unit = key
            detail = f"{bucket} ({unit}) at {row_name}: gateway {gateway}, entries at central {central}"
            yield Finding(Figure.ACCOUNTS_APART, account, detail)


def _check_balances_now(evidence: Evidence) -> Iterator[Finding]:
    """In a quiet system central's own ledger must hold what each gateway holds."""
    central: defaultdict[BalanceKey, int] = defaultdict(int)
    gateways: defaultdict[BalanceKey, int] = defaultdict(int)
    for balance in evidence.books.balances:
        central[balance.account, balance.bucket, balance.unit] += balance.amount
    for journal in evidence.journals:
        for balance in journal.balances:
            gateways[balance.account, balance.bucket, balance.unit] += balance.amount
    for key in sorted(central.keys() | gateways.keys()):
        if central[key] != gateways[key]:
            account, bucket, unit = key
            detail = f"{bucket} ({unit}) now: gateway {gateways[key]}, central's ledger {central[key]}"
            yield Finding(Figure.ACCOUNTS_APART, account, detail)


def _check_commands(journal: Journal, books: Books, *, quiet: bool) -> Iterator[Finding]:
    """Numbers run on without a gap, and the gateway took the very bodies that central sealed (C-5)."""
    commands = [command for command in books.commands if command.gateway == journal.gateway]
    sent = {command.number: command.body for command in commands}
    last_taken = max(journal.inbox, default=0)
    for number, times in sorted(Counter(command.number for command in commands).items()):
        if times > 1:
            yield Finding(
                Figure.COMMANDS_BROKEN, f"{journal.gateway} #{number}", "central gave this number twice"
            )
    for number in sorted(sent.keys() | journal.inbox.keys()):
        name = f"{journal.gateway} #{number}"
        if number not in sent:
            yield Finding(Figure.COMMANDS_BROKEN, name, "taken by the gateway, never sent by central")
        elif number not in journal.inbox:
            if quiet or number < last_taken:
                yield Finding(Figure.COMMANDS_BROKEN, name, "never taken by the gateway")
        elif not _is_same(journal, number, sent[number]):
            yield Finding(Figure.COMMANDS_BROKEN, name, "taken with another body than central sealed")


def _is_same(journal: Journal, number: int, sent: bytes) -> bool:
    """Compare the bytes, or what the gateway keeps of an old command."""
    kept = journal.inbox_digests.get(number)
    return sent == journal.inbox[number] if kept is None else hashlib.sha256(sent).digest() == kept


def _check_readings(evidence: Evidence) -> Iterator[Finding]:
    """Each reading that a gateway reported must stand at central once: two would count twice in every report."""
    stored = Counter(
        (reading.meter, reading.wall_ms, reading.register_wh) for reading in evidence.books.readings
    )
    for reading, times in stored.items():
        if times > 1:
            detail = f"{reading[2]} Wh at {reading[1]} ms stands {times} times at central"
            yield Finding(Figure.ROWS_DOUBLED, reading[0], detail)
    for journal in evidence.journals:
        highest = _highest_received(journal, evidence.books)
        for row in journal.outbox:
            fact = _decode(row)
            if fact.get("kind") != "readings" or row.seq > highest[row.epoch]:
                continue
            for meter, wall_ms, register_wh, *_ in _rows(fact, "rows"):
                if (meter, wall_ms, register_wh) not in stored:
                    name = _row_name(journal.gateway, row.epoch, row.seq)
                    yield Finding(
                        Figure.ROWS_LOST, name, f"reading of {meter} at {wall_ms} ms is not at central"
                    )


def _rows(fact: Fact, field: str) -> list[list[object]]:
    value = fact.get(field)
    return value if isinstance(value, list) else []
