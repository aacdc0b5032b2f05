"""A seeded day of a small building through the daemon's store and its use cases, on a disk that writes everything down.

Whatever somebody outside may build on is marked in the disk's log at the moment they learn it: a grant that was acknowledged, a
command's answer, the rows that central has, a relay command that was sent, a register that a meter has reached.
"""

import asyncio
import hashlib
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from gateway.adapters.journal_store import JournalStore
from gateway.application.apply_command import Taken
from gateway.application.boot import Booted
from gateway.application.grant import apply_voucher
from gateway.application.outbox import acknowledge, marks
from gateway.application.settle_due import settle_due
from gateway.contract.commands import Ack, Command, Grant, PolicyRule, TakeBack, encode_command
from gateway.contract.facts import CommandOutcome
from gateway.contract.voucher_code import short_name
from gateway.domain.relay import ObservedStatus, ReadBack, Send
from tests.application.site import HOUR_MS, YUAN, Site, room
from tests.crash.recording_disk import Log, RecordingVfs
from tests.crash.thin_connection import ThinConnection

ROOMS = {name: room(name, protected=name == "a4") for name in ("a1", "a2", "a3", "a4")}
POLICY = PolicyRule(new_account_grace_s=0, cut_guard_count=1000, keep_acked_days=1)
FIRST_WH = 50_000


@dataclass(frozen=True, slots=True)
class Granted:
    """A grant's sender was told that it is credited."""

    body: Grant


@dataclass(frozen=True, slots=True)
class Commanded:
    """Central was told what became of a numbered command."""

    number: int
    body: bytes
    taken_back: int = 0
    account: str = ""


@dataclass(frozen=True, slots=True)
class AtCentral:
    """Central holds these rows: sequence and digest."""

    epoch: str
    rows: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """A relay command went out on the wire: so many to this meter so far."""

    meter: str
    close: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """A meter's register truly stands here from now on."""

    account: str
    register_wh: int


class RecordedSite(Site):
    """A site whose journal is the daemon's store, writer thread and all, on the recording disk."""

    def __init__(self, path: Path, vfs: str, synchronous: str, loop: asyncio.AbstractEventLoop) -> None:
        self._vfs, self._synchronous, self._loop = vfs, synchronous, loop
        super().__init__(path)

    def open_journal(self) -> None:
        def connect(path: Path | str) -> Any:
            return ThinConnection(path, self._vfs, self._synchronous)

        self.store = JournalStore(Path(self.path), readings_commit_s=30, connect=connect)
        self._loop.run_until_complete(self.store.open())

    def close_journal(self) -> None:
        self._loop.run_until_complete(self.store.close())

    def do(self, use_case: Any, *arguments: Any, **named: Any) -> Any:
        now = self.now
        return self._run(lambda journal: use_case(journal, *arguments, now, **named))

    def ask(self, use_case: Any, *arguments: Any) -> Any:
        return self._run(lambda journal: use_case(journal, *arguments))

    def _run(self, use_case: Any) -> Any:
        async def in_the_writers_thread() -> Any:
            return await self.store.run(use_case)

        return self._loop.run_until_complete(in_the_writers_thread())


