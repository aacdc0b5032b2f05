"""What must be true of a store after a power cut, asked with plain SQL and by going on with it.

The journal is opened by the daemon's own code on the standard sqlite3 module, so that recovery is the product's. Then the building
goes on: every grant and command comes again, every meter is read where it stands. What was acknowledged must be known, and in the
end each account has paid exactly what its meter counted.
"""

import hashlib
import random
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from gateway.application.apply_command import Repeated
from gateway.application.grant import apply_voucher
from gateway.application.outbox import marks
from gateway.application.ports import StoreDamaged
from gateway.application.settle_due import settle_due
from gateway.contract.commands import Grant, TakeBack, decode_command
from gateway.contract.facts import CommandOutcome
from gateway.contract.voucher_code import short_name
from gateway.domain.relay import RelayState
from tests.application.site import PRICE, Site
from tests.crash.recording_disk import Log, Platter
from tests.crash.workload import FIRST_WH, AtCentral, Commanded, Counted, Granted, Sent

MARGIN_MS = 40 * 86_400_000
"""The daemon starts again this much later: any register it may find is plausible."""


@dataclass
class Outside:
    """What the world knows at one point of the log."""

    grants: dict[str, Grant] = field(default_factory=dict)
    commands: dict[int, Commanded] = field(default_factory=dict)
    rows: dict[str, dict[int, bytes]] = field(default_factory=dict)
    sent: dict[str, Sent] = field(default_factory=dict)
    registers_wh: dict[str, int] = field(default_factory=dict)

    def learn(self, mark: Any) -> None:
        match mark:
            case Granted(body):
                self.grants[body.grant] = body
            case Commanded(number):
                self.commands[number] = mark
            case AtCentral(epoch, rows):
                self.rows.setdefault(epoch, {}).update(rows)
            case Sent(meter):
                self.sent[meter] = mark
            case Counted(account, register_wh):
                self.registers_wh[account] = register_wh


class LaterSite(Site):
    """The same gateway after the power came back."""

    boots_before = 1_000

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.wall_ms += MARGIN_MS


def faults_of(path: Path, outside: Outside) -> Iterator[str]:
    """Yield what is wrong with the store at `path`: `corrupt: ...`, `lost: ...`, `charged: ...` or `books: ...`."""
    try:
        site = LaterSite(path)
    except (StoreDamaged, sqlite3.Error) as error:
        yield f"corrupt: {error}"
        return
    try:
        yield from _file_faults(path)
        yield from _lost(site, outside)
        if not site.ask(lambda journal: journal.record(RelayState, "m1")) and not outside.grants:
            return  # cut off before the building was set up
        yield from _faults_of_going_on(site, outside)
    except (StoreDamaged, sqlite3.Error) as error:
        yield f"corrupt: {type(error).__name__} {error}"
    except (LookupError, AssertionError) as error:
        yield f"books: the building can't go on: {type(error).__name__} {error}"
    finally:
        site.journal.close()


def _file_faults(path: Path) -> Iterator[str]:
    with sqlite3.connect(path) as rows:
        verdict = rows.execute("PRAGMA integrity_check").fetchone()[0]
        if verdict != "ok":
            yield f"corrupt: {verdict}"
        numbers = [number for (number,) in rows.execute("SELECT number FROM ledger ORDER BY number")]
        if numbers != list(range(1, len(numbers) + 1)):
            yield "books: the ledger's numbers have a gap"
        sums = "SELECT count(*) FROM bucket WHERE balance != (SELECT sum(amount) FROM posting WHERE bucket = bucket.id)"
        if rows.execute(sums).fetchone()[0]:
            yield "books: a balance is not the sum of its postings"
    rows.close()


def _lost(site: Site, outside: Outside) -> Iterator[str]:
    for name, grant in outside.grants.items():
        outcome = site.do(apply_voucher, grant).outcome
        if outcome is not CommandOutcome.EXISTS:
            yield f"lost: grant {name} was acknowledged, now it is {outcome}"
    for number, command in outside.commands.items():
        if not command.body:
            continue
        body = decode_command(command.body)
        assert body is not None
        again = site.deliver(site.sealed(body, number))
        if not isinstance(again, Repeated):
            yield f"lost: command {number} was answered, now it is {again}"
        elif isinstance(body, TakeBack) and -sum(x.amount for x in again.result.taken) != command.taken_back:
            yield f"lost: command {number} was answered with another sum"
    yield from _lost_rows(site, outside)
    for meter, sent in outside.sent.items():
        state = site.ask(lambda journal, meter=meter: journal.record(RelayState, meter))
        if state is None or state.commanded_at is None:
            yield f"lost: {meter} was sent {sent}, and the store knows of no command"


