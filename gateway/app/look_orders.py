"""Orders that only look: outbox, ledger, explanation, clock. Long walks through the store are taken beside its writer (C-13)."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from gateway.adapters.control_protocol import ClockReport, MeterClockOff
from gateway.adapters.control_socket import Handler, Order, Unable
from gateway.adapters.journal_store import JOURNAL_NAME
from gateway.adapters.journal_store.snapshot import CantLook, look_at
from gateway.app.parts import Parts
from gateway.application.accounts import metered
from gateway.application.clock_look import look_at_stored_time
from gateway.application.explain import Explanation, explain_all
from gateway.application.explain_past import PastExplanation, explain_past
from gateway.application.ledger_look import LedgerLook, look_at_ledger
from gateway.application.outbox_look import OutboxLook, look_at_outbox
from gateway.application.ports import Journal, StoreFull
from gateway.application.shared_credit import live_balance
from gateway.contract.facts import Instant
from gateway.contract.identifiers import AccountId
from gateway.domain.clock_setting import MOST_OFF_S

T = TypeVar("T")
LOOKS = 5


class LookOrders:
    """Looks, over the daemon's parts."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def table(self) -> dict[str, Handler]:
        """Order to handler."""
        return {
            "outbox": self._outbox,
            "ledger": self._ledger,
            "explain": self._explain,
            "explain-past": self._explain_past,
            "clock": self._clock,
        }

    async def _beside(self, use_case: Callable[[Journal], T]) -> T:
        """Look at what is committed, in a thread, without the writer."""
        path = self._parts.config.gateway.data / JOURNAL_NAME
        found = await asyncio.to_thread(look_at, path, use_case, beside_writer=True)
        if isinstance(found, CantLook):
            raise Unable(found.trouble.value)
        return found

    async def _fresh(self, use_case: Callable[[Journal], T]) -> T:
        """Look at what the writer has in hand; on a full disk at what was committed."""
        try:
            return await self._parts.store.run(use_case)
        except StoreFull:
            return await self._beside(use_case)

    async def _outbox(self, order: Order) -> OutboxLook:
        now, limit = self._parts.clock.now(), order.number("limit")
        kind = str(order.arguments.get("kind", ""))
        found = await self._beside(lambda journal: look_at_outbox(journal, kind, limit, now))
        fault = self._parts.uplink.fault
        return msgspec.structs.replace(
            found,
            link="connected" if fault is None else str(fault.message),
            link_connected=fault is None,
            sent_again=self._parts.drain.sent_again,
            readings_lost=self._parts.store.counters()["readings_dropped"],
        )

    async def _ledger(self, order: Order) -> LedgerLook | None:
        """The entries are walked beside the writer; what is used and not booked yet is its own."""
        account, now = AccountId(order.text("account")), self._parts.clock.now()
        since_ms, limit = order.number("since_ms"), order.number("limit")
        for looks_left in reversed(range(LOOKS)):
            found = await self._beside(lambda journal: look_at_ledger(journal, account, since_ms, limit, now))
            live = await self._fresh(lambda journal: _live(journal, account, now))
            if found is None or live is None:
                return None
            if live.next_number == found.next_number or not looks_left:
                return msgspec.structs.replace(
                    found, unsettled_wh=live.unsettled_wh, live_balance=live.balance
                )
        raise AssertionError("the last look gives")

    async def _explain(self, order: Order) -> list[Explanation]:
        name, now = order.text("name"), self._parts.clock.now()
        return await self._fresh(lambda journal: explain_all(journal, name, now))

    async def _explain_past(self, order: Order) -> list[PastExplanation]:
        name, at_ms, now = order.text("name"), order.number("at_ms"), self._parts.clock.now()
        return await self._beside(lambda journal: explain_past(journal, name, at_ms, now))

    async def _clock(self, _order: Order) -> ClockReport:
        parts = self._parts
        now, clock = parts.clock.now(), parts.clock
        stored = await self._fresh(lambda journal: look_at_stored_time(journal, now))
        read = {str(meter.meter): parts.clocks.off_s(meter.meter) for meter in parts.fleet.all()}
        known: dict[str, int | None] = dict.fromkeys(stored.meters_off)
        known |= {meter: off_s for meter, off_s in read.items() if off_s is not None}
        return ClockReport(
            wall_ms=now.wall_ms,
            doubt=str(clock.doubt) if clock.doubt else None,
            steady_in_ms=clock.steady_in_ms,
            central_ahead_ms=clock.central_ahead_ms,
            heard_ms=stored.heard_ms,
            latest_ms=clock.latest_ms,
            central_ms=stored.central_ms,
            bench_rate=clock.rate if clock.is_bench else None,
            utc_offset_minutes=parts.config.clock.utc_offset_minutes,
            meters=[
                MeterClockOff(meter, off, meter in stored.meters_off or abs(off or 0) > MOST_OFF_S)
                for meter, off in known.items()
            ],
            meters_read=sum(off is not None for off in known.values()),
        )


@dataclass(frozen=True, slots=True)
class _Live:
    """What the writer has in hand of an account."""

    next_number: int
    unsettled_wh: int
    balance: int


def _live(journal: Journal, account: AccountId, now: Instant) -> _Live | None:
    one = metered(journal, account)
    if one is None:
        return None
    return _Live(journal.next_entry_number(), one.unsettled_wh, live_balance(journal, one, now))
