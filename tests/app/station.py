"""A real daemon process, virtual meters on ptys, a small central behind a real broker: what the app's tests are written in."""

import asyncio
import contextlib
import json
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from firmware_tools.virtual_meter.endpoint import PtyEndpoint
from firmware_tools.virtual_meter.line import VirtualLine
from firmware_tools.virtual_meter.meter import MeterSpec, VirtualMeter
from firmware_tools.virtual_meter.wall_clock import WallClock
from gateway.adapters.control_client import ask
from gateway.adapters.control_protocol import SOCKET_NAME, Reply
from gateway.adapters.journal_store import SqliteJournal
from gateway.adapters.key_file import load_or_create_key
from gateway.adapters.model_files import read_models
from gateway.adapters.registry_store import LineRow, MeterRow, RegistryStore
from gateway.application.outbox import marks
from gateway.contract.commands import Ack, Command, Configure, Grant, Opening, encode_command
from gateway.contract.envelope import Keyring, KeySigner, Sealed, key_id_of, keyring_from_hex, seal, unseal
from gateway.contract.facts import Alarm, Birth, CommandResult, Entry, UpBatch, decode_fact
from gateway.contract.rules import AccountRule, PolicyRule, PriceRule
from gateway.contract.topics import topic
from tests.application.site import PRICE, YUAN, room, tie
from tests.uplink.listener import Listener, listen

MODEL = "generic-dlt645-2007"
BAUD = 9600
PATIENCE_S = 100
"""A busy machine is slow, not wrong: each of these waits ends when what is waited for is there."""
SENT_AGAIN_AFTER_S = 2.0


def fresh_signer() -> KeySigner:
    key = Ed25519PrivateKey.generate()
    return KeySigner(key_id_of(key.public_key()), key)


def public_hex(signer: KeySigner) -> str:
    return signer.private_key.public_key().public_bytes_raw().hex()


async def until(true: Callable[[], Any], what: str, within_s: float = PATIENCE_S) -> None:
    """Wait for an answer that is true; the question may be awaitable."""
    give_up = time.monotonic() + within_s
    while time.monotonic() < give_up:
        answer = true()
        if await answer if isinstance(answer, Awaitable) else answer:
            return
        await asyncio.sleep(0.03)
    raise AssertionError(f"never: {what}")


