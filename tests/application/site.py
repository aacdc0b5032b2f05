"""A building on virtual time over a real journal: what the use cases' tests are written in. No loop, no line."""

from pathlib import Path
from typing import Any

import msgspec

from gateway.adapters.journal_store import SqliteJournal
from gateway.application.alarms import station
from gateway.application.apply_command import Repeated, Taken, apply_command
from gateway.application.boot import Booted, boot
from gateway.application.drive_relay import next_step, report_relay
from gateway.application.outbox import marks
from gateway.application.post_reading import Posted, post_reading
from gateway.contract.commands import Command, Configure, Grant, Opening, encode_command
from gateway.contract.envelope import Sealed
from gateway.contract.facts import Alarm, Answer, Entry, Fact, Instant, decode_fact
from gateway.contract.rules import AccountRule, BindingRule, BucketRule, PolicyRule, PriceRule
from gateway.domain.ledger import AccountState
from gateway.domain.reading import MeterReading, MeterState
from gateway.domain.relay import (
    CommandAccepted,
    ObservedStatus,
    ReadBack,
    RelayState,
    Rest,
    Send,
    Settled,
    Step,
)
from gateway.protocols.driver import RelayAction

HOUR_MS = 3_600_000
START_MS = 1_760_000_400_000 // HOUR_MS * HOUR_MS
"""A full hour, UTC."""
PAID = BucketRule("paid", "yuan", 2, True)
SUBSIDY = BucketRule("subsidy", "kwh", 1, False)
PRICE = PriceRule("p1", "student", 0, 558_300)
RELAY = frozenset({RelayAction.OPEN, RelayAction.CLOSE})
YUAN = 1_000_000


def room(name: str = "a1", **changes: Any) -> AccountRule:
    rule = AccountRule(
        account=name, room=f"room {name}", tariff="student", unit="yuan", buckets=[SUBSIDY, PAID]
    )
    return msgspec.structs.replace(rule, **changes)


def tie(account: str = "a1", meter: str = "m1", from_ms: int = 0, **changes: Any) -> BindingRule:
    rule = BindingRule(f"{account}-{meter}-{from_ms}", meter, account, from_ms)
    return msgspec.structs.replace(rule, **changes)


def no_approver(*_: object) -> bool:
    return False


