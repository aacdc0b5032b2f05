"""The data items of a DL/T 645-2007 meter: identifier in, bytes out (annex A).

An identifier is the integer DI3 DI2 DI1 DI0. Bytes come back in wire order, lowest first. None means that this meter has no such
item: ERR bit 1. A single-rate meter counts everything in its first tariff; the others stay at zero.
"""

from collections.abc import Callable
from functools import partial

from firmware_tools.virtual_meter.calendar import civil
from firmware_tools.virtual_meter.freezes import Frozen
from firmware_tools.virtual_meter.meter import VirtualMeter
from firmware_tools.virtual_meter.meter_spec import parse_register
from firmware_tools.virtual_meter.relay import Relay
from firmware_tools.virtual_meter.supply import REGISTER_MODULUS, Phase

ABSENT_PHASE = 0xFF
SIGN_BIT = 0x80
PHASE_NUMBERS = (1, 2, 3)
SETTLEMENTS = 12
BAUD_WORDS = {600: 0x02, 1200: 0x04, 2400: 0x08, 4800: 0x10, 9600: 0x20, 19200: 0x40}

OWN_CREDIT = 0x0090
PREPAID_KINDS = {"energy": 1, "money": 2}
"""009001xx and bit 8, 009002xx and bit 9."""

Item = Callable[[VirtualMeter], bytes]


def bcd(value: int, length: int) -> bytes:
    """Encode a number as BCD in `length` bytes, lowest first; a negative one carries its sign in the top bit."""
    digits = bytearray(bytes.fromhex(str(abs(value) % 10 ** (2 * length)).zfill(2 * length))[::-1])
    if value < 0:
        digits[-1] |= SIGN_BIT
    return bytes(digits)


def text(value: str, length: int) -> bytes:
    """Encode ASCII as the standard sends it: padded with NUL, last character first."""
    return value.encode("ascii")[:length].ljust(length, b"\0")[::-1]


def read_item(meter: VirtualMeter, di: int) -> bytes | None:
    """Return the bytes of a data item at the meter's present instant, or None if this meter doesn't have it."""
    item_class = di >> 24
    if item_class == 0x00:
        return _energy(meter, di)
    if item_class == 0x02:
        return _instantaneous(meter, di)
    if item_class == 0x05:
        return _frozen(meter, di)
    if item_class in (0x03, 0x1D, 0x1E):
        return _event(meter, di)
    item = PARAMETERS.get(di)
    return item(meter) if item else None


# -- 00: energy ----------


def _energy(meter: VirtualMeter, di: int) -> bytes | None:
    if di >> 16 == OWN_CREDIT:
        return _own_credit(meter, di)
    kind, tariff, settlement = di >> 16 & 0xFF, di >> 8 & 0xFF, di & 0xFF
    if kind > 0x0A or (tariff != 0xFF and tariff > meter.spec.tariffs):
        return None
    if settlement != 0xFF and settlement > SETTLEMENTS:
        return None
    tariffs = range(meter.spec.tariffs + 1) if tariff == 0xFF else (tariff,)
    periods = range(SETTLEMENTS + 1) if settlement == 0xFF else (settlement,)
    totals = [_counted(meter, kind, period) for period in periods]
    return b"".join(bcd(total if number <= 1 else 0, 4) for total in totals for number in tariffs)


def _own_credit(meter: VirtualMeter, di: int) -> bytes | None:
    """Return what is left of a prepayment of the meter's own, or its overdraft (none)."""
    kind, is_overdraft = di >> 8 & 0xFF, di & 0xFF == 1
    if PREPAID_KINDS.get(meter.spec.own_prepay) != kind or di & 0xFF > 1:
        return None
    return bcd(0 if is_overdraft else parse_register(meter.spec.own_credit), 4)


def _counted(meter: VirtualMeter, kind: int, settlement: int) -> int:
    if kind == 0x02 and settlement == 0:
        return meter.tamper.reverse_centi_kwh
    return _settled(meter, settlement) if kind in (0x00, 0x01) else 0


def _settled(meter: VirtualMeter, settlement: int) -> int:
    if settlement == 0:
        return meter.shown_register_centi_kwh()
    book = meter.freezes.settlements
    return book[settlement - 1][1] if settlement <= len(book) else 0


