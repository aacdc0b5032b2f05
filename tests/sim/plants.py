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

from tests.sim import bugs
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


GATEWAY, CENTRAL = "gateway.application", "central"
PLANTS = (
    Plant(
        "a grant is credited twice", ("C-6",), {f"{GATEWAY}.grant.known_grant": bugs.nothing}, ("voucher",), 4
    ),
    Plant("a grant credits more than was given", ("C-1",), {f"{GATEWAY}.grant.Posting": bugs.credit_more}),
    Plant(
        "central mirrors an entry twice",
        ("C-2",),
        {f"{CENTRAL}.ingest.book_entries.add_to_mirror": bugs.blind_order},
    ),
    Plant(
        "a new price is never sent",
        ("C-3",),
        {
            f"{CENTRAL}.ingest.process.publish_if_changed": bugs.nothing,
            f"{CENTRAL}.link.grants.publish_if_changed": bugs.nothing,
        },
        ("price-change",),
        10,
    ),
    Plant(
        "a lost command is never sent again",
        ("C-5",),
        {
            f"{CENTRAL}.link.outbox.to_send": bugs.never_again,
            f"{CENTRAL}.link.outbox.send_again_from": lambda _: lambda *__: 0,
        },
        ("link-split",),
        4,
    ),
    Plant(
        "more is taken back than is left",
        ("C-7",),
        {f"{GATEWAY}.grant.taken": bugs.too_much},
        ("take-back",),
        6,
    ),
    Plant(
        "a closing waits for no open relay",
        ("C-8",),
        {f"{GATEWAY}.close_account.lock_out": bugs.nothing, f"{GATEWAY}.close_account.Closing": bugs.at_rest},
        ("departure",),
        12,
    ),
    Plant(
        "the guard lets every cut go on",
        ("C-10",),
        {f"{GATEWAY}.decide.admit": lambda _: lambda guard, *__: (guard, True)},
        rooms=8,
    ),
    Plant(
        "one signature lets cuts go on",
        ("C-10",),
        {f"{GATEWAY}.apply_command._approve": bugs.by_one},
        ("one-signature",),
        20,
        rooms=12,
        days=6,
    ),
    Plant(
        "all relays close at once",
        ("C-10",),
        {f"{GATEWAY}.drive_relay._inrush_wait_ms": lambda _: lambda *__: 0},
        ("link-split", "cuts-approved"),
        4,
        rooms=16,
        days=8,
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
        {f"{CENTRAL}.ingest.take_message.MessageTaker._take_up": bugs.eager},
        ("central-killed-in-commit",),
        20,
        days=6,
    ),
    Plant(
        "an entry never reaches the outbox",
        ("C-11", "C-2"),
        {"gateway.adapters.journal_store.outbox.OutboxTables.append": bugs.lossy_outbox},
    ),
    Plant(
        "a meter is bound by its second reading", ("C-12",), {f"{GATEWAY}.post_reading.bind_due": bugs.late}
    ),
    Plant("energy is billed twice", ("C-12",), {f"{GATEWAY}.post_reading.advance": bugs.doubled}),
    Plant(
        "a commit is put off that somebody was told of",
        ("C-13", "C-11"),
        {"gateway.adapters.journal_store.SqliteJournal.commit": bugs.nothing},
        ("gateway-power-cut",),
        6,
    ),
    Plant(
        "every clock is believed",
        ("C-14",),
        {"gateway.adapters.system_clock.look": bugs.trusting},
        ("clock-jump",),
        8,
    ),
    Plant("a relay's proof is not read", ("C-15", "C-16"), {f"{GATEWAY}.drive_relay.move_for": bugs.at_once}),
    Plant(
        "a cut needs no second look", ("C-16",), {f"{GATEWAY}.post_reading.decide": bugs.confirmed}, days=6
    ),
    Plant("a protected room is cut", ("C-16",), {f"{GATEWAY}.decide.rule_on": bugs.unprotected}, days=6),
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
        {"gateway.loops.receive_commands.unseal": bugs.unchecked_unseal},
        ("forged",),
        4,
    ),
    Plant(
        "a restored central goes on with its old numbers",
        ("C-5", "C-2"),
        {
            f"{CENTRAL}.ingest.take_message.number_above": bugs.nothing,
            f"{CENTRAL}.link.epochs.number_above": bugs.nothing,
        },
        ("central-restored",),
        10,
        days=5,
    ),
    Plant(
        "a restored gateway goes on with its old epoch",
        ("C-11", "C-13", "C-2"),
        {
            "tests.sim.gateway_site.renew_epoch": bugs.nothing,
            f"{CENTRAL}.link.epochs.order_new_epoch": bugs.nothing,
            f"{CENTRAL}.ingest.take_batch.order_new_epoch": bugs.nothing,
        },
        ("gateway-restored",),
        12,
        days=5,
    ),
    Plant(
        "a receipt's number is left out",
        ("R-4.1.3",),
        {f"{CENTRAL}.desk.operations.next_number": bugs.skipping},
        rooms=8,
    ),
    Plant(
        "a payment buys more than was paid",
        ("R-4.1.4",),
        {f"{CENTRAL}.desk.operations.credit_for": bugs.one_more},
    ),
    Plant(
        "what was paid in is not added up",
        ("R-4.1.7",),
        {f"{CENTRAL}.ledger.operations._MOVE": bugs.lossy_drawer},
    ),
    Plant(
        "a row of the chain is not chained",
        ("R-4.2",),
        {f"{CENTRAL}.ledger.operations._advance": bugs.altered},
    ),
)


_honest: dict[Shape, Outcome] = {}
"""Many plants lie in the same world: it is run once without any."""


def found(plant: Plant) -> tuple[Outcome, Outcome]:
    """Run a plant's world with the bug, and without it."""
    _run_one(Shape(0, 1, 1, 1, kinds=()))  # sets Django up, so that every module can be found
    with plant.planted():
        planted = _run_one(plant.shape)
    if plant.shape not in _honest:
        _honest[plant.shape] = _run_one(plant.shape)
    return planted, _honest[plant.shape]


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
