"""One port from its first question to its last meter: which speed and protocol is spoken, who is there, what each one is.

    first questions, setting by setting -> what answered: its likely meters -> Modbus, number by number -> what was silent, again
    -> all are read -> the rest is asked, which proves that there are no others

All that was asked and found is in the state at every moment, so a port is taken up again in the middle of a search.
"""

import asyncio
from collections.abc import Callable, Mapping

from gateway.adapters.serial_bus.bare_line import BareLine
from gateway.adapters.serial_bus.diagnosis import looks_like_lost_parity
from gateway.adapters.serial_bus.port import Opener, PortSettings, PortTrouble
from gateway.protocols.models import ModelRow
from gateway.protocols.search import Done, Question, TreeSearch, UnitSearch, new_search, search_from_json
from gateway.protocols.search.ears import SHORTEST_REPLY_BYTES, ear_of, exchange_of
from gateway.technician.find.found import (
    Event,
    FindState,
    Found,
    FoundMeter,
    PortDone,
    Progress,
    Trouble,
)
from gateway.technician.find.meters_here import MetersHere
from gateway.technician.find.plan import (
    DLT645,
    GARBLED,
    GOOD,
    MARKED,
    MODBUS,
    SILENT,
    Plan,
    Setting,
    by_evidence,
    key_of,
)
from gateway.technician.find.reading import MeterReader, PortGone

TELL_EVERY_S = 1.0
MARKS = (b"\x68", b"\xfe\xfe")
MODBUS_QUESTIONS = 494
"""What a search asks that finds nobody."""
FIRST_GUESS_S = 0.4
NOISY = 3

AnySearch = TreeSearch | UnitSearch


