"""What a DL/T 645-2007 meter answers: one request in, one reply or silence out (clause 7, and 1C as the field uses it).

The meter must have been advanced to the present instant. Silence is the answer to everything that is not for this meter, and to
every broadcast; a refusal is a reply with D6 set and an ERR byte.
"""

from dataclasses import dataclass
from enum import IntFlag

from firmware_tools.virtual_meter.calendar import DAY_MS, local_ms_of
from firmware_tools.virtual_meter.dlt645_items import BAUD_WORDS, read_item
from firmware_tools.virtual_meter.dlt645_wire import BROADCAST, WILDCARD, Request, address_bytes, build_reply
from firmware_tools.virtual_meter.freezes import FreezePattern
from firmware_tools.virtual_meter.meter import VirtualMeter
from firmware_tools.virtual_meter.relay import Verdict

DONE, FAILED, MORE = 0x80, 0xC0, 0xA0
BROADCAST_TIME_LIMIT_MS = 5 * 60 * 1000
"""Control code 08 is obeyed only within five minutes of the meter's own time, once a day."""
PLAIN_RELAY_LENGTH = 16
ANY = 99
READ_ADDRESS = 0x13


class Err(IntFlag):
    """The ERR byte of an abnormal reply."""

    OTHER = 0x01
    NO_DATA = 0x02
    PASSWORD = 0x04
    RATE = 0x08


@dataclass(slots=True)
class FollowUp:
    """The rest of a block that didn't fit; the last part stays, so that a lost reply can be asked for again."""

    di: bytes
    parts: list[bytes]


