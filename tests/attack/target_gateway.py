"""A gateway to attack: the daemon's own parts over a real store in a folder, joined by the daemon's own assembly.

Messages come in where the broker's thread hands them over; files and codes of credit where the control socket does. What a message
changed is judged by the whole store's content, and by the keys that are believed; never by what the code said of it.
"""

import asyncio
import hashlib
import sqlite3
import time
from collections import Counter
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import msgspec

from gateway.adapters.control_socket import Order
from gateway.adapters.journal_store import JOURNAL_NAME
from gateway.adapters.key_file import load_or_create_key
from gateway.adapters.model_files import read_models
from gateway.app.assembly import assemble
from gateway.app.vouchers import VoucherCounter
from gateway.application.alarms import station
from gateway.application.ports import Journal
from gateway.application.post_reading import post_reading
from gateway.application.records import Station
from gateway.config import GatewayConfig, load_config
from gateway.contract.commands import CENTRAL, Ack, Command, Configure, Grant, Opening, encode_command
from gateway.contract.envelope import KeySigner, keyring_from_hex, seal, unseal
from gateway.contract.facts import Answer, Entry, EntryKind
from gateway.contract.identifiers import AccountId, MeterNo
from gateway.contract.rules import PolicyRule
from gateway.contract.topics import topic
from gateway.domain.reading import MeterReading
from tests.application.site import PRICE, room, tie
from tests.attack.forge import public_hex

GATEWAY = "b1"
ROOMS = ("a1", "a2", "a3")
MODELS = read_models()
ANSWERED = frozenset({"inbox", "outbox", "station", "outbox_mark"})
"""What a refusal that is answered by a row changes: the number is used up, and the answer is on its way."""
ALARMED = frozenset({"outbox", "station", "raised_alarm", "outbox_mark"})
IGNORED = ("arrivals", "commits", "use_cases", "published", "publish-refused")


def now_ms() -> int:
    return time.time_ns() // 1_000_000


