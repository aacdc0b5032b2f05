"""Valid commands of every kind that a gateway takes, each one that acts when it is sent next: what an attack stands beside."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from gateway.application.apply_command import approval_text
from gateway.contract import commands as c
from gateway.contract.rules import EmergencyRule
from tests.attack.forge import public_hex
from tests.attack.target_gateway import GATEWAY, TargetGateway, now_ms

YUAN = 1_000_000
QUIET = (c.ReadNow, c.Resend)
"""Acts that leave nothing behind but their answer."""


@dataclass
class Order:
    """A command, and when it lapses."""

    body: c.Command
    expires_ms: int | None = None

    @property
    def kind(self) -> str:
        return str(type(self.body).__struct_config__.tag)


@dataclass
class Orders:
    """Gives order after order to one gateway."""

    gateway: TargetGateway
    dice: random.Random
    names: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    wishes: Iterator[c.RelayWish] = field(
        default_factory=lambda: itertools.cycle(
            [
                c.RelayWish.OPEN,
                c.RelayWish.CLOSE,
                c.RelayWish.AUTO,
                c.RelayWish.LOCK_OUT,
                c.RelayWish.RELEASE,
            ]
        )
    )
    drawn: int = 0
    controls: int = 0
    closed: bool = False
    epoch: str = ""
    acked: int = 0
    doubted: str = ""
    """What an alarm stands for that a person may end; empty where none stands."""

    def name(self, what: str) -> Any:
        return f"{what}-{self.gateway.folder.name}-{next(self.names)}"

    def grant(self, **changes: Any) -> c.Grant:
        number = next(self.names)
        named = {"grant": self.name("p"), "account": self.dice.choice(["a1", "a2"]), "serial": number + 10}
        amount = self.dice.randrange(1, 400) * YUAN // 100 * 100
        return c.Grant(**{**named, "bucket": "paid", "unit": "yuan", "amount": amount, **changes})

    def every(self) -> Iterator[Order]:
        """Give orders for ever; each kind comes again and again, those that may come once come once."""
        while True:
            yield Order(self.grant())
            yield Order(c.SetRelay("m1", next(self.wishes), "chen", "an attack's test"), now_ms() + 600_000)
            yield Order(c.TakeBack(self.name("t"), "a1", "paid", self.dice.randrange(1, 100)))
            yield Order(self._configure())
            yield Order(self.grant(bucket="subsidy", unit="kwh", amount=self.dice.randrange(1, 9_000)))
            yield Order(self._approve())
            yield Order(c.ReadNow([]))
            yield Order(self._gap())
            yield from self._emergency()
            yield Order(c.SetRelay("m1", next(self.wishes), "chen", "an attack's test"), now_ms() + 600_000)
            yield from self._control()
            yield Order(c.TrustKeys([public_hex(self.gateway.central), self._next_key()]))
            yield from self._closing()
            yield Order(c.Resend(self.epoch, self.acked))
            if self.doubted:
                yield Order(c.ResolveAlarm("exists-with-different", self.doubted, "chen", "looked into it"))

    def _configure(self) -> c.Configure:
        rule = EmergencyRule(5 * YUAN)
        configure = self.gateway.configuration(None, cut_guard_count=next(self.names) + 20)
        accounts = [_with(account, emergency=rule) for account in configure.accounts]
        return _with(configure, accounts=accounts)

    def _approve(self) -> c.ApproveCuts:
        until_ms, count = now_ms() + self.dice.randrange(600_000, 6_000_000), self.dice.randrange(1, 9)
        approver = self.gateway.approver
        signature = approver.sign(approval_text(GATEWAY, count, until_ms)).hex()
        return c.ApproveCuts(count, until_ms, approver.key_id, signature)

    def _gap(self) -> c.BillGap:
        end_ms = now_ms() - 3_600_000
        return c.BillGap(
            self.name("g"), "a2", self.dice.randrange(1, 500), end_ms - 3_600_000, end_ms, end_ms
        )

    def _emergency(self) -> Iterator[Order]:
        if self.drawn < 2:
            self.drawn += 1
            yield Order(c.DrawEmergency(self.name("d"), f"a{self.drawn}", "chen"))

    def _control(self) -> Iterator[Order]:
        self.controls += 1
        if self.controls == 1:
            self.control = self.name("s")
            yield Order(c.BeginSoftwareControl(self.control, "a2", "chen", "the display is dark", 1_000))
        elif self.controls == 2:
            yield Order(c.EndSoftwareControl(self.control, "chen", "it shows again"))

    def _closing(self) -> Iterator[Order]:
        if not self.closed:
            self.closed = True
            yield Order(c.CloseAccount("a3", True, "moved out"))

    def _next_key(self) -> str:
        return self.dice.randbytes(32).hex()


def _with(struct: Any, **changes: Any) -> Any:
    import msgspec

    return msgspec.structs.replace(struct, **changes)
