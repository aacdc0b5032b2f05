"""Did everything cross the link once and unchanged: outbox rows upwards, numbered commands downwards, balances at the watermark."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from firmware_tools.auditor.evidence import Evidence, Fact, Journal
from firmware_tools.auditor.findings import Figure, Finding

BalanceKey = tuple[str, str, str]


def check_link(evidence: Evidence, *, quiet: bool) -> Iterator[Finding]:
    """Judge each gateway's rows and commands. `quiet`: nothing may be on its way any more."""
    for journal in evidence.journals:
        stored = evidence.books.facts.get(journal.gateway, ())
        yield from _check_rows(journal, stored, quiet=quiet)
        yield from _check_watermarks(journal.gateway, stored)
        yield from _check_commands(evidence, journal, quiet=quiet)
        yield from _check_readings(journal.gateway, stored)


def _check_rows(journal: Journal, stored: tuple[Fact, ...], *, quiet: bool) -> Iterator[Finding]:
    sent = {(fact.epoch, fact.seq): fact for fact in journal.outbox}
    kept: dict[tuple[str, int], Fact] = {}
    highest: defaultdict[str, int] = defaultdict(int)
    for fact in stored:
        key = (fact.epoch, fact.seq)
        if key in kept:
            yield Finding(
                Figure.ROWS_DOUBLED, _row_name(journal.gateway, key), f"central stored this {fact.kind} twice"
            )
        kept[key] = fact
        highest[fact.epoch] = max(highest[fact.epoch], fact.seq)
    for key, fact in sent.items():
        twin = kept.get(key)
        on_its_way = not quiet and fact.seq > highest[fact.epoch]
        if twin is None and not on_its_way:
            yield Finding(
                Figure.ROWS_LOST, _row_name(journal.gateway, key), f"central never stored this {fact.kind}"
            )
        elif twin is not None and twin.body != fact.body:
            yield Finding(
                Figure.ROWS_ALTERED,
                _row_name(journal.gateway, key),
                f"sent as {fact.body}, stored as {twin.body}",
            )
    oldest = _oldest_kept(journal.outbox)
    for key, fact in kept.items():
        if key not in sent and fact.seq >= oldest.get(fact.epoch, 0):
            yield Finding(
                Figure.ROWS_ALTERED,
                _row_name(journal.gateway, key),
                f"the gateway never wrote this {fact.kind}",
            )


def _oldest_kept(outbox: tuple[Fact, ...]) -> dict[str, int]:
    """The gateway forgets acknowledged rows after some days: below these sequences there is nothing to compare."""
    oldest: dict[str, int] = {}
    for fact in outbox:
        oldest[fact.epoch] = min(oldest.get(fact.epoch, fact.seq), fact.seq)
    return oldest


def _row_name(gateway: str, key: tuple[str, int]) -> str:
    return f"{gateway}/{key[0]}/{key[1]}"


def _check_watermarks(gateway: str, stored: tuple[Fact, ...]) -> Iterator[Finding]:
    """Recompute every account from the stored entries, in order, and hold it against each watermark that came by (C-2)."""
    running: defaultdict[BalanceKey, int] = defaultdict(int)
    for fact in stored:
        if fact.kind == "entry":
            for bucket, unit, amount, *_ in _rows(fact.body, "lines"):
                running[str(fact.body["account"]), str(bucket), str(unit)] += _integer(amount)
        elif fact.kind == "watermark":
            yield from _compare(gateway, fact, running)


def _compare(gateway: str, fact: Fact, running: Mapping[BalanceKey, int]) -> Iterator[Finding]:
    claimed: defaultdict[BalanceKey, int] = defaultdict(int)
    for account, bucket, unit, amount, *_ in _rows(fact.body, "balances"):
        claimed[str(account), str(bucket), str(unit)] += _integer(amount)
    for key in sorted(claimed.keys() | running.keys()):
        if claimed.get(key, 0) != running.get(key, 0):
            account, bucket, unit = key
            yield Finding(
                Figure.ACCOUNTS_APART,
                account,
                f"{bucket} ({unit}) at {_row_name(gateway, (fact.epoch, fact.seq))}: gateway {claimed.get(key, 0)}, "
                f"entries at central {running.get(key, 0)}",
            )


def check_balances_now(evidence: Evidence) -> Iterator[Finding]:
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


def _check_commands(evidence: Evidence, journal: Journal, *, quiet: bool) -> Iterator[Finding]:
    sent = {
        command.number: command.body
        for command in evidence.books.commands
        if command.gateway == journal.gateway
    }
    counted = Counter(
        command.number for command in evidence.books.commands if command.gateway == journal.gateway
    )
    last_taken = max(journal.inbox, default=0)
    for number in sorted(number for number, times in counted.items() if times > 1):
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
        elif sent[number] != journal.inbox[number]:
            yield Finding(Figure.COMMANDS_BROKEN, name, "taken with another body than central sealed")


def _check_readings(gateway: str, stored: tuple[Fact, ...]) -> Iterator[Finding]:
    """The same meter read at the same instant, reported in two rows, would count twice in every report."""
    seen: dict[tuple[object, object], str] = {}
    for fact in stored:
        if fact.kind != "readings":
            continue
        name = _row_name(gateway, (fact.epoch, fact.seq))
        for row in _rows(fact.body, "rows"):
            key = (row[0], row[1])
            if key in seen:
                yield Finding(
                    Figure.ROWS_DOUBLED, name, f"meter {row[0]} at {row[1]} ms is also in {seen[key]}"
                )
            seen[key] = name


def _rows(body: Mapping[str, object], field: str) -> list[list[object]]:
    value = body.get(field)
    return value if isinstance(value, list) else []


def _integer(value: object) -> int:
    return value if isinstance(value, int) else 0
