"""What gateways say, forged, replayed and turned: births, rows, answers, states; at the taker that ingest runs (R-G5, C-11).

The attacker has the broker: he hears all, says what he likes on any topic, and has another building's gateway with its key.
"""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from gateway.contract import facts
from gateway.contract.facts import Answer, CommandOutcome, DecisionKind, EntryLine, RelayVerdict
from tests.attack import meter_rows
from tests.attack.siege_central import CentralSiege
from tests.central.gateway_twin import GatewayTwin

ROOM = "1-301.1"
FOREIGN = "2-101.1"
HEARD = frozenset({"link_gateway", "link_gatewayepoch"})
QUARANTINE = HEARD | {
    "link_quarantinedrow",
    "link_alarm",
    "telemetry_receivedrow",
    "telemetry_telemetryposition",
}
"""Where a row that can't be taken is kept and shown; its number is used up, so that those behind it come."""
DISPLAYED = frozenset({"link_gateway"})
FOREIGN_METER = "m-101"
TOTALS = HEARD | {
    "link_alarm",
    "telemetry_lossbalance",
    "telemetry_balanceday",
    "telemetry_receivedrow",
    "telemetry_telemetryposition",
}
"""What a row of totals changes whose only meter is another building's: groups of its own, and an alarm that names the meter."""
MOST_AMOUNT = 10**13


