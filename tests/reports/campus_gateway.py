"""A building of the demo campus as its gateway tells it: what rooms used, day by day, and answers to what the desk asked.

It speaks the contract through the product's own receiver, signed, in batches; what it says of money is what an honest one would.
"""

import random
from dataclasses import dataclass, field

from central.campus.models import Account
from central.ingest.take_message import MessageTaker
from central.link.models import Command
from central.link.operations import enrol_gateway
from firmware_tools.campus.layout import Building, Room
from gateway.contract import commands, facts
from gateway.contract.commands import CloseAccount, Grant, TakeBack, decode_command
from gateway.contract.facts import CommandOutcome, EntryCause, EntryKind, EntryLine
from gateway.contract.meter_facts import PeriodMethod, PeriodRegister
from tests.central.gateway_twin import GatewayTwin

HOUR_MS, DAY_MS = 3_600_000, 86_400_000
SHAPE = (3, 2, 2, 2, 2, 2, 5, 9, 7, 6, 6, 11, 13, 7, 6, 6, 7, 12, 20, 25, 26, 23, 15, 7)
"""How a room's day is spread over its hours."""
UNTOLD_TAP_WH = 200
"""An hour behind the master, of which nobody knows."""


@dataclass
class Metered:
    """A room as its gateway keeps it."""

    room: Room
    account: str
    unit: str
    price: int
    daily_wh: int
    register_wh: int
    settled_wh: int
    carried: int = 0
    closed: bool = False


