"""Bugs planted in the product, one in the path of each invariant, and the small world that must find it.

    python -m tests.sim.plants            each planted and unplanted; one JSON line each

A plant replaces a function of the product's by one that is wrong in one way. The same world without it must hold.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch

import msgspec

from gateway.contract.commands import Ack
from gateway.contract.envelope import Sealed
from gateway.domain.clock_trust import ClockMemory
from gateway.domain.cutoff import Basis
from tests.sim.plan import Shape
from tests.sim.run import _run_one
from tests.sim.world import Outcome

Patches = dict[str, Callable[[Any], Any]]
"""By the name of what is replaced: the wrong one, made of the right one."""


@dataclass(frozen=True)
class Plant:
    """One bug: the rules one of which must be found broken, what is replaced, and the world that shows it."""

    name: str
    rules: tuple[str, ...]
    patches: Patches
    kinds: tuple[str, ...] = ()
    often: float = 1.0
    buildings: int = 1
    rooms: int = 4
    days: int = 4
    seed: int = 1
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> Shape:
        return Shape(self.seed, self.buildings, self.rooms, self.days, kinds=self.kinds, often=self.often)

    def planted(self) -> ExitStack:
        """Put the bug in place, for as long as the stack is open."""
        stack = ExitStack()
        for name, make in self.patches.items():
            module, _, attribute = name.rpartition(".")
            right = getattr(_found(module), attribute)
            stack.enter_context(patch(name, make(right)))
        return stack


def _found(name: str) -> Any:
    from importlib import import_module

    try:
        return import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        return getattr(_found(module), attribute)


def nothing(right: Any) -> Any:
    """Do nothing instead."""
    return lambda *_, **__: None


def _unchecked_unseal(right: Any) -> Any:
    def unseal(data: bytes, *_: Any, **__: Any) -> Any:
        return msgspec.json.decode(data.partition(b"\n")[0], type=Sealed)

    return unseal


def _doubled(right: Any) -> Any:
    def advance(before: Any, reading: Any, judgement: Any, now: Any) -> Any:
        after = right(before, reading, judgement, now)
        return msgspec.structs.replace(after, total_wh=after.total_wh + judgement.delta_wh)

    return advance


def _late(right: Any) -> Any:
    seen = set[str]()

    def bind_due(journal: Any, meter: Any, now: Any) -> Any:
        if meter.meter in seen:
            return right(journal, meter, now)
        seen.add(meter.meter)
        return False

    return bind_due


def _eager(right: Any) -> Any:
    """Acknowledge what came before it is taken."""

    def take(taker: Any, gateway: Any, joined: Any, now_ms: int) -> Any:
        from central.ingest.process import topics
        from tests.sim import world

        batch = joined.batch
        ack = taker._ack(
            gateway, Ack(batch.epoch, batch.rows[-1].seq, now_ms, answers=joined.answers[:64]), now_ms
        )
        world.present.broker.inject(topics.topic(gateway.pk, topics.ACK), ack.payload)
        return right(taker, gateway, joined, now_ms)

    return take


def _too_much(right: Any) -> Any:
    return lambda buckets, name, amount: [
        msgspec.structs.replace(one, amount=-amount)
        if isinstance(one, msgspec.Struct)
        else type(one)(one.name, one.unit, one.expires_ms, -amount)
        for one in right(buckets, name, 1)
    ]


def _skipping(right: Any) -> Any:
    def next_number(series: Any) -> int:
        number: int = right(series)
        return right(series) if number == 3 else number

    return next_number


def _lossy_outbox(right: Any) -> Any:
    count = [0]

    def append(tables: Any, epoch: Any, wall_ms: int, fact: Any, entry: Any) -> Any:
        count[0] += entry is not None
        if entry is not None and count[0] % 9 == 0:
            return tables.last_seq(epoch)
        return right(tables, epoch, wall_ms, fact, entry)

    return append


def _altered(right: Any) -> Any:
    def advance(head: Any, table: str, content: Any) -> Any:
        position, chained = right(head, table, content)
        if position % 17 == 0:
            head.chain_hash = chained = bytes(32)
        return position, chained

    return advance


def _unprotected(right: Any) -> Any:
    return lambda rule, *rest, **named: right(msgspec.structs.replace(rule, protected=False), *rest, **named)


def _confirmed(right: Any) -> Any:
    return lambda journal, account, basis, now: right(
        journal, account, Basis.CONFIRMED if basis is Basis.READ else basis, now
    )


def _trusting(right: Any) -> Any:
    def look(memory: ClockMemory, wall_ms: int, monotonic_ms: int) -> ClockMemory:
        from dataclasses import replace

        return replace(right(memory, wall_ms, monotonic_ms), doubt=None)

    return look


def _blind_order(right: Any) -> Any:
    def adopt(mirror: Any, changes: dict[Any, int]) -> Any:
        return right(mirror, {key: amount * 2 for key, amount in changes.items()})

    return adopt


def _one_more(right: Any) -> Any:
    return lambda *given: right(*given) + 1


def _credit_more(right: Any) -> Any:
    return lambda bucket, unit, expires_ms, amount: right(bucket, unit, expires_ms, amount + 1)


def _at_once(right: Any) -> Any:
    def confirm(state: Any, now: Any) -> Any:
        from gateway.domain.relay import Move

        return Move.CONFIRM

    return confirm


def _never_again(right: Any) -> Any:
    def to_send(*asked: Any) -> Any:
        return [one for one in right(*asked) if one.state == "queued"]

    return to_send


GATEWAY, CENTRAL = "gateway.application", "central"
PLANTS = (
    Plant("a grant is credited twice", ("C-6",), {f"{GATEWAY}.grant.known_grant": nothing}, ("voucher",), 4),
    Plant("a grant credits more than was given", ("C-1",), {f"{GATEWAY}.grant.Posting": _credit_more}),
    Plant(
        "central mirrors an entry twice",
        ("C-2",),
        {f"{CENTRAL}.ingest.book_entries._add_to_mirror": _blind_order},
    ),
    Plant(
        "a new price is never sent",
        ("C-3",),
        {
            f"{CENTRAL}.ingest.process.publish_if_changed": nothing,
            f"{CENTRAL}.link.grants.publish_if_changed": nothing,
        },
        ("price-change",),
        10,
    ),
    Plant(
        "a lost command is never sent again",
        ("C-5",),
        {
            f"{CENTRAL}.link.outbox.to_send": _never_again,
            f"{CENTRAL}.link.outbox.send_again_from": lambda _: lambda *__: 0,
        },
        ("link-split",),
        4,
    ),
    Plant(
        "more is taken back than is left", ("C-7",), {f"{GATEWAY}.grant.taken": _too_much}, ("take-back",), 6
    ),
    Plant(
        "a reading across a price's beginning is not split",
        ("C-9",),
        {
            "gateway.domain.tariff.edges_between": lambda _: lambda *__: [],
            f"{GATEWAY}.post_reading.edges_between": lambda _: lambda *__: [],
        },
        ("price-change",),
        10,
        days=7,
    ),
    Plant(
        "rows are acknowledged before they are stored",
        ("C-11",),
        {f"{CENTRAL}.ingest.take_message.MessageTaker._take_up": _eager},
        ("central-killed-in-commit",),
        20,
        days=6,
    ),
    Plant(
        "an entry never reaches the outbox",
        ("C-11", "C-2"),
        {"gateway.adapters.journal_store.outbox.OutboxTables.append": _lossy_outbox},
    ),
    Plant("a meter is bound by its second reading", ("C-12",), {f"{GATEWAY}.post_reading.bind_due": _late}),
    Plant("energy is billed twice", ("C-12",), {f"{GATEWAY}.post_reading.advance": _doubled}),
    Plant(
        "a commit is put off that somebody was told of",
        ("C-13", "C-11"),
        {"gateway.adapters.journal_store.SqliteJournal.commit": nothing},
        ("gateway-power-cut",),
        6,
    ),
    Plant(
        "every clock is believed",
        ("C-14",),
        {"gateway.adapters.system_clock.look": _trusting},
        ("clock-jump",),
        8,
    ),
    Plant("a relay's proof is not read", ("C-15", "C-16"), {f"{GATEWAY}.drive_relay.move_for": _at_once}),
    Plant("a cut needs no second look", ("C-16",), {f"{GATEWAY}.post_reading.decide": _confirmed}, days=6),
    Plant("a protected room is cut", ("C-16",), {f"{GATEWAY}.decide.rule_on": _unprotected}, days=6),
    Plant(
        "rooms are cut that have credit",
        ("C-16",),
        {
            f"{GATEWAY}.decide.balance_of_all": lambda right: (
                lambda points, now: right(points, now) - 7_000_000
            )
        },
    ),
    Plant(
        "a lock-out is forgotten",
        ("C-16", "C-15"),
        {f"{GATEWAY}.lock_outs.lock_out": lambda _: lambda *__: False},
        ("lock-out",),
        8,
    ),
    Plant(
        "spoilt books are not looked for",
        ("C-17", "C-4", "C-2"),
        {"gateway.adapters.journal_store.SqliteJournal.ledger_differences": lambda _: lambda *__: []},
        ("books-damaged",),
        30,
    ),
    Plant(
        "a gateway takes what nobody signed",
        ("R-G5",),
        {"gateway.loops.receive_commands.unseal": _unchecked_unseal},
        ("forged",),
        4,
    ),
    Plant(
        "a restored central goes on with its old numbers",
        ("C-5", "C-2"),
        {
            f"{CENTRAL}.ingest.take_message.number_above": nothing,
            f"{CENTRAL}.link.epochs.number_above": nothing,
        },
        ("central-restored",),
        10,
        days=5,
    ),
    Plant(
        "a restored gateway goes on with its old epoch",
        ("C-11", "C-13", "C-2"),
        {
            "tests.sim.gateway_site.renew_epoch": nothing,
            f"{CENTRAL}.link.epochs.order_new_epoch": nothing,
            f"{CENTRAL}.ingest.take_batch.order_new_epoch": nothing,
        },
        ("gateway-restored",),
        12,
        days=5,
    ),
    Plant(
        "a receipt's number is left out",
        ("R-4.1.3",),
        {f"{CENTRAL}.desk.operations.next_number": _skipping},
        rooms=8,
    ),
    Plant(
        "a payment buys more than was paid",
        ("R-4.1.4",),
        {f"{CENTRAL}.desk.operations.credit_for": _one_more},
    ),
    Plant(
        "a row of the chain is not chained", ("R-4.2",), {f"{CENTRAL}.ledger.operations._advance": _altered}
    ),
)


def found(plant: Plant) -> tuple[Outcome, Outcome]:
    """Run a plant's world with the bug, and without it."""
    _run_one(Shape(0, 1, 1, 1, kinds=()))  # sets Django up, so that every module can be found
    with plant.planted():
        planted = _run_one(plant.shape)
    return planted, _run_one(plant.shape)


def main(names: list[str]) -> Iterator[str]:
    """Give a JSON line for each plant."""
    for plant in PLANTS:
        if names and plant.name not in names:
            continue
        planted, honest = found(plant)
        yield json.dumps(
            {
                "plant": plant.name,
                "rules": plant.rules,
                "planted": planted.faults[:1],
                "honest": honest.faults[:1],
                "cpu_s": round(planted.cpu_s + honest.cpu_s, 1),
            }
        )


if __name__ == "__main__":
    for line in main(sys.argv[1:]):
        print(line, flush=True)