class TargetGateway:
    """One gateway's life in a folder; `start` again in the same folder is the next boot."""

    def __init__(self, folder: Path, central: KeySigner, approver: KeySigner) -> None:
        self.folder, self.central, self.approver = folder, central, approver
        (folder / "data").mkdir(exist_ok=True)
        self.set_up()
        signer = load_or_create_key(folder / "data" / "gateway.key")
        assert isinstance(signer, KeySigner)
        self.signer = signer
        self.keyring = keyring_from_hex([public_hex(signer)])
        self.answers: list[Answer] = []
        self.batch = "none"
        """The name of the batch that was sent last."""
        self.version = 0

    def set_up(self) -> None:
        """Write the file that names whom it believes, as `setup` does."""
        path = self.folder / "gateway.toml"
        path.write_text(
            f'[gateway]\nid = "{GATEWAY}"\ndata = "{self.folder / "data"}"\n'
            f'[central]\npublic_keys = ["{public_hex(self.central)}"]\n'
            f'approver_keys = ["{public_hex(self.approver)}"]\n[mqtt]\nhost = "127.0.0.1"\nport = 9\n'
        )
        config = load_config(path)
        assert isinstance(config, GatewayConfig), config
        self.config = config

    async def start(self) -> None:
        """Boot, and receive as the daemon does. No broker: what would be published is kept."""
        self._endings = AsyncExitStack()
        self.parts, _ = await assemble(self.config, self.signer, MODELS, self._endings)
        self._idle = asyncio.Event()
        self._receive = self.parts.uplink.receive
        self.parts.uplink.receive = self._tell_when_idle  # type: ignore[method-assign]
        self.parts.uplink.publish = self._published  # type: ignore[method-assign]
        self.vouchers = VoucherCounter(self.parts)
        self._loop = asyncio.create_task(self.parts.receiver.run())
        self._reader = sqlite3.connect(f"file:{self.folder / 'data' / JOURNAL_NAME}?mode=ro", uri=True)
        await asyncio.sleep(0)

    async def stop(self) -> None:
        self._loop.cancel()
        await asyncio.gather(self._loop, return_exceptions=True)
        self._reader.close()
        await self._endings.aclose()

    async def _tell_when_idle(self) -> Any:
        self._idle.set()
        arrived = await self._receive()
        self._idle.clear()
        return arrived

    async def _published(self, leaf: str, payload: bytes, *, retain: bool = False) -> bool:
        sealed = unseal(payload, self.keyring, kind=leaf, sender=GATEWAY, recipient=CENTRAL)
        assert not isinstance(sealed, str), (leaf, sealed)
        if leaf == "answer":
            self.answers.append(msgspec.json.decode(sealed.body, type=Answer))
        if leaf == "up":
            self.batch = sealed.id
        return True

    # --- what comes in

    async def arrive(self, name: str, payload: bytes) -> None:
        """Let a message come from the broker, and wait until it was dealt with."""
        await self._rest()
        self._idle.clear()
        before = self.parts.uplink.counters().get("arrivals", 0)
        self.parts.uplink._arrived(name, payload)
        if self.parts.uplink.counters().get("arrivals", 0) == before:
            self._idle.set()
        await self._rest()

    async def _rest(self) -> None:
        while not self._idle.is_set():
            if self._loop.done():
                self._loop.result()
            await asyncio.wait(
                {self._loop, asyncio.ensure_future(self._idle.wait())}, return_when="FIRST_COMPLETED"
            )
        await asyncio.sleep(0)

    async def say(self, leaf: str, payload: bytes) -> None:
        await self.arrive(topic(GATEWAY, leaf), payload)

    async def hand_in(self, sealed: bytes) -> list[str]:
        """Hand in a file of credit; give the outcomes, in order."""
        order = Order("voucher", {"sealed": sealed.decode("utf-8", "replace") or " "}, "zhang")
        return [one.outcome for one in await self.vouchers.file(order)]

    async def type_code(self, code: str) -> str:
        [redeemed] = await self.vouchers.code(Order("voucher-code", {"code": code or " "}, "zhang"))
        return redeemed.outcome

    # --- what central says

    def sealed(self, leaf: str, body: bytes, number: int = 0, **changes: Any) -> bytes:
        fields = {
            "kind": leaf,
            "sender": CENTRAL,
            "recipient": GATEWAY,
            "message_id": f"c{number}",
            "issued_ms": now_ms(),
            "number": number,
            "body": body,
            **changes,
        }
        return seal(fields.pop("signer", self.central), **fields)

    def command(self, body: Command, number: int, **changes: Any) -> bytes:
        return self.sealed("down", encode_command(body), number, **changes)

    def configuration(self, opening: Opening | None, **policy: Any) -> Configure:
        self.version += 1
        rules = PolicyRule(**{"new_account_grace_s": 0, "restore_gap_ms": 0, **policy})
        accounts = [room(name, protected=name == "a3") for name in ROOMS]
        ties = [tie(name, f"m{name[1:]}") for name in ROOMS]
        return Configure(self.version, accounts, ties, [PRICE], rules, opening)

    async def here(self) -> Station:
        found: Station = await self.parts.store.run(station)
        return found

    async def open(self, above: int = 0) -> None:
        """Give this epoch its opening, as central does first, above all numbers there were; the clock is believed after an ack."""
        here = await self.here()
        configure = self.configuration(Opening(here.epoch, [], {}, []))
        number = max(here.last_command, above) + 1
        await self.say("down", self.command(configure, number, message_id=f"open-{self.version}"))
        assert (await self.here()).opened_epoch == here.epoch
        await self.acknowledge()

    async def read_meters(self) -> None:
        """Let each room's meter be heard, so that it is tied and billed."""
        now = self.parts.clock.now()
        for name in ROOMS:
            reading = MeterReading(MeterNo(f"m{name[1:]}"), 50_000, raw=b"\x68")
            await self.parts.store.run(lambda journal, reading=reading: post_reading(journal, reading, now))

    async def last_seq(self, epoch: str) -> int:
        found: int = await self.parts.store.run(lambda journal: journal.last_seq(epoch))
        return found

    async def send(self) -> str:
        """Send the next rows, as the drain does; give the batch's name."""
        self.parts.drain.begin_anew()
        await self.parts.drain._send_next()
        return self.batch

    def ack(
        self, epoch: str, seq: int, expected: int | None = None, answers: str = "e.0", **changes: Any
    ) -> bytes:
        body = msgspec.json.encode(Ack(epoch, seq, now_ms(), expected, answers))
        return self.sealed("ack", body, message_id=f"a-{epoch}-{seq}", **changes)

    async def acknowledge(self) -> None:
        epoch = (await self.here()).epoch
        await self.say("ack", self.ack(epoch, await self.last_seq(epoch)))

    # --- what came of it

    async def content(self) -> dict[str, str]:
        """Digest everything that the gateway keeps, by table; commit first what waits for a commit."""
        await self.parts.store.run(lambda journal: journal.must_commit())
        tables = self._reader.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        found = {}
        for (table,) in tables:
            rows = self._reader.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall()
            found[table] = hashlib.sha256(repr(rows).encode()).hexdigest()
        found["keys believed"] = repr(sorted(self.parts.central.keys))
        return found

    async def credited(self, grant: Grant) -> int:
        """Give what the ledger says a grant credited, by either of its names: once its amount, or nothing."""
        rows: list[Entry] = await self.parts.store.run(_grants)
        by_code = f"n-{grant.serial}-"
        own = [row for row in rows if row.source == grant.grant or (row.source or "").startswith(by_code)]
        return sum(line.amount for row in own for line in row.lines)

    async def writes(self) -> int:
        """Count what was written to the store, committed or not."""
        found: int = await self.parts.store.run(lambda journal: journal._connection.total_changes)  # type: ignore[attr-defined]
        return found

    def counts(self) -> Counter[str]:
        """Every counter of arrivals, refusals and outcomes, as the health row tells them."""
        counted = Counter(self.parts.receiver.counters)
        for name, count in self.parts.uplink.counters().items():
            counted[f"link:{name}"] += count
        return counted


def changed(before: dict[str, str], after: dict[str, str]) -> set[str]:
    """Give the tables whose content differs."""
    return {name for name in before | after if before.get(name) != after.get(name)}


def _grants(journal: Journal) -> list[Entry]:
    return [
        entry
        for account in ROOMS
        for entry in journal.entries_of(AccountId(account), 0, 10**6)
        if entry.entry_kind is EntryKind.GRANT
    ]