class Station:
    """One building's folder, its daemon while it runs, and its meters."""

    def __init__(self, folder: Path, port: int, *, gateway: str = "b1", data: Path | None = None) -> None:
        self.folder = folder
        self.gateway = gateway
        self.data = data or folder / "data"
        self.data.mkdir(exist_ok=True)
        self.config = folder / "gateway.toml"
        self.log = folder / "daemon.log"
        self.central = fresh_signer()
        self.process: asyncio.subprocess.Process | None = None
        signer = load_or_create_key(self.data / "gateway.key")
        assert isinstance(signer, KeySigner)
        self.keyring: Keyring = keyring_from_hex([public_hex(signer)])
        self.clock = WallClock()
        self.meters: dict[str, VirtualMeter] = {}
        self.lines: dict[str, VirtualLine] = {}
        self.write_config(port)

    def write_config(self, port: int, extra: str = "") -> None:
        self.config.write_text(
            f'[gateway]\nid = "{self.gateway}"\ndata = "{self.data}"\n'
            f'[central]\npublic_keys = ["{public_hex(self.central)}"]\n'
            f'[mqtt]\nhost = "127.0.0.1"\nport = {port}\nreconnect_min_ms = 50\nreconnect_max_ms = 200\n'
            f"[polling]\nreadings_commit_s = 1\npause_ms = 50\n{extra}"
        )

    def use_clock(self, port: int, year_ms: int) -> None:
        """Let the daemon's clock stand at another time, running as fast as the world's."""
        file = self.folder / "clock.json"
        now_ms = time.time_ns() // 1_000_000
        file.write_text(json.dumps({"demo_epoch_ms": year_ms, "real_epoch_ms": now_ms, "rate": 1}))
        self.write_config(port, f'[clock]\nbench_file = "{file}"\n')

    # --- meters

    async def wire(self, line: str, *names: str, plugged: bool = True, **spec: Any) -> VirtualLine:
        """Wire meters to a line and enter them in the registry."""
        meters = [VirtualMeter(self._spec(name, spec), self.clock.now_ms()) for name in names]
        self.meters.update(zip(names, meters, strict=True))
        port = self.folder / f"tty-{line}"
        wired = VirtualLine(meters, PtyEndpoint(port), self.clock, name=line, baud=BAUD, turn_round_ms=(5, 8))
        self.lines[line] = wired
        if plugged:
            await wired.start()
        registry = RegistryStore(self.data, read_models())
        assert registry.add_line(LineRow(line, str(port), BAUD, "E")) is None
        rows = [MeterRow(f"m{name}", line, name, MODEL) for name in names]
        assert registry.add_meters(rows) == []
        return wired

    def _spec(self, name: str, spec: dict[str, Any]) -> MeterSpec:
        return MeterSpec(
            name=f"m{name}", **{"address": name, "load": "200W", "register_kwh": "100.00", **spec}
        )

    def use_10_wh(self, name: str) -> None:
        """Let a room use energy at once: one step of the register, which is always plausible."""
        self.meters[name].jump_register(1)

    # --- the daemon

    async def start(self) -> None:
        """Start the daemon and wait until it answers on its socket."""
        await self.spawn()
        await until(lambda: self.started or self._ended(), "the daemon started")
        assert not self._ended(), self.log_text()

    async def spawn(self) -> asyncio.subprocess.Process:
        with self.log.open("ab") as log:
            self.log_from = log.tell()
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "gateway", "run", "--config", str(self.config), stdout=log, stderr=log
            )
        return self.process

    def _ended(self) -> bool:
        return self.process is None or self.process.returncode is not None

    @property
    def started(self) -> bool:
        return '"event":"started"' in self.log_text()

    def log_text(self) -> str:
        """What this run of the daemon has logged."""
        return self.log.read_bytes()[self.log_from :].decode()

    async def stop(self) -> int:
        """End it in order; give its exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        code = await asyncio.wait_for(self.process.wait(), PATIENCE_S)
        self.process = None
        return code

    async def kill(self) -> None:
        """kill -9."""
        if self.process is not None and self.process.returncode is None:
            self.process.kill()
            await self.process.wait()
        self.process = None

    async def ended(self) -> int:
        """Wait for the daemon to end by itself; give its exit code."""
        assert self.process is not None
        return await asyncio.wait_for(self.process.wait(), PATIENCE_S)

    async def command(self, *words: str) -> tuple[int, str, str]:
        """Run a technician's command."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "gateway", *words, "--config", str(self.config),
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate()
        assert "Traceback" not in err.decode()
        return process.returncode or 0, out.decode(), err.decode()

    async def status(self) -> dict[str, Any]:
        """What `cardroom-gateway status --json` prints, without a process for each question."""
        reply = await asyncio.to_thread(ask, self.data / SOCKET_NAME, "status")
        assert isinstance(reply, Reply), reply
        assert reply.refusal is None, reply
        found: dict[str, Any] = json.loads(bytes(reply.result))
        return found

    async def until_status(self, true: Callable[[dict[str, Any]], Any], what: str) -> dict[str, Any]:
        """Wait for a status that is so, and give it."""
        found: list[dict[str, Any]] = []

        async def so() -> Any:
            found[:] = [await self.status()]
            return true(found[0])

        await until(so, what)
        return found[0]

    def outbox(self) -> list[Any]:
        """Every fact in the stopped daemon's outbox."""
        journal = SqliteJournal(self.data / "journal.db")
        try:
            found = journal.perform(
                lambda open_: [row for mark in marks(open_) for row in open_.outbox(mark.epoch, 0, 10**9)]
            )
            return [decode_fact(bytes(row.fact)) for row in found]
        finally:
            journal.close()


