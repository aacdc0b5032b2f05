"""The daemon's parts in one place, so that orders can reach what they need."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field

from gateway.adapters.journal_store import JournalStore
from gateway.adapters.mqtt_uplink import Uplink
from gateway.adapters.system_clock import SystemClock
from gateway.adapters.systemd_notify import Progress
from gateway.app.commissioning import Commissioning
from gateway.config import GatewayConfig
from gateway.contract.envelope import Keyring
from gateway.loops.drain_outbox import OutboxDrain
from gateway.loops.fleet import Fleet
from gateway.loops.receive_commands import CommandReceiver
from gateway.loops.signals import Signals


@dataclass(slots=True, kw_only=True)
class Parts:
    """Everything that runs."""

    config: GatewayConfig
    software: str
    central: Keyring
    clock: SystemClock
    store: JournalStore
    fleet: Fleet
    signals: Signals
    uplink: Uplink
    drain: OutboxDrain
    receiver: CommandReceiver
    commissioning: Commissioning
    progress: Progress
    started_s: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    def up_s(self) -> int:
        """Seconds since the daemon's start."""
        return int(asyncio.get_running_loop().time() - self.started_s)

    def counters(self) -> dict[str, int]:
        """All counters since start: link, commands, refusals, lines."""
        total: Counter[str] = Counter(self.receiver.counters)
        total["outbox:sent-again"] = self.drain.sent_again
        for name, count in self.uplink.counters().items():
            total[f"link:{name}"] += count
        for row, bus in self.commissioning.lines():
            for name, count in bus.counters().items():
                total[f"line:{row.name}:{name}"] += count
        return dict(total)