class Dlt645Server:
    """The protocol face of one virtual meter."""

    def __init__(self, meter: VirtualMeter) -> None:
        self._meter = meter
        self._follow_up: FollowUp | None = None
        self._functions = {
            0x11: self._read,
            0x12: self._read_on,
            READ_ADDRESS: self._read_address,
            0x14: self._write,
            0x15: self._write_address,
            0x16: self._freeze,
            0x17: self._change_baud,
            0x1C: self._switch_relay,
        }

    def hears(self, request: Request) -> bool:
        """Return whether the request concerns this meter at all."""
        if request.address == BROADCAST:
            return True
        return request.is_for(self._address()) and self._is_told_by(request)

    def _is_told_by(self, request: Request) -> bool:
        """Return whether a question for everybody is one that this meter answers."""
        opened = request.address.count(WILDCARD)
        match self._meter.spec.discovery:
            case "address-only":
                return not opened or request.control == READ_ADDRESS
            case "unabbreviated":
                return opened in (0, len(request.address))
        return True

    def answer(self, request: Request) -> bytes | None:
        """Return the reply's bytes, or None for silence, to a request that this meter hears."""
        if request.address == BROADCAST:
            self._obey_broadcast(request)
            return None
        if request.control in (0x18, 0x19, 0x1A, 0x1B):
            return self._refuse(request, Err.OTHER)
        function = self._functions.get(request.control)
        return function(request) if function else None

    def _address(self) -> bytes:
        return address_bytes(self._meter.identity.address)

    def _reply(self, request: Request, mark: int, data: bytes) -> bytes:
        echoes = self._meter.spec.discovery == "echo" and WILDCARD in request.address
        address = request.address if echoes else self._address()
        return build_reply(address, request.control | mark, data, self._meter.spec.preamble_fe)

    def _refuse(self, request: Request, err: Err) -> bytes:
        return self._reply(request, FAILED, bytes([err]))

    def _obey_broadcast(self, request: Request) -> None:
        if request.control == 0x16 and len(request.data) == 4:
            self._freeze_by(request.data)
        elif request.control == 0x08 and len(request.data) == 6:
            self._take_broadcast_time(request.data)

    # -- 11, 12: read ----------

    def _read(self, request: Request) -> bytes | None:
        if len(request.data) < 4:
            return self._refuse(request, Err.OTHER)
        di = request.data[:4]
        value = read_item(self._meter, int.from_bytes(di, "little"))
        if value is None:
            return self._refuse(request, Err.NO_DATA)
        room = self._meter.spec.frame_data_limit - 4
        if len(value) <= room:
            self._follow_up = None
            return self._reply(request, DONE, di + value)
        rest, part = value[room:], room - 1
        self._follow_up = FollowUp(di, [rest[start : start + part] for start in range(0, len(rest), part)])
        return self._reply(request, MORE, di + value[:room])

    def _read_on(self, request: Request) -> bytes | None:
        pending = self._follow_up
        if len(request.data) != 5 or pending is None or request.data[:4] != pending.di:
            return self._refuse(request, Err.NO_DATA)
        sequence = request.data[4]
        if not 1 <= sequence <= len(pending.parts):
            return self._refuse(request, Err.NO_DATA)
        mark = DONE if sequence == len(pending.parts) else MORE
        return self._reply(request, mark, pending.di + pending.parts[sequence - 1] + bytes([sequence]))

    # -- 13, 15: address ----------

    def _read_address(self, request: Request) -> bytes | None:
        return self._reply(request, DONE, self._address()) if not request.data else None

    def _write_address(self, request: Request) -> bytes | None:
        if not self._meter.spec.programming_key or len(request.data) != 6:
            return None
        digits = request.data[::-1].hex()
        if not digits.isdigit() or request.address != bytes([WILDCARD] * 6):
            return None
        self._meter.identity.address = digits
        self._meter.announce("address")
        return self._reply(request, DONE, b"")

    # -- 14, 08: write, clock ----------

    def _write(self, request: Request) -> bytes | None:
        if len(request.data) < 12:
            return self._refuse(request, Err.OTHER)
        if not self._meter.spec.programming_key or not self._password_fits(request.data[4:8]):
            return self._refuse(request, Err.PASSWORD)
        di, value = int.from_bytes(request.data[:4], "little"), request.data[12:]
        local_ms = self._written_time(di, value)
        if local_ms is None:
            return self._refuse(request, Err.NO_DATA if di not in CLOCK_ITEMS else Err.OTHER)
        self._set_clock(local_ms)
        return self._reply(request, DONE, b"")

    def _written_time(self, di: int, value: bytes) -> int | None:
        now = self._meter.calendar.shown(self._meter.at_ms)
        fields = bcd_fields(value)
        if fields is None or len(value) != CLOCK_ITEMS.get(di):
            return None
        if di == 0x04000101:
            return local_ms_of(fields[3], fields[2], fields[1], now.hour, now.minute, now.second)
        if di == 0x04000102:
            return local_ms_of(now.year, now.month, now.day, fields[2], fields[1], fields[0])
        return local_ms_of(fields[6], fields[5], fields[4], fields[2], fields[1], fields[0])

    def _take_broadcast_time(self, data: bytes) -> None:
        meter, fields = self._meter, bcd_fields(data)
        second, minute, hour, day, month, year = fields or (0, 0, 0, 0, 0, 0)
        local_ms = local_ms_of(year, month, day, hour, minute, second)
        own_ms = meter.calendar.local_ms(meter.at_ms)
        if local_ms is None or abs(local_ms - own_ms) > BROADCAST_TIME_LIMIT_MS:
            return
        if meter.calendar.synchronised_on_day == own_ms // DAY_MS:
            return
        meter.calendar.synchronised_on_day = local_ms // DAY_MS
        self._set_clock(local_ms)

    def _set_clock(self, local_ms: int) -> None:
        self._meter.counters.clock_set += 1
        self._meter.set_clock(local_ms)

    def _password_fits(self, pa_and_password: bytes) -> bool:
        level, password = f"{pa_and_password[0]:02x}", pa_and_password[:0:-1].hex()
        return self._meter.spec.passwords.get(level) == password

    # -- 16: freeze ----------

    def _freeze(self, request: Request) -> bytes | None:
        if len(request.data) != 4 or not self._freeze_by(request.data):
            return self._refuse(request, Err.OTHER)
        return self._reply(request, DONE, b"")

    def _freeze_by(self, data: bytes) -> bool:
        fields, book = bcd_fields(data), self._meter.freezes
        if fields is None:
            return False
        minute, hour, day, month = fields
        if fields == [ANY] * 4:
            book.freeze_now(
                self._meter.calendar.local_ms(self._meter.at_ms), self._meter.register_centi_kwh()
            )
            return True
        regular = (
            month == ANY
            and minute < 60
            and (hour < 24 or hour == day == ANY)
            and (1 <= day <= 31 or day == ANY)
        )
        if regular:
            book.pattern = FreezePattern(None if day == ANY else day, None if hour == ANY else hour, minute)
            self._meter.announce("freeze-pattern")
        return regular

    # -- 17: baud rate ----------

    def _change_baud(self, request: Request) -> bytes | None:
        rates = {word: baud for baud, word in BAUD_WORDS.items()}
        if len(request.data) != 1 or request.data[0] not in rates:
            return self._refuse(request, Err.RATE)
        self._meter.baud = rates[request.data[0]]
        self._meter.announce("baud")
        return self._reply(request, DONE, request.data)

    # -- 1C: relay ----------

    def _switch_relay(self, request: Request) -> bytes | None:
        data, meter = request.data, self._meter
        if not meter.has_relay or len(data) != PLAIN_RELAY_LENGTH:
            return self._refuse(request, Err.OTHER)
        if not self._password_fits(data[:4]):
            return self._refuse(request, Err.PASSWORD)
        if self._expired(data[10:16]) or meter.command_relay(data[8], data[9]) is not Verdict.ACCEPTED:
            return self._refuse(request, Err.OTHER)
        return self._reply(request, DONE, b"")

    def _expired(self, expiry: bytes) -> bool:
        fields = bcd_fields(expiry)
        if fields is None:
            return True
        second, minute, hour, day, month, year = fields
        local_ms = local_ms_of(year, month, day, hour, minute, second)
        return local_ms is None or local_ms < self._meter.calendar.local_ms(self._meter.at_ms)


CLOCK_ITEMS = {0x04000101: 4, 0x04000102: 3, 0x0400010C: 7}
"""What control code 14 can write, with the length of the value."""


def bcd_fields(data: bytes) -> list[int] | None:
    """Decode two BCD digits per byte, or return None if a nibble isn't a digit."""
    try:
        return [int(f"{byte:02x}") for byte in data]
    except ValueError:
        return None