class Central:
    """Central's end: keeps what comes up once per row, acknowledges it, sends commands in order."""

    def __init__(
        self, station: Station, listener: Listener, clock_ms: Callable[[], int] | None = None
    ) -> None:
        self.station = station
        self.listener = listener
        self.rows: dict[tuple[str, int], Any] = {}
        self.number = 0
        self.acknowledges = True
        self._clock_ms = clock_ms or station.clock.now_ms

    async def run(self) -> None:
        taken = 0
        while True:
            await self.listener.until(lambda listener, taken=taken: len(listener.messages) > taken, 10**6)
            for leaf, payload, _ in self.listener.messages[taken:]:
                taken += 1
                if leaf == "up":
                    self._take(payload)

    def _take(self, payload: bytes) -> None:
        sealed = unseal(
            payload, self.station.keyring, kind="up", sender=self.station.gateway, recipient="central"
        )
        assert isinstance(sealed, Sealed), sealed
        batch = msgspec.json.decode(sealed.body, type=UpBatch)
        for row in batch.rows:
            fact = decode_fact(bytes(row.fact))
            assert self.rows.setdefault((batch.epoch, row.seq), fact) == fact
        if self.acknowledges:
            body = msgspec.json.encode(Ack(batch.epoch, batch.rows[-1].seq, self._clock_ms()))
            self.publish("ack", self.seal("ack", body))

    def seal(self, leaf: str, body: bytes, number: int = 0, **changes: Any) -> bytes:
        who = {"kind": leaf, "sender": "central", "recipient": self.station.gateway, **changes}
        signer = who.pop("signer", self.station.central)
        name = who.pop("message_id", f"c{number}")
        return seal(signer, message_id=name, issued_ms=self._clock_ms(), body=body, number=number, **who)

    def publish(self, leaf: str, payload: bytes) -> None:
        self.listener.client.publish(topic(self.station.gateway, leaf), payload, 1)

    def facts(self, *kinds: type) -> list[Any]:
        return [fact for _, fact in sorted(self.rows.items()) if isinstance(fact, kinds)]

    async def epoch(self) -> str:
        """The epoch that the daemon's birth told."""
        await self.listener.until(lambda listener: bool(listener.of("birth")), PATIENCE_S)
        payload = self.listener.of("birth")[-1]
        sealed = unseal(
            payload, self.station.keyring, kind="birth", sender=self.station.gateway, recipient="central"
        )
        assert isinstance(sealed, Sealed), sealed
        return msgspec.json.decode(sealed.body, type=Birth).epoch

    async def command(self, body: Command, expects: str = "applied") -> CommandResult:
        """Send the next command and wait for its durable answer."""
        self.number += 1
        number = self.number
        payload = self.seal("down", encode_command(body), number)

        def results() -> list[CommandResult]:
            return [fact for fact in self.facts(CommandResult) if fact.number == number]

        async with asyncio.timeout(PATIENCE_S):
            while not results():
                self.publish("down", payload)
                with contextlib.suppress(AssertionError):
                    await until(results, "answered", SENT_AGAIN_AFTER_S)
        assert results()[0].outcome.value == expects, results()
        return results()[0]

    async def configure(
        self, *accounts: AccountRule, prices: tuple[PriceRule, ...] = (PRICE,), **policy: Any
    ) -> None:
        ties = [tie(one.account, f"m{one.account[1:]}") for one in accounts]
        rules = PolicyRule(**{"restore_gap_ms": 0, "new_account_grace_s": 0, **policy})
        opening = Opening(await self.epoch(), [], {}, []) if self.number == 0 else None
        await self.command(Configure(self.number + 1, list(accounts), ties, list(prices), rules, opening))

    async def grant(self, name: str, account: str, yuan: float) -> None:
        await self.command(Grant(name, account, "paid", "yuan", int(yuan * YUAN)))

    def entries(self) -> list[Entry]:
        return self.facts(Entry)

    def billed_wh(self, account: str) -> int:
        return sum(entry.energy_wh for entry in self.entries() if entry.account == account)

    def alarms(self) -> set[str]:
        """The alarms that stand, by name."""
        stands: dict[str, str] = {}
        for alarm in self.facts(Alarm):
            stands[alarm.alarm] = alarm.what if alarm.raised else ""
        return set(stands.values()) - {""}


@contextlib.asynccontextmanager
async def central_for(
    station: Station, port: int, clock_ms: Callable[[], int] | None = None
) -> AsyncIterator[Central]:
    """A central behind the broker."""
    async with listen(port) as listener:
        central = Central(station, listener, clock_ms)
        task = asyncio.create_task(central.run())
        try:
            yield central
        finally:
            task.cancel()
            ended = await asyncio.gather(task, return_exceptions=True)
            assert isinstance(ended[0], asyncio.CancelledError), ended


@contextlib.asynccontextmanager
async def station_in(folder: Path, port: int, **named: Any) -> AsyncIterator[Station]:
    """A station whose daemon and lines end with the test."""
    station = Station(folder, port, **named)
    try:
        yield station
    finally:
        await station.kill()
        for line in station.lines.values():
            await line.stop()


def rooms(*names: str, **changes: Any) -> list[AccountRule]:
    return [room(f"a{name}", **changes) for name in names]