@dataclass
class CentralAttack(CentralSiege):
    """Attacks one central."""

    named: int = 0
    turn: int = 0

    # --- rows

    def rows(self, shots: int) -> None:
        """A batch under attack, then the batch."""
        kind, fact, table = self._fact()
        data = self.twin.batch(fact)
        self._forged("rows", "up", data, shots)
        self._odd_batches()
        self.control("rows", kind, "up", data, table, "batches")
        self.shoot("rows", "the same again", self.twin.topic("up"), data, frozenset({"rows-known"}))
        leaf, old = self.dice.choice([one for one in self.said if one[0] == "up"])
        self.shoot(
            "rows", "an old one again after newer ones", self.twin.topic(leaf), old, frozenset({"rows-known"})
        )
        self._odd_rows()

    def _fact(self) -> tuple[str, facts.Fact, str]:
        twin, dice = self.twin, self.dice
        self.register_wh += dice.randrange(1, 900)
        made: list[Callable[[], tuple[str, facts.Fact, str]]] = [
            lambda: ("readings", twin.reading(self.register_wh), "telemetry_reading"),
            lambda: ("entry", twin.consumption(ROOM, 10, self.register_wh), "link_gatewayentry"),
            self._granted,
            lambda: ("decision", twin.decision(ROOM, DecisionKind.WARN, f"credit-low-{dice.randrange(9)}"), "link_accountdecision"),
            lambda: ("relay", twin.relay(True, RelayVerdict.CONFIRMED, ROOM), "link_relaystate"),
            lambda: ("alarm", facts.Alarm(f"gw-1.{self.register_wh}", "meter-silent", "m-301", True, twin.at(), "x"), "link_alarm"),
            lambda: ("health", facts.Health(twin.at(), {"x": self.register_wh}), "link_gateway"),
            lambda: ("watermark", twin.watermark(), "link_gatewayepoch"),
        ]  # fmt: skip
        others = [
            *meter_rows.of(twin, self._new_name(), "m-301", ROOM),
            meter_rows.registry(twin, self.named),
        ]
        made += [lambda one=one: one for one in others]  # type: ignore[misc]
        self.turn += 1
        return made[self.turn % len(made)]()

    def _new_name(self) -> int:
        self.named += 1
        return self.named

    def _granted(self) -> tuple[str, facts.Fact, str]:
        from central.desk.operations import Paid, pay

        self.payments += 1
        paid = pay(f"x{self.payments}", ROOM, 1_000, self.target.cashier, now_ms=self.target.now_ms)
        assert isinstance(paid, Paid), paid
        self.look()
        return "grant's entry", self.twin.granted(f"p-x{self.payments}", ROOM, 10_000_000), "link_delivery"

    def _odd_batches(self) -> None:
        """The right key, and rows that can't follow."""
        twin, dice, topic = self.twin, self.dice, self.twin.topic("up")
        row = facts.encode_fact(twin.reading(self.register_wh))
        seq = twin.seq
        raw = [facts.UpRow(n, msgspec.Raw(row)) for n in (seq + 3, seq + 5)]
        orders = [
            [],
            raw,
            raw[::-1],
            [facts.UpRow(0, raw[0].fact)],
            [facts.UpRow(-7, raw[0].fact)],
            [facts.UpRow(2**63, raw[0].fact)],
        ]
        self.shoot(
            "rows",
            "right key, rows in no order",
            topic,
            twin.sealed_rows(dice.choice(orders)),
            frozenset({"broken-order", "batch-broken-order"}),
        )
        ahead = [facts.UpRow(seq + dice.choice([2, 9, 10**6, 2**52]), raw[0].fact)]
        self.shoot(
            "rows",
            "right key, rows left out",
            topic,
            twin.sealed_rows(ahead),
            frozenset({"gaps"}),
            frozenset({"link_gatewayepoch"}),
        )
        self.shoot(
            "rows",
            "right key, of an epoch that never was",
            topic,
            twin.sealed_rows([facts.UpRow(1, raw[0].fact)], epoch="e-none"),
            frozenset({"batch-unknown-epoch"}),
        )
        bodies = [
            {"epoch": 7, "rows": []},
            {"epoch": "e1"},
            [],
            "x",
            {"epoch": "e1", "rows": [{"seq": "1", "fact": {}}]},
        ]
        self.shoot(
            "rows",
            "right key, a body of another type",
            topic,
            twin.sealed("up", dice.choice(bodies)),
            frozenset({"malformed"}),
        )
        late = twin.sealed_rows(
            [facts.UpRow(seq, raw[0].fact)], issued_ms=dice.choice([2**53, 2**64, -(10**30)])
        )
        self.shoot("rows", "right key, dated beyond any clock", topic, late, frozenset({"malformed"}))

    def _odd_rows(self) -> None:
        """The right key and the right number, and a row that is not this building's to say: it is kept, shown, and not booked."""
        how, fact = self.dice.choice(self._unbookable())
        data = self.twin.batch(fact)
        self.said.append(("up", data))
        names = frozenset({"quarantined"})
        self.shoot("rows", how, self.twin.topic("up"), data, names, QUARANTINE)
        [(_kind, totals, _table), *_] = meter_rows.of(self.twin, self._new_name(), FOREIGN_METER, ROOM)
        told, how = self.twin.batch(totals), "right key, totals of another building's meter"
        self.shoot("rows", how, self.twin.topic("up"), told, frozenset({"rows"}), TOTALS)

    def _unbookable(self) -> list[tuple[str, facts.Fact | bytes]]:
        twin, dice = self.twin, self.dice
        entry = GatewayTwin(self.twin.name, entries=10**9 + twin.seq, now_ms=twin.now_ms).consumption
        torn = facts.encode_fact(entry(ROOM, 1, 2)).replace(b'"account":', b'"account":7,".":')
        far = EntryLine("paid", "yuan", dice.choice([-MOST_AMOUNT - 1, 2**63, 10**30]), 0)
        other = self._foreign_command()
        return [
            ("right key, another building's money", entry(FOREIGN, 10, 2_000)),
            ("right key, another building's decision", twin.decision(FOREIGN, DecisionKind.CLOSE)),
            ("right key, another building's relay", twin.relay(True, RelayVerdict.CONFIRMED, FOREIGN)),
            ("right key, an account that never was", entry("9-999.9", 10, 2_000)),
            ("right key, an entry in another gateway's name", entry(ROOM, 1, 2, entry="gw-2.e1.77")),
            ("right key, an amount beyond any entry's", entry(ROOM, 1, 2, lines=[far])),
            ("right key, money of another unit", entry(ROOM, 1, 2, lines=[EntryLine("paid", "gold", -1, 0)])),
            (
                "right key, an answer to a command never sent",
                twin.result(7, "c-never", CommandOutcome.APPLIED),
            ),
            (
                "right key, an answer to another gateway's command",
                twin.result(1, other, CommandOutcome.APPLIED),
            ),
            (
                "right key, no fact at all",
                dice.choice([b"{}", b"[]", b"null", b'{"kind":"entry"}', torn, b'"x"', b"1e5"]),
            ),
            ("right key, a fact of another version", b'{"kind":"entry2","amount":5}'),
            *meter_rows.foreign(twin, dice, self._new_name(), FOREIGN_METER, FOREIGN),
        ]

    def _foreign_command(self) -> str:
        from central.link.models import Command

        return str(Command.objects.filter(gateway="gw-2").values_list("command_id", flat=True).first())

    # --- births, answers, states

    def births(self, shots: int) -> None:
        twin, topic = self.twin, self.twin.topic("birth")
        twin.boot = f"boot-{len(self.said)}-{self.target.now_ms}"
        data = twin.birth(software=f"v{self.target.now_ms}")
        self._forged("birth", "birth", data, shots)
        odd = [
            {"last_seq": -1},
            {"last_command": 2**60},
            {"epoch": "e/2"},
            {"software": "\x00"},
            {"config_version": -1},
            {"boot": "b" * 99},
        ]
        self.shoot(
            "birth",
            "right key, claims that can't be",
            topic,
            twin.birth(**self.dice.choice(odd)),
            frozenset({"malformed"}),
        )
        bench = twin.birth(bench_clock=True)
        self.shoot(
            "birth",
            "right key, on a bench's clock",
            topic,
            bench,
            frozenset({"birth-bench-clock"}),
            frozenset({"link_alarm"}),
        )
        self.control("birth", "birth", "birth", data, "link_gateway", "birth-known")
        self.shoot("birth", "the same again", topic, data, frozenset({"birth-stale"}))
        _, old = self.dice.choice([one for one in self.said if one[0] == "birth"])
        self.shoot("birth", "an old one again after newer ones", topic, old, frozenset({"birth-stale"}))

    def answers(self, shots: int) -> None:
        """An answer asks for commands again: only the present command's may."""
        from central.link import outbox
        from central.link.configuration import publish_config
        from central.link.models import Command

        self.target.tick()
        command = Command.objects.filter(gateway="gw-1").order_by("-pk").first()
        if command is None or command.state not in outbox.UNANSWERED:
            from django.db import transaction

            with transaction.atomic():
                publish_config("gw-1", self.target.now_ms)
            command = Command.objects.filter(gateway="gw-1").order_by("-pk").first()
        assert command is not None
        outbox.mark_sent([command], self.target.now_ms)
        self.look()
        twin, topic = self.twin, self.twin.topic("answer")
        said = Answer(command.number, "gap", command.number, command.command_id)
        data = twin.sealed("answer", said)
        self._forged("answer", "answer", data, shots)
        odd = [
            Answer(-1, "gap", 2),
            Answer(3, "gap", 0),
            Answer(3, "gap", 2**60),
            Answer(3, "gap\x00", 2),
            Answer(3, "", 2),
        ]
        self.shoot(
            "answer",
            "right key, claims that can't be",
            topic,
            twin.sealed("answer", self.dice.choice(odd)),
            frozenset({"malformed"}),
        )
        stale = Answer(command.number, "gap", command.number, "c-of-another-time")
        self.shoot(
            "answer",
            "right key, of a command that is past",
            topic,
            twin.sealed("answer", stale),
            frozenset({"answer-stale"}),
        )
        self.control("answer", "answer", "answer", data, "link_command", "answer-gap")
        result = twin.result(command.number, command.command_id, CommandOutcome.APPLIED)
        self.control("rows", "command's result", "up", twin.batch(result), "link_command", "batches")
        self.shoot("answer", "again when its command is done", topic, data, frozenset({"answer-gap"}))

    def states(self) -> None:
        """Unsigned: whoever has the broker says up or down; that, and nothing else, is believed, and decides nothing."""
        topic = self.twin.topic("state")
        noise = [
            b"",
            b"{}",
            b"null",
            b"[" * 9_000,
            b'{"online":"yes","boot":"b"}',
            b'{"online":1,"boot":"b"}',
            b"\xff",
            b'{"online":true}',
        ]
        for _ in range(3):
            self.shoot("state", "noise", topic, self.dice.choice(noise), frozenset({"state-malformed"}))
        for word in (b"false", b"true"):
            said = b'{"online":' + word + b',"boot":"any"}'
            self.target.tick()
            self.target.take(topic, said)
            differs = self.look()
            self.tally.shot(
                "state", "unsigned, up and down", "for display", ", ".join(sorted(differs - DISPLAYED)), said
            )
        self.beside.setdefault("state", set()).add("unsigned, up and down")
        self.tally.control("state", self.beside.pop("state"), differs == DISPLAYED, "up again")

    def revoked(self, shots: int) -> None:
        """The other gateway's card was stolen and revoked: its real key speaks for nobody."""
        from central.link.models import Gateway

        twin = self.other
        data = twin.batch(twin.decision(FOREIGN, DecisionKind.WARN, f"credit-low-{self.dice.randrange(9)}"))
        key = Gateway.objects.get(pk=twin.name).public_key
        Gateway.objects.filter(pk=twin.name).update(public_key="")
        self.look()
        unknown = frozenset({"unknown-key"})
        for _ in range(shots):
            leaf = self.dice.choice(["up", "birth", "answer"])
            payload = {
                "up": data,
                "birth": twin.birth(),
                "answer": twin.sealed("answer", Answer(1, "gap", 1)),
            }[leaf]
            self.shoot("revoked", "signed by a revoked card", twin.topic(leaf), payload, unknown)
        Gateway.objects.filter(pk=twin.name).update(public_key=key)
        self.look()
        names = self.target.take(twin.topic("up"), data)
        did = names["batches"] == 1 and "link_accountdecision" in self.look()
        self.tally.control("revoked", self.beside.pop("revoked"), did, repr(names))

    def forgotten_boots(self) -> None:
        """More boots than are kept: the birth of the first of them is no news."""
        from central.link.epochs import BOOTS_KEPT

        first = next(data for leaf, data in self.said if leaf == "birth")
        for _ in range(BOOTS_KEPT + 3):
            self.target.tick()
            self.twin.boot = f"reboot-{self.target.now_ms}"
            self.target.take(self.twin.topic("birth"), self.twin.birth())
        self.look()
        self.shoot(
            "birth",
            "of a boot that is forgotten",
            self.twin.topic("birth"),
            first,
            frozenset({"birth-stale"}),
        )
        self.births(1)

    def end(self) -> None:
        """What was shot last stands beside a valid message, too."""
        said = self.twin.decision(ROOM, DecisionKind.WARN, f"credit-low-{len(self.said) % 89}")
        self.control("rows", "decision", "up", self.twin.batch(said), "link_accountdecision", "batches")
        if "answer" in self.beside:
            self.answers(0)
            self.beside.pop("answer")

    def former_epoch(self, most: int) -> None:
        """The store began anew: all that its former life said comes again and books nothing."""
        heard = list(self.said)
        twin = self.twin
        twin.seq, twin.entries, twin.epoch = 0, 0, f"e-{self.target.now_ms}"
        twin.boot = f"boot-{twin.epoch}"
        self.target.tick()
        names = self.say("birth", twin.birth())
        assert names["birth-new-epoch"], names
        self.look()
        for leaf, data in self.dice.sample(heard, min(most, len(heard))):
            expected = frozenset(
                {"rows-known", "birth-stale", "answer-stale", "answer-gap", "malformed", "quarantined"}
            )
            self.shoot(
                "former life",
                "replayed after a new epoch began",
                twin.topic(leaf),
                data,
                expected,
                QUARANTINE,
            )
        self._answer_opening()
        kind, fact, table = (
            "decision",
            twin.decision(ROOM, DecisionKind.WARN, f"credit-low-{len(self.said) % 97}"),
            "link_accountdecision",
        )
        self.control("former life", kind, "up", twin.batch(fact), table, "batches")

    def _answer_opening(self) -> None:
        from central.link.models import Command

        command = Command.objects.filter(gateway="gw-1", kind="configure").order_by("-pk").first()
        assert command is not None
        result = self.twin.result(command.number, command.command_id, CommandOutcome.APPLIED)
        self.say("up", self.twin.batch(result))
        self.look()
