"""From a search's question to bytes, and from what comes back to `Heard`. An ear (a `driver.Listener`) takes everything it hears.

Unlike a driver's listener it takes any meter's answer: who is there is what is asked. Only an exact question ends with its answer.
"""

from gateway.protocols.dlt645 import edition1997, functions
from gateway.protocols.dlt645.frame import BROADCAST_ADDRESS, Decoder, Frame, encode
from gateway.protocols.driver import Answer, Damaged, Exchange, Foreign, Values, Verdict
from gateway.protocols.modbus import frame as modbus
from gateway.protocols.modbus.driver import silence_ms
from gateway.protocols.search.questions import Ask, Heard, Question
from gateway.protocols.stream import Damage

PREAMBLE_BYTES = 4
"""Some meters sleep until FE bytes wake them (2007, clause 5.3.1); a search asks each of them."""
BYTE_GAP_MS = 100
"""Shorter than the standard's 500: a frame torn wider counts as damage and is asked for again."""
MODBUS_GAP_MS = 30
ENERGY = {"dlt645-2007": "00010000", "dlt645-1997": "9010"}
ADDRESS_DI = "04000401"
ENERGY_BYTES, ADDRESS_BYTES = 4, 6
SHORTEST_REPLY_BYTES = {"dlt645-2007": 20, "dlt645-1997": 18, "modbus-rtu": 5}
WH_PER_UNIT = 10
"""The register's last digit is 0.01 kWh."""
MODBUS_ASKED = ((modbus.READ_INPUT_REGISTERS, 0x0000, 2), (modbus.READ_HOLDING_REGISTERS, 0x0000, 2))
"""By turns: meters of this class know one of the two functions at least, and refuse the other."""


def exchange_of(question: Question, protocol: str, baud: int) -> Exchange:
    """Give the question's bytes and how long to listen."""
    is_modbus = protocol == "modbus-rtu"
    return Exchange(
        request=_request(question, protocol),
        expects_reply=True,
        first_byte_timeout_ms=question.window_ms,
        byte_gap_timeout_ms=MODBUS_GAP_MS if is_modbus else BYTE_GAP_MS,
        silence_before_ms=silence_ms(baud) if is_modbus else 0,
        label=f"{question.address} {question.ask.value}",
    )


def ear_of(question: Question, protocol: str, request: bytes) -> "MeterEar | UnitEar":
    """Give an ear for one try of a question."""
    return UnitEar(question, request) if protocol == "modbus-rtu" else MeterEar(question, protocol, request)


def _request(question: Question, protocol: str) -> bytes:
    if protocol == "modbus-rtu":
        function, start, count = MODBUS_ASKED[question.attempt % len(MODBUS_ASKED)]
        return modbus.read_registers(int(question.address), function, start, count)
    address = BROADCAST_ADDRESS if question.ask is Ask.EVERYBODY else question.address
    if question.ask is Ask.ADDRESS:
        return encode(address, functions.READ_ADDRESS, b"", PREAMBLE_BYTES)
    if question.ask is Ask.IDENTITY:
        return functions.read(address, ADDRESS_DI, PREAMBLE_BYTES)
    read = edition1997.read if protocol == "dlt645-1997" else functions.read
    return read(address, ENERGY[protocol], PREAMBLE_BYTES)


