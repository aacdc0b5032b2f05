"""A central's life in one process at a time, with a real gateway's store beside it: what `test_backup_and_restore.py` drives.

The gateway is the real use cases over a real journal in a file; between the two travel the real sealed bytes, without a broker.
"""

import json
import resource
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from central.__main__ import main as command_line
from gateway.application.alarms import station
from gateway.application.outbox import acknowledge, outbox_batch
from gateway.application.settle_due import write_watermark
from gateway.contract import topics
from gateway.contract.commands import CENTRAL, Ack, RelayWish
from gateway.contract.envelope import KeySigner, Sealed, body_of, key_id_of, keyring_from_hex, seal, unseal
from gateway.contract.facts import Answer, Birth
from tests.application.site import Site

ROOMS = ("1-301.1", "1-302.1")
METERS = ("m-301", "m-302")
KEEPS_GOING = 400
MOST_SOLD = 300
LIMIT_BYTES = 12_000_000
"""Above the books of a small campus, below a photograph of 13 MB."""


class RealGateway(Site):
    """The gateway of building 1: its journal and its key outlive the process."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        saved = folder / "clock.json"
        self._clock, at = saved, json.loads(saved.read_text()) if saved.exists() else {}
        self.boots_before = at.get("boot", 1) - 1
        self.key = self._key(folder / "key")
        super().__init__(folder / "journal.db")
        from central import clock

        self.wall_ms, self.monotonic_ms = max(clock.now_ms(), at.get("wall", 0)), at.get("monotonic", 1_000)
        self.registers = at.get("registers", {})

    @staticmethod
    def _key(path: Path) -> Ed25519PrivateKey:
        if not path.exists():
            path.write_bytes(Ed25519PrivateKey.generate().private_bytes_raw())
        return Ed25519PrivateKey.from_private_bytes(path.read_bytes())

    @property
    def public_key(self) -> str:
        return self.key.public_key().public_bytes_raw().hex()

    def leave(self) -> None:
        self.journal.commit()
        at = {"boot": self.boot_number, "wall": self.wall_ms, "monotonic": self.monotonic_ms}
        self._clock.write_text(json.dumps({**at, "registers": self.registers}))
        self.close_journal()

    def says(self, leaf: str, body: object) -> bytes:
        return seal(
            KeySigner(key_id_of(self.key.public_key()), self.key), kind=leaf, sender="g1", recipient=CENTRAL,
            message_id=f"{leaf}-{self.monotonic_ms}", issued_ms=self.wall_ms, body=msgspec.json.encode(body),
        )  # fmt: skip

    def birth(self) -> bytes:
        here = self.ask(station)
        return self.says(
            topics.BIRTH,
            Birth(
                self.now.boot,
                here.epoch,
                "real",
                self.journal.last_seq(here.epoch),
                here.last_command,
                here.config_version,
                [],
            ),
        )

    def uses(self, rounds: int) -> None:
        """Meters count on and are read."""
        for _ in range(rounds):
            self.wait(60_000)
            for meter in METERS:
                self.registers[meter] = self.registers.get(meter, 100_000) + 50
                self.read(self.registers[meter], meter)
        self.journal.commit()


def exchange(gateway: RealGateway) -> None:
    """Carry everything both ways until nobody has anything to say."""
    from django.db import transaction

    from central.ingest.take_message import MessageTaker
    from central.link import outbox
    from central.link.signing import public_key_hex

    taker, ring = MessageTaker(on_bench=False), keyring_from_hex([public_key_hex()])
    for _ in range(KEEPS_GOING):
        gateway.wait(1_000)
        now_ms = gateway.wall_ms
        commands = outbox.to_send(now_ms, 10**9)
        with transaction.atomic():
            outbox.mark_sent(commands, now_ms)
        for command in commands:
            opened = unseal(bytes(command.sealed), ring, kind=topics.DOWN, sender=CENTRAL, recipient="g1")
            assert isinstance(opened, Sealed), opened
            answer = gateway.deliver(opened)
            if isinstance(answer, Answer):
                taker.take(topics.topic("g1", topics.ANSWER), gateway.says(topics.ANSWER, answer), now_ms)
        gateway.journal.commit()
        batch = gateway.ask(outbox_batch)
        if batch is not None:
            out = taker.take(topics.topic("g1", topics.UP), gateway.says(topics.UP, batch), now_ms)
            if out is not None:
                said = unseal(out.payload, ring, kind=topics.ACK, sender=CENTRAL, recipient="g1")
                gateway.do(acknowledge, body_of(said, Ack))
        if not commands and batch is None:
            taker.write_counts(now_ms)
            return
    raise AssertionError("they never stop talking")


def act(phase: str, folder: str, backup: str) -> dict[str, object]:
    """Live one phase; give what a test compares."""
    from central.desk.operations import pay
    from central.link import operations
    from central.link.models import Grant
    from central.link.operations import enrol_gateway
    from central.office.models import User
    from tests.open_shifts import have_shift

    gateway = RealGateway(Path(folder))
    anna = have_shift(User.objects.get(username="anna"), gateway.wall_ms)
    receipts: dict[str, int] = {}
    known = sorted(Grant.objects.values_list("pk", flat=True))

    def buys(first: int, count: int) -> None:
        for number in range(first, first + count):
            paid = pay(f"p{number}", ROOMS[number % 2], 1_000 + number, anna, now_ms=gateway.wall_ms)
            receipts[f"p{number}"] = paid.receipt.number

    if phase == "begin":
        enrol_gateway("g1", "1", gateway.public_key, actor="test", now_ms=gateway.wall_ms)
        born(gateway)
        buys(0, 4)
        exchange(gateway)
        gateway.uses(3)
        exchange(gateway)
        buys(4, 1)  # given, and not sent yet: the backup has it under way
        with selling(anna, gateway.wall_ms) as sold:
            assert command_line(["backup", backup]) == 0
        receipts |= sold
        buys(100, 20)
        exchange(gateway)
        operations.set_relay("m-301", RelayWish.OPEN, actor="anna", why="a test", now_ms=gateway.wall_ms)
        exchange(gateway)
        gateway.uses(20)
        exchange(gateway)
        no_room_left(Path(backup).parent)
    if phase == "restored":
        gateway.uses(1)
        buys(200, 1)
        exchange(gateway)
        gateway.uses(2)
        gateway.do(write_watermark)
        exchange(gateway)
        assert command_line(["verify"]) == 0
    told = {"receipts": receipts, "known_then": known, **seen(gateway)}
    gateway.leave()
    return told


@contextmanager
def selling(cashier: object, now_ms: int) -> Iterator[dict[str, int]]:
    """Another desk takes payments all the while; give their receipts."""
    from django.db import connections

    from central.desk.operations import pay

    done, sold = threading.Event(), {}

    def sell() -> None:
        for number in range(300, 300 + MOST_SOLD):
            paid = pay(f"p{number}", ROOMS[0], 1_000, cashier, now_ms=now_ms)
            sold[f"p{number}"] = paid.receipt.number
            if done.is_set():
                break
        connections.close_all()

    desk = threading.Thread(target=sell)
    desk.start()
    while not sold:
        time.sleep(0.001)
    yield sold
    done.set()
    desk.join()


def no_room_left(stick: Path) -> None:
    """A disk that becomes full while a backup is written leaves nothing of it."""
    before = sorted(stick.iterdir())
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LIMIT_BYTES, hard))
    try:
        assert command_line(["backup", str(stick / "too-much.backup")]) == 1
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert sorted(stick.iterdir()) == before


def born(gateway: RealGateway) -> None:
    from central.ingest.take_message import MessageTaker

    taker = MessageTaker(on_bench=False)
    taker.take(topics.topic("g1", topics.BIRTH), gateway.birth(), gateway.wall_ms)
    exchange(gateway)


def seen(gateway: RealGateway) -> dict[str, object]:
    """Both sides' books, and what central says of them."""
    from central.ledger import chart_of_accounts as chart
    from central.ledger.queries import balance
    from central.link.lost_with_central import lost_commands, lost_credit, newest_restoration
    from central.link.models import Alarm, Command, Gateway, QuarantinedRow, WatermarkCheck
    from central.link.telemetry.models import Reading

    restoration = newest_restoration()
    check = WatermarkCheck.objects.order_by("-pk").first()
    return {
        "last_command": gateway.ask(station).last_command,
        "gateway": [gateway.balance(room) for room in ROOMS],
        "gateway_alarms": sorted(gateway.standing()),
        "central": [balance(chart.customer(room, "paid", "yuan")) for room in ROOMS],
        "readings": Reading.objects.count(),
        "different_readings": Reading.objects.values("meter", "wall_ms").distinct().count(),
        "awaits": list(Gateway.objects.values_list("awaits_word", flat=True)),
        "open": Command.objects.filter(state__in=("queued", "sent")).count(),
        "alarms": sorted(set(Alarm.objects.filter(cleared_ms=None).values_list("what", flat=True))),
        "quarantined": sorted(set(QuarantinedRow.objects.values_list("reason", flat=True))),
        "differences": check.differences if check else None,
        "lost": [[one.name, one.account, one.amount] for one in lost_credit(restoration)]
        if restoration
        else [],
        "heard": [one.lost_commands for one in restoration.gateways.all()] if restoration else [],
        "lost_commands": len(lost_commands(restoration)) if restoration else 0,
    }


def main() -> None:
    """`PHASE FOLDER BACKUP`: live it, and print what is compared."""
    print(json.dumps(act(*sys.argv[1:4])))