def _lost_rows(site: Site, outside: Outside) -> Iterator[str]:
    epochs = {mark.epoch for mark in site.ask(marks)}
    for epoch, held in outside.rows.items():
        if epoch not in epochs:
            yield f"lost: epoch {epoch}, of which central has rows"
            continue
        rows = site.ask(lambda journal, epoch=epoch: journal.outbox(epoch, 0, 10**9))
        if rows and [row.seq for row in rows] != list(range(rows[0].seq, rows[0].seq + len(rows))):
            yield f"lost: the outbox of {epoch} has a gap"
        last = rows[-1].seq if rows else 0
        if last < max(held):
            yield f"lost: central has row {max(held)} of {epoch}, the store ends at {last}"
        for row in rows:
            if row.seq in held and hashlib.sha256(bytes(row.fact)).digest() != held[row.seq]:
                yield f"lost: row {row.seq} of {epoch} is not the one that central has"


def _faults_of_going_on(site: Site, outside: Outside) -> Iterator[str]:
    """Read every meter where it stands, settle, and add everything up without the ledger's own sums."""
    for account, register_wh in outside.registers_wh.items():
        if site.ask(lambda journal, a=account: journal.record(type(site.state(a)), a)) is None:
            continue
        site.read(register_wh, meter=f"m{account[1:]}", identity=account)
    site.wait(3_600_000 * 2)
    for account, register_wh in outside.registers_wh.items():
        site.read(register_wh, meter=f"m{account[1:]}", identity=account)
    site.do(settle_due)
    entries = _all_entries(site)
    ids = {short_name(grant): name for name, grant in outside.grants.items()}
    named = Counter(
        ids.get(entry.source, entry.source)
        for entry in entries
        if entry.entry_kind in ("grant", "taken-back")
    )
    for name, times in named.items():
        if times > 1:
            yield f"charged: {name} has {times} entries"
    for account in outside.registers_wh:
        own = [entry for entry in entries if entry.account == account]
        used = [entry for entry in own if entry.entry_kind == "consumption"]
        yield from _chain_faults(account, used, outside.registers_wh[account])
        spent_nano = sum(entry.energy_wh for entry in used) * PRICE.micro_yuan_per_kwh
        other = sum(line.amount for entry in own if entry.entry_kind != "consumption" for line in entry.lines)
        held_nano = site.balance(account) * 1_000 - site.state(account).carried_nano_yuan
        if held_nano != other * 1_000 - spent_nano:
            yield f"books: {account} holds {held_nano} nano-yuan, should hold {other * 1_000 - spent_nano}"


def _chain_faults(account: str, used: list[Any], register_wh: int) -> Iterator[str]:
    at = FIRST_WH
    for entry in used:
        if entry.register_from_wh != at or entry.register_to_wh - at != entry.energy_wh:
            yield f"charged: {account} at {at} Wh is billed {entry.register_from_wh}..{entry.register_to_wh}"
        at = entry.register_to_wh
    if at != register_wh:
        yield f"charged: {account}'s meter counted to {register_wh} Wh, the bill goes to {at}"


def _all_entries(site: Site) -> list[Any]:
    from gateway.adapters.journal_store.ledger import _decoded

    rows = site.journal._connection.execute("SELECT fact FROM ledger ORDER BY number")
    return [_decoded(fact) for (fact,) in rows]


@dataclass
class Verdict:
    """What the images showed."""

    images: int = 0
    prefixes: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    """How many images have a fault, by its first word."""
    examples: list[str] = field(default_factory=list)

    def note(self, image: int, at: int, faults: list[str]) -> None:
        self.images += 1
        self.faults.update({fault.partition(":")[0] for fault in faults})
        if faults and len(self.examples) < 10:
            self.examples.append(f"image {image} (cut after operation {at}): {faults[0]}")


def check_images(log: Log, folder: Path, images: int, seed: int) -> Verdict:
    """Cut the power after each operation, as often as the number of images allows, and check what is left each time."""
    platter, outside, verdict = Platter(), Outside(), Verdict()
    dice = random.Random(f"images:{seed}")
    real = [place for place, op in enumerate(log.ops) if op.kind != "mark"]
    shares = _spread(len(real), images)
    for place, op in enumerate(log.ops):
        platter.take(op)
        if op.kind == "mark":
            outside.learn(op.mark)
            continue
        times = next(shares)
        verdict.prefixes += times > 0
        for _ in range(times):
            path = _write(platter.after_power_cut(dice), folder)
            verdict.note(verdict.images, place, list(faults_of(path, outside)))
    return verdict


def _spread(prefixes: int, images: int) -> Iterator[int]:
    """Say how many images each prefix gets: the sum is `images`, spread evenly."""
    for number in range(1, prefixes + 1):
        yield images * number // prefixes - images * (number - 1) // prefixes


def _write(files: dict[str, bytes], folder: Path) -> Path:
    for old in folder.iterdir():
        old.unlink()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder / "journal.db"
