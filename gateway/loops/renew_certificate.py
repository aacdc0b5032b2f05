"""Renew the link's certificate by itself, long before it expires, and after that, too: the request goes over HTTP, signed (R-G6).

look at its dates -> due? -> ask central (a process of its own, which takes its memory with it) -> connect anew
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from gateway.domain.renewal import Validity, due_ms, is_alarming, pause_ms

LOOK_EVERY_S = 60.0

log = structlog.get_logger("certificate")


@dataclass(frozen=True, slots=True)
class Renewal:
    """How a try ended: `code` is a stable word, empty when it went well; `detail` says what a person should know."""

    code: str = ""
    detail: str = ""


class WorldClock(Protocol):
    """The machine's clocks as TLS sees them: a bench's scaled time is none of a certificate's."""

    def wall_ms(self) -> int: ...

    def monotonic_ms(self) -> int: ...


class CertificateKeeper:
    """Keeps one certificate fresh."""

    def __init__(
        self,
        look: Callable[[], Validity | None],
        renew: Callable[[], Awaitable[Renewal]],
        connect_anew: Callable[[], Awaitable[None]],
        clock: WorldClock,
        dice: Callable[[], float],
    ) -> None:
        """`look` reads the present certificate's dates; `renew` brings a new one in its place; `dice` gives 0 to 1."""
        self._look = look
        self._renew = renew
        self._connect_anew = connect_anew
        self._clock = clock
        self._dice = dice
        self._spread = dice()
        self._again_at_ms = 0
        """By the monotonic clock."""
        self.validity: Validity | None = None
        self.tries = 0
        """Those that failed since the last success."""
        self.last = Renewal()

    async def run(self) -> None:
        """Keep it fresh for ever."""
        while True:
            await self.tick()
            await asyncio.sleep(LOOK_EVERY_S)

    async def tick(self) -> None:
        """Look once, and renew where it is due."""
        self.validity = self._look()
        is_due = self.validity is None or self._clock.wall_ms() >= due_ms(self.validity, self._spread)
        if not is_due or self._clock.monotonic_ms() < self._again_at_ms:
            return
        self.last = await self._renew()
        if self.last.code:
            self.tries += 1
            wait_ms = pause_ms(self.tries, self._dice(), expired=self.is_expired)
            self._again_at_ms = self._clock.monotonic_ms() + wait_ms
            log.warning(
                "certificate-not-renewed", code=self.last.code, detail=self.last.detail, again_in_ms=wait_ms
            )
            return
        self.tries, self.validity = 0, self._look()
        # Not asked again at once, whatever dates the new one has.
        self._again_at_ms = self._clock.monotonic_ms() + pause_ms(1, self._dice(), expired=False)
        log.info("certificate-renewed", until_ms=self.validity.until_ms if self.validity else None)
        await self._connect_anew()

    @property
    def is_expired(self) -> bool:
        """Whether the broker lets nobody in with it; none at all is as bad."""
        return self.validity is None or self._clock.wall_ms() >= self.validity.until_ms

    @property
    def trouble(self) -> str | None:
        """What a person must know; None while all is well, or a failed try is young."""
        if not is_alarming(self.tries, expired=self.is_expired):
            return None
        return f"{self.last.code}: {self.last.detail}" if self.last.detail else self.last.code
