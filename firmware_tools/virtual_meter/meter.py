"""One virtual meter: a supply with its register, relay, calendar, freezes and identity, at an instant.

`advance(at_ms)` brings everything exactly to an instant; all else reads or changes the present state. It knows no wire format and
no clock: the line and the protocol servers hold those. State goes out and comes back as plain JSON values, so that a killed
process continues where the physics would be.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from firmware_tools.virtual_meter.calendar import Calendar, civil, local_ms_of
from firmware_tools.virtual_meter.freezes import FreezeBook
from firmware_tools.virtual_meter.load import Load, parse_load
from firmware_tools.virtual_meter.meter_spec import (
    MeterSpec,
    check_spec,
    default_meter_number,
    parse_register,
)
from firmware_tools.virtual_meter.models import MODELS, MeterModel
from firmware_tools.virtual_meter.relay import Fault, Relay, Verdict
from firmware_tools.virtual_meter.supply import (
    PHASE_SHARES,
    REGISTER_MODULUS,
    UWS_PER_CENTI_KWH,
    Energy,
    Phase,
    frequency_centi_hz,
    register_centi_kwh,
    split_phases,
)

MINUTE_MS = 60_000
NOMINAL_MV = 220_000


@dataclass(slots=True)
class Identity:
    """What tells one piece of hardware from the next on the same wires."""

    address: str
    meter_number: str
    install: int = 1


@dataclass(frozen=True, slots=True)
class MeterEvent:
    """Something the auditor and the subscribers must hear: relay, replacement, fault, load."""

    kind: str
    at_ms: int


@dataclass(slots=True)
class Counters:
    """Event counts that the meter keeps (3-byte registers of classes 03, 1D, 1E)."""

    power_off: int = 0
    programming: int = 0
    clock_set: int = 0


@dataclass(slots=True)
class Tamper:
    """What somebody did to the meter or its wires, as far as the meter notices."""

    cover_openings: int = 0
    reverse_centi_kwh: int = 0
    is_reversed: bool = False
    """Status word 1 says that active energy flows back."""
    lost_phases: int = 0
    """Bit 0 for phase A: no voltage there."""


@dataclass(slots=True)
class Glitches:
    """Misbehaviour that stays until told otherwise."""

    dead: bool = False
    zero_reads: int = 0
    """So many energy answers still show zero."""


class VirtualMeter:
    """A meter on its supply. Call `advance` before reading anything."""

    def __init__(
        self, spec: MeterSpec, at_ms: int, utc_offset_min: int = 480, base: Path = Path(), seed: str = ""
    ) -> None:
        """Build the meter as installed at `at_ms` (virtual); raise ValueError on a spec that makes no sense."""
        check_spec(spec)
        self.spec = spec
        self.name = spec.name
        self.model: MeterModel = MODELS[spec.model]
        self.has_relay = self.model.has_relay if spec.relay is None else spec.relay
        self.seed = f"{seed}:{spec.name}"
        self.utc_offset_ms = utc_offset_min * MINUTE_MS
        self.base = base
        self.at_ms = at_ms
        self.baud = spec.baud
        self.behind: tuple[VirtualMeter, ...] = ()
        """Whose supply flows through this one, too; the campus ties them."""
        self.observers: list[Callable[[VirtualMeter, MeterEvent], None]] = []
        identity = Identity(spec.address, spec.meter_number or default_meter_number(spec.address))
        self._fit(
            identity, parse_register(spec.register_kwh), first_calendar(spec, at_ms, self.utc_offset_ms)
        )
        self.relay.keep_power, self.glitches.dead = spec.keep_power, spec.dead
        if spec.relay_open:
            self.relay.start_open()
        self.relay.set_fault(spec.relay_fault)
        self.load_text = spec.load
        self.load_origin_ms = at_ms
        self.load: Load = self._parse_load(spec.load)

    def _fit(self, identity: Identity, register_centi_kwh: int, calendar: Calendar) -> None:
        """Put fresh hardware on the wires: no memory, relay closed."""
        self.identity = identity
        self.energy = Energy()
        self.register_start_centi_kwh = register_centi_kwh
        self.relay = Relay(self.spec.key_needed, self.spec.relay_delay_ms, self.spec.trip_limit_a * 1000)
        self.calendar = calendar
        self.freezes = FreezeBook(calendar.local_ms(self.at_ms), settlement_day=self.spec.settlement_day)
        self.counters = Counters()
        self.tamper = Tamper()
        self.glitches = Glitches()

    # -- time ----------

    def advance(self, to_ms: int) -> None:
        """Integrate to the instant, doing relay moves and freezes at the instants where they fall. Earlier instants are ignored."""
        self._settle()
        while self.at_ms < to_ms:
            end_ms = self._segment_end_ms(to_ms)
            self.energy.add(
                self.supply_mw(), end_ms - self.at_ms, self.relay.reported_closed or not self.has_relay
            )
            self.at_ms = end_ms
            self._settle()
            self.freezes.pass_instant(self.calendar.local_ms(end_ms), self.register_centi_kwh())

    def _segment_end_ms(self, to_ms: int) -> int:
        ends = [to_ms, self.next_change_ms(self.at_ms), self.relay.next_due_ms()]
        ends.append(self.calendar.when_ms(self.freezes.next_due_local_ms(self.calendar.local_ms(self.at_ms))))
        return min(
            max(end, self.at_ms + 1) for end in ends if end is not None and (end > self.at_ms or end == to_ms)
        )

    def _settle(self) -> None:
        due_ms = self.relay.next_due_ms()
        if (
            due_ms is not None
            and due_ms <= self.at_ms
            and self.relay.settle(self.at_ms, self._nominal_current_ma())
        ):
            self.announce("relay")

    def _nominal_current_ma(self) -> int:
        """Return the current at 220 V: a trip that waits for it must not depend on how often somebody looks."""
        largest_share = PHASE_SHARES[0] if self.model.phases == 3 else 100
        phase_mw = self.supply_mw() * largest_share // 100 // self.spec.ct_ratio
        return phase_mw * 1_000_000 // (NOMINAL_MV * self.spec.power_factor_milli)

    def announce(self, kind: str) -> None:
        """Tell the observers that something changed at the present instant."""
        for observer in self.observers:
            observer(self, MeterEvent(kind, self.at_ms))

    # -- readings ----------

    def supply_mw(self) -> int:
        """Return the power that flows now."""
        return self.power_mw(self.at_ms)

    def power_mw(self, at_ms: int) -> int:
        """Return the power at an instant with the contacts as they are now, of the meters behind this one, too."""
        if self.has_relay and not self.relay.contact_closed:
            return 0
        through_mw = sum(meter.power_mw(at_ms) for meter in self.behind)
        return self.load.power_mw(at_ms) + through_mw + through_mw * self.spec.lost_ppm // 1_000_000

    def next_change_ms(self, at_ms: int) -> int | None:
        """Return when the load, or that of a meter behind this one, changes next; None for never."""
        changes = [self.load.next_change_ms(at_ms), *(meter.next_change_ms(at_ms) for meter in self.behind)]
        return min((one for one in changes if one is not None), default=None)

    def phases(self) -> list[Phase]:
        """Return the instantaneous values of the phases that exist."""
        spec = self.spec
        return split_phases(
            self.supply_mw(), self.model.phases, spec.ct_ratio, spec.power_factor_milli, self.seed, self.at_ms
        )

    def largest_current_ma(self) -> int:
        """Return the largest phase current that the meter sees."""
        return max(phase.current_ma for phase in self.phases())

    def frequency_centi_hz(self) -> int:
        """Return the mains frequency."""
        return frequency_centi_hz(self.seed, self.at_ms)

    def register_centi_kwh(self) -> int:
        """Return the register as the counting wheel stands, 0.01 kWh."""
        return register_centi_kwh(self.register_start_centi_kwh, self.energy.total_uws, self.spec.ct_ratio)

    def shown_register_centi_kwh(self) -> int:
        """Return the register as an answer shows it: a zero glitch uses itself up here."""
        return 0 if self._takes_zero_glitch() else self.register_centi_kwh()

    def shown_register_uws(self) -> int:
        """Return the finer register of meters that answer in floats; the glitch as above."""
        start_uws = self.register_start_centi_kwh * UWS_PER_CENTI_KWH
        finer_uws = start_uws + self.energy.total_uws // self.spec.ct_ratio
        return 0 if self._takes_zero_glitch() else finer_uws % (REGISTER_MODULUS * UWS_PER_CENTI_KWH)

    def _takes_zero_glitch(self) -> bool:
        glitched = self.glitches.zero_reads > 0
        self.glitches.zero_reads -= glitched
        return glitched

    # -- orders ----------

    def command_relay(self, action: int, n2: int = 0) -> Verdict:
        """Take a relay action at the present instant."""
        if not self.has_relay:
            return Verdict.UNKNOWN_ACTION
        verdict = self.relay.command(action, n2, self.at_ms)
        self.announce("relay-command")
        self._settle()
        return verdict

    def press_key(self) -> bool:
        """Press the key on the meter; return whether it closes the relay."""
        closing = self.relay.press_key(self.at_ms)
        self._settle()
        return closing

    def break_relay(self, fault: Fault) -> None:
        """Break or repair the relay."""
        before = self.relay.position()
        self.relay.set_fault(fault)
        if self.relay.position() != before:
            self.announce("relay")

    def set_clock(self, local_ms: int) -> None:
        """Set the meter's calendar; its drift stays."""
        self.calendar.set_to(local_ms, self.at_ms)
        self.announce("clock-set")

    def set_drift(self, ppm: int) -> None:
        """Let the calendar run at another speed from now on."""
        self.calendar.set_to(self.calendar.local_ms(self.at_ms), self.at_ms)
        self.calendar.drift_ppm = ppm

    def power_up(self, at_ms: int) -> None:
        """Come back at `at_ms` after an outage in which nothing was used and only the calendar went on."""
        self.at_ms = max(self.at_ms, at_ms)
        self.counters.power_off += 1

    def set_load(self, text: str) -> None:
        """Change the load from now on; raise ValueError on a load that isn't understood."""
        load = self._parse_load(text, self.at_ms)
        self.load, self.load_text, self.load_origin_ms = load, text, self.at_ms
        self._settle()
        self.announce("load")

    def replace(self, address: str | None, meter_number: str | None, register_kwh: str) -> None:
        """Swap the hardware: new identity and register, closed relay, right clock, no memory; the supply stays."""
        self.announce("removed")
        number = meter_number or str((int(self.identity.meter_number) + 1) % 10**12).zfill(12)
        identity = Identity(address or self.identity.address, number, self.identity.install + 1)
        self._fit(identity, parse_register(register_kwh), true_calendar(self.at_ms, self.utc_offset_ms))
        self.announce("installed")

    def jump_register(self, centi_kwh: int) -> None:
        """Let the register jump by an amount that nobody used (negative: backwards)."""
        self.register_start_centi_kwh = (self.register_start_centi_kwh + centi_kwh) % REGISTER_MODULUS
        self.announce("register-jump")

    # -- state ----------

    def state(self) -> dict[str, Any]:
        """Return everything that must survive the process, as JSON values."""
        return {
            "at_ms": self.at_ms,
            "energy": asdict(self.energy),
            "register_start_centi_kwh": self.register_start_centi_kwh,
            "identity": asdict(self.identity),
            "relay": asdict(self.relay),
            "calendar": asdict(self.calendar),
            "freezes": self.freezes.state(),
            "counters": asdict(self.counters),
            "tamper": asdict(self.tamper),
            "glitches": asdict(self.glitches),
            "baud": self.baud,
            "configured_load": self.spec.load,
            "load": self.load_text,
            "load_origin_ms": self.load_origin_ms,
        }

    def restore(self, state: dict[str, Any], now_ms: int) -> None:
        """Take a saved state back; a load that was changed in the configuration since then wins over the saved one.

        If the clock went back meanwhile, the meter goes on from there: registers stand, nothing is counted twice.
        """
        self.at_ms = state["at_ms"]
        self.energy = Energy(**state["energy"])
        self.register_start_centi_kwh = state["register_start_centi_kwh"]
        self.identity = Identity(**state["identity"])
        self.relay = Relay(**{**state["relay"], "fault": Fault(state["relay"]["fault"])})
        self.calendar = Calendar(**state["calendar"])
        self.freezes = FreezeBook.from_state(state["freezes"])
        self.counters = Counters(**state["counters"])
        self.tamper = Tamper(**state.get("tamper", {}))
        self.glitches = Glitches(**state["glitches"])
        self.baud = state["baud"]
        self.load_origin_ms = state["load_origin_ms"]
        if state["configured_load"] == self.spec.load:
            self.load_text = state["load"]
        self.load = self._parse_load(self.load_text)
        if now_ms < self.at_ms:
            self.at_ms = now_ms
            self.relay.move_due_ms = min(self.relay.move_due_ms, now_ms)

    def _parse_load(self, text: str, origin_ms: int | None = None) -> Load:
        origin = self.load_origin_ms if origin_ms is None else origin_ms
        return parse_load(text, self.seed, origin, self.utc_offset_ms, self.base)


def true_calendar(at_ms: int, utc_offset_ms: int) -> Calendar:
    """Return a calendar that is right."""
    return Calendar(at_ms, at_ms + utc_offset_ms)


def first_calendar(spec: MeterSpec, at_ms: int, utc_offset_ms: int) -> Calendar:
    """Return the calendar as the configuration wants it wrong."""
    local_ms = at_ms + utc_offset_ms + spec.clock_offset_s * 1000
    if spec.clock_year is not None:
        now = civil(local_ms)
        local_ms = (
            local_ms_of(spec.clock_year, now.month, min(now.day, 28), now.hour, now.minute, now.second)
            or local_ms
        )
    return Calendar(at_ms, local_ms, spec.clock_drift_ppm)