@dataclass
class CampusGateway:
    """One building's gateway: its rooms, its outbox, its answers."""

    building: Building
    twin: GatewayTwin
    taker: MessageTaker
    rooms: list[Metered] = field(default_factory=list)
    master_wh: int = 4_000_000

    @classmethod
    def enrolled(cls, building: Building, taker: MessageTaker, now_ms: int) -> "CampusGateway":
        """Enrol the building's gateway and let it be born."""
        twin = GatewayTwin(name=building.gateway, now_ms=now_ms)
        enrol_gateway(twin.name, building.code, twin.public_key, actor="admin", now_ms=now_ms)
        made = cls(building, twin, taker)
        meters = [
            facts.MeterSeen(room.meter, room.line, room.kind.model, room.address) for room in building.rooms
        ]
        taker.take(twin.topic("birth"), twin.birth(meters=meters), now_ms)
        return made

    def know_rooms(self, prices: dict[str, int]) -> None:
        """Learn which account each room's meter bills; a master bills nobody."""
        for room in self.building.rooms:
            if room.behind:
                continue
            account = Account.objects.get(
                point__room__building__code=self.building.code, point__room__label=room.label
            )
            customer_class = account.point.customer_class
            begin = round(float(room.register_kwh) * 1_000)
            self.rooms.append(
                Metered(room, account.code, customer_class.unit, prices[customer_class.code], _daily_wh(room), begin, begin)
            )  # fmt: skip

    def left(self, one: Metered) -> int:
        """Give what an account has in all its buckets."""
        return sum(
            amount
            for (account, _bucket, _unit), amount in self.twin.balances.items()
            if account == one.account
        )

    def is_on(self, one: Metered) -> bool:
        """Say whether a room has power: credit is left, or nobody may cut it."""
        if one.closed:
            return False
        keeps_on = one.room.protected or one.room.cut_off == "none" or one.room.relay_fault == "welded"
        return keeps_on or one.room.billing == "monthly" or self.left(one) > 0

    def hour(self, at_ms: int, dice: random.Random) -> list[facts.Fact]:
        """Let an hour pass; give readings and the totals of master and subs at its end."""
        self.twin.now_ms = at_ms
        rows, used = [], 0
        for one in self.rooms:
            wh = self._used(one, at_ms, dice)
            one.register_wh += wh
            used += wh
            if not one.room.dead:
                on = self.is_on(one)
                rows.append(
                    facts.ReadingRow(
                        one.room.meter, at_ms, one.register_wh // 10 * 10, wh, wh * 1000 // 220, on,
                        facts.ReadingOutcome.ADVANCED if wh else facts.ReadingOutcome.UNCHANGED,
                    )
                )  # fmt: skip
        told: list[facts.Fact] = [facts.Readings(rows)]
        masters = [room for room in self.building.rooms if room.behind]
        for master in masters:
            self.master_wh += (
                round(used * (1 + master.lost_ppm / 1_000_000)) + master.own_use_w + UNTOLD_TAP_WH
            )
            totals = [facts.MeterTotal(master.meter, self.master_wh, 0, 10, 0, True)]
            totals += [
                facts.MeterTotal(one.room.meter, one.register_wh, 0, 10, 0, True) for one in self.rooms
            ]
            told.append(facts.LossBalances(self.twin.at(), [], totals))
        return told

    def _used(self, one: Metered, at_ms: int, dice: random.Random) -> int:
        if not self.is_on(one):
            return 0
        share = SHAPE[(at_ms // HOUR_MS + 7) % 24]
        return round(one.daily_wh * share / sum(SHAPE) * dice.uniform(0.6, 1.4))

    def settle(self, at_ms: int, cause: EntryCause = EntryCause.HOUR) -> list[facts.Fact]:
        """Bill what was used since the last settlement; free credit goes first."""
        self.twin.now_ms = at_ms
        found = [
            self._entry(one, cause)
            for one in self.rooms
            if one.register_wh > one.settled_wh and not one.room.dead
        ]
        return [entry for entry in found if entry is not None]

    def _entry(self, one: Metered, cause: EntryCause) -> facts.Entry:
        used = one.register_wh - one.settled_wh
        due = used * one.price + one.carried
        amount, one.carried = (used, 0) if one.unit == "kwh" else (due // 1000, due % 1000)
        self.twin.entries += 1
        entry = facts.Entry(
            entry=f"{self.twin.name}.{self.twin.epoch}.{self.twin.entries}",
            account=one.account,
            entry_kind=EntryKind.CONSUMPTION,
            cause=cause,
            at=self.twin.at(),
            lines=self._taken(one, amount),
            carried_nano_yuan=one.carried,
            meter=one.room.meter,
            energy_wh=used,
            register_from_wh=one.settled_wh,
            register_to_wh=one.register_wh,
            from_ms=self.twin.now_ms - DAY_MS,
            price_micro_yuan_per_kwh=one.price,
        )
        one.settled_wh = one.register_wh
        return entry

    def _taken(self, one: Metered, amount: int) -> list[EntryLine]:
        lines = []
        for bucket in ("subsidy", "paid"):
            key = (one.account, bucket, one.unit)
            left = self.twin.balances.get(key, 0)
            part = amount if bucket == "paid" else min(amount, max(0, left))
            if part:
                self.twin.balances[key] = left - part
                lines.append(EntryLine(bucket, one.unit, -part, left - part))
            amount -= part
        return lines

    def registers(self, period_ms: int) -> list[facts.Fact]:
        """Tell every meter's register at a closing instant, the master's too."""
        at = self.twin.at()
        told = [(one.room.meter, one.register_wh, one.account) for one in self.rooms if not one.room.dead]
        told += [(room.meter, self.master_wh, None) for room in self.building.rooms if room.behind]
        return [
            PeriodRegister(meter, period_ms, wh, 0, PeriodMethod.READ, at, account, period_ms, period_ms)
            for meter, wh, account in told
        ]

    def answers(self, now_ms: int) -> list[facts.Fact]:
        """Do what central ordered since the last time, and say what became of it."""
        self.twin.now_ms = now_ms
        told: list[facts.Fact] = []
        waiting = Command.objects.filter(gateway=self.twin.name, number__gt=self.twin.last_command).order_by(
            "number"
        )
        for command in waiting:
            self.twin.last_command = command.number
            told += self._answer(command, decode_command(bytes(command.body)))
        return told

    def _answer(self, command: Command, order: commands.Command | None) -> list[facts.Fact]:
        twin = self.twin
        if isinstance(order, Grant):
            entry = twin.entry(
                EntryKind.GRANT,
                order.account,
                order.amount,
                bucket=order.bucket,
                unit=order.unit,
                source=order.grant,
                carried_nano_yuan=self._carried(order.account),
            )
            return [entry, twin.result(command.number, command.command_id, CommandOutcome.APPLIED)]
        if isinstance(order, TakeBack):
            return self._taken_back(command, order.account, order.bucket, order.amount, order.request)
        if isinstance(order, CloseAccount):
            return self._closed(command, order.account)
        return [twin.result(command.number, command.command_id, CommandOutcome.APPLIED)]

    def _carried(self, account: str) -> int:
        """Give an account's remainder: every entry names it, whatever it moves."""
        return next((one.carried for one in self.rooms if one.account == account), 0)

    def _taken_back(
        self, command: Command, account: str, bucket: str, asked: int, source: str
    ) -> list[facts.Fact]:
        one = next(one for one in self.rooms if one.account == account)
        taken = max(0, min(asked, self.twin.balances.get((account, bucket, one.unit), 0)))
        outcome = CommandOutcome.APPLIED if taken == asked else CommandOutcome.PARTLY
        if not taken:
            return [self.twin.result(command.number, command.command_id, outcome)]
        entry = self.twin.entry(
            EntryKind.TAKEN_BACK, account, -taken, bucket=bucket, unit=one.unit, cause=EntryCause.COMMAND, source=source,
            carried_nano_yuan=one.carried,
        )  # fmt: skip
        return [entry, self.twin.result(command.number, command.command_id, outcome, taken=entry.lines)]

    def _closed(self, command: Command, account: str) -> list[facts.Fact]:
        one = next(one for one in self.rooms if one.account == account)
        told = [self._entry(one, EntryCause.CLOSING)] if one.register_wh > one.settled_wh else []
        one.closed, lines = True, []
        for bucket in ("paid", "subsidy"):
            left = self.twin.balances.get((account, bucket, one.unit), 0)
            if left > 0:
                entry = self.twin.entry(
                    EntryKind.TAKEN_BACK, account, -left, bucket=bucket, unit=one.unit,
                    cause=EntryCause.CLOSING, source=command.command_id, carried_nano_yuan=one.carried,
                )  # fmt: skip
                told.append(entry)
                lines += entry.lines
        said = self.twin.result(
            command.number,
            command.command_id,
            CommandOutcome.APPLIED,
            taken=lines,
            final_register_wh=one.register_wh,
        )
        return [*told, said]

    def sound(self, what: str, subject: str, *, raised: bool, at_ms: int) -> None:
        """Raise an alarm, or end it."""
        self.twin.now_ms = at_ms
        self.send([facts.Alarm(f"{what}:{subject}", what, subject, raised, self.twin.at())], at_ms)

    def send(self, told: list[facts.Fact], now_ms: int) -> None:
        """Send facts as batches; central takes them at once."""
        self.twin.now_ms = now_ms
        for begin in range(0, len(told), 60):
            self.taker.take(self.twin.topic("up"), self.twin.batch(*told[begin : begin + 60]), now_ms)


def _daily_wh(room: Room) -> int:
    kind, _colon, amount = room.load.partition(":")
    if kind == "dormitory":
        return round(float(amount) * 1_000)
    watts = (
        float(room.load.removesuffix("kW")) * 1_000
        if room.load.endswith("kW")
        else float(room.load.removesuffix("W"))
    )
    return round(watts * 6)