class Site:
    """One gateway whose clock the test turns."""

    boots_before = 0

    def __init__(self, path: Path | str = ":memory:", *, trusted: bool = True) -> None:
        self.path = path
        self.boot_number = self.boots_before
        self.wall_ms = START_MS
        self.monotonic_ms = 1_000
        self.trusted = trusted
        self.untrusted_wall_ms = 86_400_000
        self.approves = no_approver
        self.version = 0
        self.number = 0
        self.decoded: dict[str, list[Fact]] = {}
        """What `facts` has read, by epoch: rows never change."""
        self.open_journal()
        self.booted = self.restart_clock()

    # --- time and transactions

    @property
    def now(self) -> Instant:
        wall_ms = self.wall_ms if self.trusted else self.untrusted_wall_ms + self.monotonic_ms
        return Instant(f"boot{self.boot_number}", self.monotonic_ms, wall_ms, self.trusted)

    def wait(self, ms: int) -> None:
        self.wall_ms += ms
        self.monotonic_ms += ms

    def restart_clock(self) -> Booted:
        self.boot_number += 1
        self.monotonic_ms = 1_000
        return self.do(boot, "g1")

    def reopen(self) -> Booted:
        """The daemon dies and starts again on the same file."""
        self.close_journal()
        self.open_journal()
        return self.restart_clock()

    def open_journal(self) -> None:
        self.journal = SqliteJournal(self.path)

    def close_journal(self) -> None:
        self.journal.close()

    def do(self, use_case: Any, *arguments: Any, **named: Any) -> Any:
        result = self.journal.perform(lambda journal: use_case(journal, *arguments, self.now, **named))
        if self.journal.commit_wanted:
            self.journal.commit()
        return result

    def ask(self, use_case: Any, *arguments: Any) -> Any:
        return self.journal.perform(lambda journal: use_case(journal, *arguments))

    # --- central

    def sealed(
        self, body: Command | bytes, number: int, name: str = "", expires_ms: int | None = None
    ) -> Sealed:
        raw = body if isinstance(body, bytes) else encode_command(body)
        return Sealed(
            v=1, kind="down", sender="central", recipient="g1", id=name or f"c{number}", number=number,
            issued_ms=self.wall_ms, key="k1", body=msgspec.Raw(raw), expires_ms=expires_ms,
        )  # fmt: skip

    def deliver(self, sealed: Sealed) -> Taken | Repeated | Answer:
        return self.do(lambda journal, now: apply_command(journal, sealed, now, self.approves))

    def command(self, body: Command | bytes, **named: Any) -> Any:
        """Send the next command in order."""
        self.number += 1
        taken = self.deliver(self.sealed(body, self.number, **named))
        assert isinstance(taken, Taken), taken
        return taken

    def configure(
        self,
        *accounts: AccountRule,
        bindings: list[BindingRule] | None = None,
        prices: list[PriceRule] | None = None,
        policy: PolicyRule | None = None,
        **named: Any,
    ) -> Any:
        self.version += 1
        listed = list(accounts) or [room()]
        here = self.ask(station)
        if here.opened_epoch != here.epoch:
            named.setdefault("opening", Opening(here.epoch, [], {}, []))
        return self.command(
            Configure(
                version=self.version,
                accounts=listed,
                bindings=bindings
                if bindings is not None
                else [tie(a.account, f"m{a.account[1:]}") for a in listed],
                prices=prices or [PRICE],
                policy=policy or PolicyRule(new_account_grace_s=0),
                **named,
            )
        )

    def grant(self, name: str, amount: int, account: str = "a1", bucket: str = "paid", **named: Any) -> Any:
        unit = "kwh" if bucket == "subsidy" else "yuan"
        return self.command(Grant(name, account, bucket, unit, amount, **named))

    # --- meters and relays

    def read(self, register_wh: int, meter: str = "m1", **named: Any) -> Posted:
        """One poll, with the re-reads a loop would make of a first zero, and the confirming one."""
        posted = self.look(register_wh, meter, **named)
        while register_wh == 0 and posted.reread and self.meter(meter).register_wh is None:
            posted = self.look(register_wh, meter, **named)
        return self.look(register_wh, meter, confirming=True, **named) if posted.confirm else posted

    def look(self, register_wh: int, meter: str = "m1", *, confirming: bool = False, **named: Any) -> Posted:
        reading = MeterReading(meter, register_wh, raw=b"\x68" + register_wh.to_bytes(8, "big"), **named)
        return self.do(lambda journal, now: post_reading(journal, reading, now, confirming=confirming))

    def step(self, meter: str = "m1", actions: frozenset[RelayAction] = RELAY) -> Step:
        return self.do(next_step, meter, actions)

    def report(self, event: Any, meter: str = "m1", actions: frozenset[RelayAction] = RELAY) -> Step:
        return self.do(report_relay, meter, event, actions)

    def drive(self, contact_closed: bool, meter: str = "m1", load_ma: int = 500) -> bool:
        """Drive an honest relay to its end; give how its contact stands then."""
        step = self.step(meter)
        for _ in range(20):
            self.wait(50)
            match step:
                case Send(close=close):
                    contact_closed = close
                    step = self.report(CommandAccepted(), meter)
                case ReadBack():
                    step = self.report(
                        ObservedStatus(contact_closed, load_ma if contact_closed else 0), meter
                    )
                case Rest(after_ms=after_ms):
                    self.wait(after_ms)
                    step = self.step(meter)
                case Settled():
                    return contact_closed
        raise AssertionError(f"never settled: {step}")

    # --- what is there

    def relay(self, meter: str = "m1") -> RelayState:
        found = self.ask(lambda journal: journal.record(RelayState, meter))
        assert found is not None
        return found

    def state(self, account: str = "a1") -> AccountState:
        found = self.ask(lambda journal: journal.record(AccountState, account))
        assert found is not None
        return found

    def meter(self, meter: str = "m1") -> MeterState:
        found = self.ask(lambda journal: journal.record(MeterState, meter))
        assert found is not None
        return found

    def balance(self, account: str = "a1", bucket: str = "paid") -> int:
        held = self.ask(lambda journal: journal.buckets(account))
        return sum(one.balance for one in held if one.name == bucket)

    def facts(self, *kinds: type) -> list[Any]:
        """Everything in the outbox, in order, acknowledged or not."""
        self.journal.commit()
        for mark in self.ask(marks):
            known = self.decoded.setdefault(mark.epoch, [])
            rows = self.ask(
                lambda journal, mark=mark, known=known: journal.outbox(mark.epoch, len(known), 10**9)
            )
            assert [row.seq for row in rows] == [len(known) + 1 + n for n in range(len(rows))]
            known += [decode_fact(bytes(row.fact)) for row in rows]
        found = [fact for facts in self.decoded.values() for fact in facts]
        return [fact for fact in found if not kinds or isinstance(fact, kinds)]

    def entries(self, *kinds: str) -> list[Entry]:
        return [entry for entry in self.facts(Entry) if not kinds or entry.entry_kind in kinds]

    def billed_wh(self, account: str = "a1") -> int:
        return sum(e.energy_wh for e in self.entries("consumption") if e.account == account)

    def standing(self) -> set[str]:
        """The alarms that stand, as central would count them from the rows: all of an epoch end with it."""
        self.facts(Alarm)
        stands: dict[str, str] = {}
        for said in self.decoded.values():
            stands = {}
            for alarm in (fact for fact in said if isinstance(fact, Alarm)):
                if alarm.raised:
                    assert alarm.alarm not in stands
                    stands[alarm.alarm] = alarm.what
                else:
                    del stands[alarm.alarm]
        return set(stands.values())


def use(site: Site, register_wh: int, minutes: int = 30, **named: Any) -> Posted:
    """Let time pass, then read the meter at this register."""
    site.wait(minutes * 60_000)
    return site.read(register_wh, **named)