# -- 02: instantaneous ----------


def _instantaneous(meter: VirtualMeter, di: int) -> bytes | None:
    if di >> 16 == 0x0280:
        single = SINGLE_VALUES.get(di)
        return single(meter) if single else None
    quantity, phase, settlement = di >> 16 & 0xFF, di >> 8 & 0xFF, di & 0xFF
    if quantity not in QUANTITIES or settlement != 0:
        return None
    length, has_total, measure, total = QUANTITIES[quantity]
    phases = meter.phases()
    if phase == 0xFF:
        parts = [bcd(total(phases), length)] if has_total else []
        parts += [bcd(measure(one), length) for one in phases]
        parts += [bytes([ABSENT_PHASE] * length)] * (3 - len(phases))
        return b"".join(parts)
    if phase == 0:
        return bcd(total(phases), length) if has_total else None
    return bcd(measure(phases[phase - 1]), length) if phase <= len(phases) else None


def _sum_of(measure: Callable[[Phase], int]) -> Callable[[list[Phase]], int]:
    return lambda phases: sum(measure(phase) for phase in phases)


def _deci_watts(phase: Phase) -> int:
    return phase.power_mw // 100


def _deci_vars(phase: Phase) -> int:
    return phase.reactive_mvar // 100


def _deci_volt_amperes(phase: Phase) -> int:
    return phase.apparent_mva // 100


