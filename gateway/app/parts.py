"""The daemon's parts in one place, so that orders can reach what they need."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from gateway.adapters.journal_store import JournalStore
from gateway.adapters.mqtt_uplink import Uplink
from gateway.adapters.system_clock import SystemClock
from gateway.adapters.systemd_notify import Progress
from gateway.app.commissioning import Commissioning
from gateway.config import GatewayConfig
from gateway.contract.envelope import Keyring
from gateway.domain.poll_plan import PollPlan
from gateway.loops.drain_outbox import OutboxDrain
from gateway.loops.fleet import Fleet
from gateway.loops.keep_health import Trouble
from gateway.loops.meter_clocks import MeterClocks
from gateway.loops.receive_commands import CommandReceiver
from gateway.loops.renew_certificate import CertificateKeeper
from gateway.loops.signals import Signals
from gateway.loops.store_room import StoreRoom


@dataclass(slots=True, kw_only=True)
class Parts:
    """Everything that runs."""

    config: GatewayConfig
    software: str
    central: Keyring
    """Follows what central says of its keys."""
    code_key: Callable[[Ed25519PublicKey], bytes]
    """What codes of credit are proved by, for one of central's keys."""
    clock: SystemClock
    clocks: MeterClocks
    store: JournalStore
    fleet: Fleet
    plan: PollPlan
    """One for all lines: meters of one credit may hang on several."""
    signals: Signals
    uplink: Uplink
    drain: OutboxDrain
    receiver: CommandReceiver
    commissioning: Commissioning
    progress: Progress
    room: StoreRoom
    certificate: CertificateKeeper | None = None
    """None where the link has none of its own, or nowhere to renew it."""
    started_s: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    def up_s(self) -> int:
        """Seconds since the daemon's start."""
        return int(asyncio.get_running_loop().time() - self.started_s)

    def counters(self) -> dict[str, int]:
        """All counters since start: link, commands, refusals, store, lines."""
        total: Counter[str] = Counter(self.receiver.counters)
        total["outbox:sent-again"] = self.drain.sent_again
        for name, count in self.uplink.counters().items():
            total[f"link:{name}"] += count
        for name, count in self.store.counters().items():
            total[f"store:{name}"] += count
        total.update(self.room.counters())
        for row, bus in self.commissioning.lines():
            for name, count in bus.counters().items():
                total[f"line:{row.name}:{name}"] += count
        return dict(total)

    def troubles(self) -> Iterator[Trouble]:
        """What of the building's own doesn't work now: clock, lines, registry, single meters."""
        gateway = self.config.gateway.id
        if self.clock.doubt is not None:
            why = f"{self.clock.doubt}: the lowest price is billed, and trued up later; check the time server and the link"
            yield Trouble("clock-untrusted", gateway, why)
        for row, bus in self.commissioning.lines():
            if bus.trouble is not None:
                yield Trouble("line-gone", f"{gateway}/{row.name}", bus.trouble.on_record)
        if self.certificate is not None and self.certificate.trouble is not None:
            why = f"{self.certificate.trouble}; try it by hand: cardroom-gateway renew"
            yield Trouble("certificate-not-renewed", gateway, why)
        if self.commissioning.damage:
            yield Trouble("registry-damaged", gateway, self.commissioning.damage)
        for meter, why in self.commissioning.unusable.items():
            yield Trouble("meter-unusable", meter, f"{why}; mend its row: cardroom-gateway meters")