class MeterEar:
    """Hears one DL/T 645 question."""

    def __init__(self, question: Question, protocol: str, request: bytes) -> None:
        self._question = question
        self._request = request
        self._function = _function(question, protocol)
        self._di = b"" if question.ask is Ask.ADDRESS else bytes.fromhex(_di(question, protocol))[::-1]
        self._decoder = Decoder()
        self._answered: list[str] = []
        self._refused: list[str] = []
        self._echoed = False
        self._damaged = False
        self._energy_wh: int | None = None

    def heard(self, latest_start_ms: int | None) -> Heard:
        """Give what was heard so far."""
        return Heard(
            tuple(dict.fromkeys(self._answered)),
            tuple(dict.fromkeys(self._refused)),
            self._echoed,
            self._damaged,
            self._energy_wh,
            latest_start_ms,
        )

    def feed(self, data: bytes) -> None:
        """Take bytes off the line."""
        self._decoder.feed(data)

    def next_verdict(self) -> Verdict | None:
        """Give an Answer only where it ends the question; all else is listened past."""
        event = self._decoder.next_event()
        if event is None:
            return None
        if isinstance(event, Damage):
            self._damaged = True
            return Damaged(event.reason.value, event.raw)
        return self._take(event)

    def flush(self) -> Verdict | None:
        """The line fell silent."""
        self._decoder.flush()
        return self.next_verdict()

    def _take(self, frame: Frame) -> Verdict:
        if not frame.is_reply:
            return Foreign("echo" if self._request.endswith(frame.raw) else "unexpected", frame.raw)
        if frame.function != self._function:
            return Foreign("stale", frame.raw)
        if frame.is_abnormal:
            self._refused.append(frame.address)
            return self._ended_by(frame.address, frame.raw)
        if not frame.data.startswith(self._di):
            return Foreign("stale", frame.raw)
        body = frame.data[len(self._di) :]
        if self._question.ask in (Ask.ADDRESS, Ask.IDENTITY):
            return self._take_address(body, frame)
        if "A" in frame.address:
            self._echoed = True
            return Foreign("wildcard-echoed", frame.raw)
        self._answered.append(frame.address)
        if frame.address == self._question.address:
            digits = body[ENERGY_BYTES - 1 :: -1].hex()
            self._energy_wh = int(digits) * WH_PER_UNIT if digits.isdecimal() else None
        return self._ended_by(frame.address, frame.raw)

    def _take_address(self, body: bytes, frame: Frame) -> Verdict:
        if len(body) == ADDRESS_BYTES:
            self._answered.append(body[::-1].hex().upper())
        return Foreign("address", frame.raw)

    def _ended_by(self, address: str, raw: bytes) -> Verdict:
        is_ended = self._question.is_exact and address == self._question.address
        return Answer(Values(), raw) if is_ended else Foreign("meter", raw)


class UnitEar:
    """Hears one Modbus question."""

    def __init__(self, question: Question, request: bytes) -> None:
        self._question = question
        self._function = request[1]
        self._decoder = modbus.Decoder(modbus.Role.RESPONSE, echo=request)
        self._answered: list[str] = []
        self._damaged = False

    def heard(self, latest_start_ms: int | None) -> Heard:
        """Give what was heard so far."""
        return Heard(
            tuple(dict.fromkeys(self._answered)), damaged=self._damaged, latest_start_ms=latest_start_ms
        )

    def feed(self, data: bytes) -> None:
        """Take bytes off the line."""
        self._decoder.feed(data)

    def next_verdict(self) -> Verdict | None:
        """Give an Answer where the unit itself answered or refused."""
        event = self._decoder.next_event()
        if event is None:
            return None
        if isinstance(event, Damage):
            self._damaged = True
            return Damaged(event.reason.value, event.raw)
        if event.role is modbus.Role.REQUEST:
            return Foreign("echo", event.raw)
        if event.function & ~modbus.EXCEPTION_BIT != self._function:
            return Foreign("stale", event.raw)
        self._answered.append(str(event.address))
        is_own = str(event.address) == self._question.address
        return Answer(Values(), event.raw) if is_own else Foreign("other-meter", event.raw)

    def flush(self) -> Verdict | None:
        """The line fell silent."""
        self._decoder.flush()
        return self.next_verdict()


def _function(question: Question, protocol: str) -> int:
    if question.ask is Ask.ADDRESS:
        return functions.READ_ADDRESS
    return edition1997.READ if protocol == "dlt645-1997" else functions.READ


def _di(question: Question, protocol: str) -> str:
    return ADDRESS_DI if question.ask is Ask.IDENTITY else ENERGY[protocol]