QUANTITIES: dict[int, tuple[int, bool, Callable[[Phase], int], Callable[[list[Phase]], int]]] = {
    0x01: (2, False, lambda phase: phase.voltage_mv // 100, lambda phases: 0),
    0x02: (3, False, lambda phase: phase.current_ma, lambda phases: 0),
    0x03: (3, True, _deci_watts, _sum_of(_deci_watts)),
    0x04: (3, True, _deci_vars, _sum_of(_deci_vars)),
    0x05: (3, True, _deci_volt_amperes, _sum_of(_deci_volt_amperes)),
    0x06: (2, True, lambda phase: phase.power_factor_milli, lambda phases: phases[0].power_factor_milli),
}
"""02 xx: bytes, has a total, one phase's value in the item's unit (0.1 V, mA, 0.1 W, 0.001), the total."""

SINGLE_VALUES: dict[int, Item] = {
    0x02800001: lambda meter: bcd(max(phase.current_ma for phase in meter.phases()), 3),
    0x02800002: lambda meter: bcd(meter.frequency_centi_hz(), 2),
    0x02800003: lambda meter: bcd(sum(_deci_watts(phase) for phase in meter.phases()), 3),
    0x02800007: lambda meter: bcd(253, 2),
    0x02800008: lambda meter: bcd(365, 2),
    0x02800009: lambda meter: bcd(601, 2),
}

# -- 03, 1D, 1E: events ----------

EVENT_COUNTS: dict[int, Item] = {
    0x03110000: lambda meter: bcd(meter.counters.power_off, 3),
    0x03300000: lambda meter: bcd(meter.counters.programming, 3),
    0x03300100: lambda meter: bcd(0, 3),
    0x03300300: lambda meter: bcd(0, 3),
    0x03300400: lambda meter: bcd(meter.counters.clock_set, 3),
    0x03300D00: lambda meter: bcd(meter.tamper.cover_openings, 3),
    0x03300E00: lambda meter: bcd(0, 3),
    0x1D000001: lambda meter: bcd(meter.relay.trip_count, 3),
    0x1E000001: lambda meter: bcd(meter.relay.close_count, 3),
}


def _event(meter: VirtualMeter, di: int) -> bytes | None:
    item = EVENT_COUNTS.get(di)
    return item(meter) if item else None


# -- 04: time, identity, status ----------


def _date(meter: VirtualMeter) -> bytes:
    now = meter.calendar.shown(meter.at_ms)
    return bytes([now.isoweekday() % 7]) + bcd(now.day, 1) + bcd(now.month, 1) + bcd(now.year % 100, 1)


def _time(meter: VirtualMeter) -> bytes:
    now = meter.calendar.shown(meter.at_ms)
    return bcd(now.second, 1) + bcd(now.minute, 1) + bcd(now.hour, 1)


def _date_and_time(meter: VirtualMeter) -> bytes:
    return _time(meter) + _date(meter)


def status_word_3(relay: Relay, has_relay: bool, prepaid_kind: int = 0) -> int:
    """Return running status word 3: bit 4 relay open, bit 6 relay told to open, bits 8 and 9 prepaid by energy or money, bit 12
    keep-power."""
    if not has_relay:
        return 0
    reported_open, commanded_open = not relay.reported_closed, not relay.commanded_closed
    kind = prepaid_kind << 8
    return kind | reported_open << 4 | commanded_open << 6 | relay.alarm << 7 | relay.keep_power << 12


def _status_words(meter: VirtualMeter) -> list[bytes]:
    phases = [meter.tamper.lost_phases >> phase & 1 for phase in range(3)]
    word_3 = status_word_3(meter.relay, meter.has_relay, PREPAID_KINDS.get(meter.spec.own_prepay, 0))
    words = [meter.tamper.is_reversed << 4, 0, word_3, *phases, 0]
    return [word.to_bytes(2, "little") for word in words]


def _status_word(index: int, meter: VirtualMeter) -> bytes:
    return _status_words(meter)[index]


def _baud_word(meter: VirtualMeter) -> bytes:
    return bytes([BAUD_WORDS.get(meter.baud or 2400, 0x08)])


PARAMETERS: dict[int, Item] = {
    0x04000101: _date,
    0x04000102: _time,
    0x0400010C: _date_and_time,
    0x04000401: lambda meter: bytes.fromhex(meter.identity.address.zfill(12))[::-1],
    0x04000402: lambda meter: bytes.fromhex(meter.identity.meter_number.zfill(12))[::-1],
    0x04000403: lambda meter: text(f"ASSET{meter.identity.meter_number}", 32),
    0x04000404: lambda meter: text("220V", 6),
    0x04000405: lambda meter: text("5A" if meter.spec.ct_ratio > 1 else "10A", 6),
    0x04000406: lambda meter: text("60A", 6),
    0x04000407: lambda meter: text("1.0", 4),
    0x04000409: lambda meter: bcd(1600, 3),
    0x0400040A: lambda meter: bcd(1600, 3),
    0x0400040B: lambda meter: text(meter.model.type_text, 10),
    0x0400040C: lambda meter: text("2024-06", 10),
    0x0400040D: lambda meter: text("DL/T645-2007", 16),
    0x040005FF: lambda meter: b"".join(_status_words(meter)),
    0x04000703: _baud_word,
    0x04000B01: lambda meter: bytes([0]) + bcd(meter.freezes.settlement_day, 1),
    0x04800001: lambda meter: text("CARDROOM-VM 1", 32),
    0x04800002: lambda meter: text("VIRTUAL 1", 32),
    0x04800003: lambda meter: text(f"VM{meter.identity.meter_number}", 32),
}
PARAMETERS.update({0x04000501 + index: partial(_status_word, index) for index in range(7)})

# -- 05: freezes ----------


def _frozen(meter: VirtualMeter, di: int) -> bytes | None:
    kind, what, number = di >> 16 & 0xFF, di >> 8 & 0xFF, di & 0xFF
    book = {0x00: meter.freezes.timed, 0x01: meter.freezes.instant, 0x06: meter.freezes.daily}.get(kind)
    if book is None or not 1 <= number <= len(book):
        return None
    items: dict[int, Callable[[Frozen], bytes]] = {
        0x00: _freeze_time,
        0x01: lambda frozen: _freeze_energy(meter, frozen),
        0x02: lambda frozen: bytes(4 * (meter.spec.tariffs + 1)),
    }
    item = items.get(what)
    return item(book[number - 1]) if item else None


def _freeze_time(frozen: Frozen) -> bytes:
    at = civil(frozen[0])
    return b"".join(bcd(part, 1) for part in (at.minute, at.hour, at.day, at.month, at.year % 100))


def _freeze_energy(meter: VirtualMeter, frozen: Frozen) -> bytes:
    value = bcd(frozen[1] % REGISTER_MODULUS, 4)
    return value * 2 + bytes(4 * (meter.spec.tariffs - 1))