class Workload:
    """What happens, one step after the other."""

    def __init__(self, site: RecordedSite, log: Log, dice: random.Random) -> None:
        self.site, self.log, self.dice = site, log, dice
        self.register_wh = dict.fromkeys(ROOMS, FIRST_WH)
        self.closed = dict.fromkeys(ROOMS, True)
        self.grants: list[Grant] = []
        self.sent: list[tuple[Command, int]] = []
        self.central_seq: dict[str, int] = {}

    def begin(self) -> None:
        self._command_many(lambda: self.site.configure(*ROOMS.values(), policy=POLICY))
        for account in ROOMS:
            self._grant(account, 2 * YUAN)
            self._read(account)

    def step(self) -> None:
        """One thing happens; readings are the commonest."""
        self.site.wait(self.dice.randrange(60_000, 900_000))
        weights = {
            self.use_and_read: 30,
            self.top_up: 8,
            self.voucher: 4,
            self.again: 5,
            self.take_back: 3,
            self.hour: 8,
            self.to_central: 10,
            self.drive: 10,
            self.restart: 1,
        }
        what = self.dice.choices(list(weights), weights=list(weights.values()))[0]
        what()

    # --- what may happen

    def use_and_read(self) -> None:
        for account in ROOMS:
            if self.closed[account]:
                self.register_wh[account] += 10 * self.dice.randrange(0, 60)
            self._read(account)

    def _read(self, account: str) -> None:
        register_wh = self.register_wh[account]
        self.log.mark(Counted(account, register_wh))
        self.site.read(register_wh, meter=f"m{account[1:]}", identity=account)

    def top_up(self) -> None:
        self._grant(self.dice.choice(list(ROOMS)), self.dice.randrange(100_000, 2 * YUAN))

    def _grant(self, account: str, amount: int) -> None:
        body = self._new_grant(account, amount)
        self.grants.append(body)
        self._command(body)
        self.log.mark(Granted(body))

    def voucher(self) -> None:
        body = self._new_grant(self.dice.choice(list(ROOMS)), YUAN)
        self.grants.append(body)
        assert self.site.do(apply_voucher, self._carried(body)).outcome is CommandOutcome.APPLIED
        self.log.mark(Granted(body))

    def _new_grant(self, account: str, amount: int) -> Grant:
        number = len(self.grants) + 1
        return Grant(f"g{number}", account, "paid", "yuan", amount, serial=number)

    def _carried(self, grant: Grant) -> Grant:
        """As a file tells it, or as a code does."""
        coded = msgspec.structs.replace(grant, grant=short_name(grant))
        return self.dice.choice([grant, coded])

    def again(self) -> None:
        """Old grants and commands come again, by either carrier."""
        self.site.do(apply_voucher, self._carried(self.dice.choice(self.grants)))
        body, number = self.dice.choice(self.sent)
        self.site.deliver(self.site.sealed(body, number))

    def take_back(self) -> None:
        account = self.dice.choice(list(ROOMS))
        self._command(TakeBack(f"t{self.site.number}", account, "paid", self.dice.randrange(1, YUAN)))

    def hour(self) -> None:
        self.site.wait(HOUR_MS)
        self.site.do(settle_due)

    def to_central(self) -> None:
        """Central takes rows and acknowledges them; sometimes the acknowledgement is lost."""
        for mark in self.site.ask(marks):
            after = self.central_seq.get(mark.epoch, 0)
            rows = self.site.ask(lambda journal, m=mark, a=after: journal.outbox(m.epoch, a, 20_000))
            if not rows:
                continue
            held = tuple((row.seq, hashlib.sha256(bytes(row.fact)).digest()) for row in rows)
            self.log.mark(AtCentral(mark.epoch, held))
            self.central_seq[mark.epoch] = rows[-1].seq
            if self.dice.random() < 0.8:
                self.site.do(acknowledge, Ack(mark.epoch, rows[-1].seq, self.site.wall_ms))

    def drive(self) -> None:
        """Take one relay a few steps towards what is desired; the contact moves when the command was sent."""
        account = self.dice.choice(list(ROOMS))
        meter = f"m{account[1:]}"
        step = self.site.step(meter)
        for _ in range(4):
            if isinstance(step, Send):
                self.log.mark(Sent(meter, step.close))
                self.closed[account] = step.close
                return
            if not isinstance(step, ReadBack):
                return
            closed = self.closed[account]
            step = self.site.report(ObservedStatus(closed, 500 if closed else 0), meter)

    def restart(self) -> Booted:
        return self.site.reopen()

    def _command(self, body: Command) -> None:
        taken: Taken = self.site.command(body)
        self._mark_command(body, taken)

    def _mark_command(self, body: Command, taken: Taken) -> None:
        back = -sum(line.amount for line in taken.result.taken)
        self.sent.append((body, self.site.number))
        account = getattr(body, "account", "")
        self.log.mark(Commanded(self.site.number, encode_command(body), back, account))

    def _command_many(self, configure: Any) -> None:
        configure()
        self.log.mark(Commanded(self.site.number, b"", 0))


def record(folder: Path, seed: int, steps: int, synchronous: str = "FULL") -> Log:
    """Run the workload; give what the disk saw. The last operations are those of an orderly stop."""
    log = Log()
    name = f"recording-{seed}-{synchronous}"
    vfs = RecordingVfs(name, log)
    loop = asyncio.new_event_loop()
    try:
        site = RecordedSite(folder / "journal.db", name, synchronous, loop)
        work = Workload(site, log, random.Random(f"workload:{seed}"))
        work.begin()
        for _ in range(steps):
            work.step()
        site.close_journal()
    finally:
        loop.close()
        vfs.unregister()
    return log