class PortSearch:
    """Searches one port; tells by `tell`, keeps everything in `state`."""

    def __init__(
        self,
        port: str,
        state: FindState,
        plan: Plan,
        models: Mapping[str, ModelRow],
        local_ms: Callable[[], int],
        tell: Callable[[Event], None],
        opener: Opener,
    ) -> None:
        self._port = port
        self._state = state
        self._here = state.port(port)
        self._meters = MetersHere(port, state)
        self._plan = plan.for_port(port)
        self._models = models
        self._local_ms = local_ms
        self._tell = tell
        self._opener = opener
        self._line: BareLine | None = None
        self._searches: dict[str, AnySearch] = {}
        self._ahead: dict[Setting, int] = {}
        """Modbus searches that are still to come, to how many questions they ask."""
        self._told_s = 0.0
        self._per_question_s = FIRST_GUESS_S

    async def run(self) -> None:
        """Search to the end. What stops a port (it goes away, it is busy) is told, never raised."""
        try:
            if not self._here.done or self._here.asked_for != self._plan.signature:
                self._here.done, self._here.asked_for = False, self._plan.signature
                await self._search()
                self._here.done = True
            self._tell(PortDone(self._port, len(self._meters)))
        except PortGone as gone:
            self._tell(
                Trouble(self._port, f"port-{gone.trouble.fault.value}", {"detail": gone.trouble.detail})
            )
        finally:
            self._remember()
            if self._line is not None:
                await self._line.close()

    async def _search(self) -> None:
        editions = [protocol for protocol in DLT645 if protocol in self._plan.protocols]
        keys = [(setting, protocol) for setting in self._plan.dlt645_settings() for protocol in editions]
        self._expect_modbus()
        for setting, protocol in keys:
            await self._first_question(setting, protocol)
        by_key = {key_of(setting, protocol): (setting, protocol) for setting, protocol in keys}
        wanted = by_evidence(list(by_key), self._here.heard)
        silent = [by_key[key] for key in wanted if self._here.heard.get(key) == SILENT]
        loud = [by_key[key] for key in wanted if by_key[key] not in silent]
        for setting, protocol in loud:
            await self._search_likely(setting, protocol)
        for setting, protocol in self._expect_modbus()[:1]:
            await self._search_likely(setting, protocol)
        for setting, protocol in silent:
            await self._search_likely(setting, protocol)
        for setting, protocol in (modbus := self._expect_modbus()):
            await self._search_likely(setting, protocol)
            self._ahead.pop(setting, None)
        for setting, protocol in [*loud, *silent, *modbus]:
            await self._prove(setting, protocol)
        self._tell_result()

    def _expect_modbus(self) -> list[tuple[Setting, str]]:
        """Give the Modbus searches that are wanted by what was met so far."""
        wanted = self._plan.modbus_settings(self._meters.met()) if MODBUS in self._plan.protocols else []
        # Where nothing was met yet, the first speeds mostly end it: the others are counted when they come.
        self._ahead = dict.fromkeys(wanted if self._meters.met() else wanted[:2], MODBUS_QUESTIONS)
        return [(setting, MODBUS) for setting in wanted]

    def _is_needless(self, setting: Setting, protocol: str) -> bool:
        """Tell whether a search is to be left out: enough was found, or this line speaks otherwise."""
        speeds = {baud for baud, _ in self._meters.met() or [setting]}
        return (
            self._is_enough()
            or self._meters.is_met_otherwise(setting, protocol)
            or (protocol == MODBUS and setting[0] not in speeds)
        )

    # ---- one setting -------------------------------------------------------------------------------------------------

    async def _first_question(self, setting: Setting, protocol: str) -> None:
        """Ask everybody once, so that the likely settings are searched first."""
        key = key_of(setting, protocol)
        if key in self._here.heard or self._is_enough():
            return
        search = self._search_of(setting, protocol)
        question = search.next_question()
        if isinstance(question, Question):
            self._here.heard[key] = await self._ask(search, question, setting, protocol)
            self._tell_progress(search, setting, protocol, "looking-for-speed")

    async def _search_likely(self, setting: Setting, protocol: str) -> None:
        """Ask until only the proof is left that nobody else is there; then read what was found."""
        search = None if self._is_needless(setting, protocol) else self._search_of(setting, protocol)
        while search is not None and not self._is_enough():
            question = search.next_question()
            if isinstance(question, Done) or question.proving:
                break
            await self._take(search, question, setting, protocol)
        if search is not None:
            await self._read_new(search, setting, protocol)

    async def _prove(self, setting: Setting, protocol: str) -> None:
        """Ask the rest."""
        search = None if self._is_needless(setting, protocol) else self._search_of(setting, protocol)
        while search is not None and not self._is_enough():
            question = search.next_question()
            if isinstance(question, Done):
                self._tell_doubts(search, setting, protocol)
                break
            await self._take(search, question, setting, protocol)
        if search is not None:
            await self._read_new(search, setting, protocol)

    async def _take(self, search: AnySearch, question: Question, setting: Setting, protocol: str) -> None:
        await self._ask(search, question, setting, protocol)
        self._keep_found(search, setting, protocol)
        self._tell_progress(search, setting, protocol, "proving" if question.proving else "searching")

    def _tell_doubts(self, search: AnySearch, setting: Setting, protocol: str) -> None:
        for address in search.unexplained:
            self._trouble("unexplained", setting, protocol, address=address)
        if isinstance(search, TreeSearch) and search.noise > NOISY:
            self._trouble("noisy", setting, protocol, places=search.noise)

    async def _ask(self, search: AnySearch, question: Question, setting: Setting, protocol: str) -> str:
        """Ask one question; tell what came, as a word of `plan.RANKS`."""
        line, pace = await self._at(setting), self._plan.pace
        exchange = exchange_of(question, protocol, setting[0])
        ear = ear_of(question, protocol, exchange.request)
        # A shortened wait was measured on this port: the adapter's share is in it.
        latency_s = pace.latency_s if question.window_ms >= pace.full_window_ms else 0.0
        asked = await line.ask(exchange, ear, latency_s)
        if isinstance(asked, PortTrouble):
            raise PortGone(asked)
        self._per_question_s += (asked.heard.spent_s - self._per_question_s) / 20
        reply_ms = SHORTEST_REPLY_BYTES[protocol] * line.settings.seconds_per_byte * 1000
        latest_ms = None if asked.last_byte_ms is None else max(0, round(asked.last_byte_ms - reply_ms))
        heard = ear.heard(latest_ms)
        search.answer(question, heard)
        if heard.addresses or heard.refused or heard.echoed:
            return GOOD
        received = asked.heard.received
        if not heard.damaged:
            return SILENT
        if looks_like_lost_parity(received):
            self._trouble("wrong-parity", setting, protocol)
        return MARKED if any(mark in received for mark in MARKS) else GARBLED

    async def _at(self, setting: Setting) -> BareLine:
        """Give the port opened so. Raises PortGone."""
        baud, parity = setting
        if self._line is not None:
            if (self._line.settings.baud, self._line.settings.parity) == setting:
                return self._line
            await self._line.close()
        self._line = BareLine(PortSettings(self._port, baud, parity), self._opener)
        if trouble := await self._line.open():
            raise PortGone(trouble)
        return self._line

    # ---- what was found ----------------------------------------------------------------------------------------------

    def _keep_found(self, search: AnySearch, setting: Setting, protocol: str) -> None:
        for meter in self._meters.new(setting, protocol, search.found, search.duplicates):
            self._keep(meter, search)

    async def _read_new(self, search: AnySearch, setting: Setting, protocol: str) -> None:
        self._keep_found(search, setting, protocol)
        for meter in self._meters.unread(setting, protocol):
            reader = MeterReader(await self._at(setting), self._models, self._local_ms)
            self._keep(await reader.read(meter), search)
            self._tell_progress(search, setting, protocol, "reading-meter")

    def _keep(self, meter: FoundMeter, search: AnySearch) -> None:
        self._state.keep(meter)
        self._here.searches[key_of((meter.line.baud, meter.line.parity), meter.protocol)] = search.as_json()
        self._tell(Found(meter))

    def _is_enough(self) -> bool:
        return self._plan.expect is not None and len(self._meters) >= self._plan.expect

    # ---- keeping and telling -----------------------------------------------------------------------------------------

    def _search_of(self, setting: Setting, protocol: str) -> AnySearch:
        key, pace = key_of(setting, protocol), self._plan.pace
        if key not in self._searches:
            kept = self._here.searches.get(key)
            self._searches[key] = (
                search_from_json(kept)
                if kept
                else new_search(
                    protocol,
                    thorough=self._plan.thorough,
                    margin_ms=pace.margin_ms,
                    unit_window_ms=pace.unit_window_ms,
                    full_window_ms=pace.full_window_ms,
                )
            )
        return self._searches[key]

    def _remember(self) -> None:
        for key, search in self._searches.items():
            self._here.searches[key] = search.as_json()

    def _tell_progress(self, search: AnySearch, setting: Setting, protocol: str, doing: str) -> None:
        now_s = asyncio.get_running_loop().time()
        if now_s - self._told_s < TELL_EVERY_S:
            return
        self._told_s = now_s
        self._here.searches[key_of(setting, protocol)] = search.as_json()
        left = sum(one.left() for one in self._searches.values()) + sum(self._ahead.values())
        asked = sum(one.asked for one in self._searches.values())
        seconds = round(left * self._per_question_s)
        self._tell(Progress(self._port, *setting, protocol, doing, asked, left, seconds, len(self._meters)))

    def _tell_result(self) -> None:
        if not len(self._meters):
            self._tell(Trouble(self._port, "nothing-found"))
        speeds = {baud for baud, _ in self._meters.met()}
        if len(speeds) > 1:
            shown = ", ".join(str(baud) for baud in sorted(speeds))
            self._tell(Trouble(self._port, "several-speeds", {"bauds": shown}))

    def _trouble(self, code: str, setting: Setting, protocol: str, **facts: str | int) -> None:
        where: dict[str, str | int] = {"baud": setting[0], "parity": setting[1], "protocol": protocol}
        self._tell(Trouble(self._port, code, {**where, **facts}))
