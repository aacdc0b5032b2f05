"""Which meter of a line is worth reading next: the one on whose register most energy may flow unpaid. Knows no line and no clock.

    register   |--10 Wh--|--10 Wh--|- to the cut ->|
    energy     shown...+beyond                      what flows past here before the next reading is given away

A meter's next reading is worth what the room may have used beyond its credit by then: its power (from the register's own steps, or
from a power reading while the register agrees with it) and what may have been switched on, times the time since it was last read,
plus what a register that moves in steps may hide, less what is left. Where several meters use up one credit, what the others may
have used since each was read counts, too: one end is ahead of them all. Rooms far from their end, and rooms whose relay is open,
have no such worth: they share the time that is left over, the one longest not asked first, and none waits longer than FLOOR_MS.

Times are milliseconds of the clock by which energy is dated; worth is in thousandths of a watt-hour.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from gateway.contract.identifiers import MeterNo

FLOOR_MS = 300_000
"""No meter that can be asked waits longer, however near others are to their end: as long as a silent one rests at most."""
WINDOW_MS = 120_000
"""Power is what the register moved within this time ..."""
KEPT_READINGS = 8
"""... seen at up to so many instants ..."""
APART_MS = 5_000
"""... that are at least so far apart: a step of 10 Wh says nothing about a shorter time."""
POWER_TOLD_FOR_MS = 600_000
"""A power reading is believed so long, while the register does not contradict it."""
SUDDEN_LOAD_W = 6_000
"""What may have been switched on since the last reading: heaters, a cooker. It counts in full: rooms do switch such loads on, and
with less of it the worst cuts of a bench grew three times over. Never beyond the account's highest power."""
WARNING_SHARE = 8
"""A warning is no money: the energy beyond its level counts by one in so many."""
UNREAD_MWH = 10_000
"""A meter not read since the start is worth a step of its register ..."""
SOON_MWH = 1_000
"""... one whose relay moved a little: has the energy stopped?"""
FIRST_REST_MS = 2_000
"""What a meter that gave no reading in its turn is worth comes back after this, doubled with each such turn; see also FLOOR_MS."""
MS_PER_HOUR = 3_600_000


@dataclass(frozen=True, slots=True)
class Outlook:
    """What the last reading left, in watt-hours of the register. None: nothing happens there, or it has happened."""

    to_cut_wh: int | None = None
    to_warning_wh: int | None = None
    ceiling_w: int = 0
    """What the account's meter can draw at most."""
    beside: tuple[MeterNo, ...] = ()
    """Other meters whose energy comes from the same credit."""


NO_OUTLOOK = Outlook()


@dataclass(frozen=True, slots=True)
class Moment:
    """A reading: when, and the meter's running total then."""

    at_ms: int
    total_wh: int


@dataclass(frozen=True, slots=True)
class Watch:
    """What is known of one meter."""

    outlook: Outlook = NO_OUTLOOK
    moments: tuple[Moment, ...] = ()
    """Readings that agree about the power, oldest first; the last one is the newest."""
    told_w: int | None = None
    told_ms: int = 0
    low_w: int = 0
    high_w: int = 0
    """The power's bounds."""
    beyond_mwh: int = 0
    """Energy that the register may not have shown yet when it was last read."""
    asked_ms: int | None = None
    fruitless: int = 0
    """Turns since it was last read."""
    is_wanted: bool = False
    """Its relay moved, or a second look failed."""
    together: int = 0
    """Its place among the meters that are read together for a balance, higher first; 0: none waits for it."""

    @property
    def read_ms(self) -> int | None:
        """When it was last read; None before the first time."""
        return self.moments[-1].at_ms if self.moments else None


def energy_mwh(power_w: int, ms: int) -> int:
    """What a power uses in a time, in thousandths of a watt-hour."""
    return power_w * ms * 1000 // MS_PER_HOUR


def read(
    watch: Watch, total_wh: int, power_w: int | None, outlook: Outlook, now_ms: int, step_wh: int
) -> Watch:
    """Give the watch after a good reading; `power_w` where it was asked in the same turn."""
    new = Moment(now_ms, total_wh)
    agrees = _agrees(watch, new, step_wh)
    moments = _kept(watch.moments, new) if agrees else (watch.moments[-1], new)
    told_w, told_ms = (watch.told_w, watch.told_ms) if power_w is None else (power_w, now_ms)
    if (power_w is None and not agrees) or now_ms - told_ms > POWER_TOLD_FOR_MS:
        told_w = None
    low_w, high_w = _bounds(moments, told_w, step_wh)
    if outlook.ceiling_w:
        low_w, high_w = min(low_w, outlook.ceiling_w), min(high_w, outlook.ceiling_w)
    return Watch(
        outlook=outlook,
        moments=moments,
        told_w=told_w,
        told_ms=told_ms,
        low_w=low_w,
        high_w=high_w,
        beyond_mwh=_beyond_mwh(watch, moments, high_w, step_wh),
        asked_ms=now_ms,
    )


def _agrees(watch: Watch, new: Moment, step_wh: int) -> bool:
    """Say whether the register moved as predicted, within a step; if not, the power is another one now."""
    if not watch.moments:
        return True
    last = watch.moments[-1]
    moved_mwh, passed_ms = (new.total_wh - last.total_wh) * 1000, new.at_ms - last.at_ms
    least_mwh = energy_mwh(watch.low_w, passed_ms) - step_wh * 1000
    most_mwh = energy_mwh(watch.high_w, passed_ms) + step_wh * 1000
    return least_mwh <= moved_mwh <= most_mwh


def _kept(moments: tuple[Moment, ...], new: Moment) -> tuple[Moment, ...]:
    """Keep few readings, far enough apart, that reach back no further than the window needs."""
    kept = list(moments)
    if len(kept) > 1 and kept[-1].at_ms - kept[-2].at_ms < APART_MS:
        kept.pop()
    kept.append(new)
    while len(kept) > 2 and (len(kept) > KEPT_READINGS or new.at_ms - kept[1].at_ms >= WINDOW_MS):
        kept.pop(0)
    return tuple(kept)


def _bounds(moments: tuple[Moment, ...], told_w: int | None, step_wh: int) -> tuple[int, int]:
    """Bound the power: by what the meter told, else by the register's movement and one step of it either way."""
    if told_w is not None:
        return abs(told_w) * 9 // 10, abs(told_w) * 11 // 10 + 10
    first, last = moments[0], moments[-1]
    passed_ms = last.at_ms - first.at_ms
    if passed_ms <= 0:
        return 0, SUDDEN_LOAD_W
    moved_wh = last.total_wh - first.total_wh
    low_w = max(0, moved_wh - step_wh) * MS_PER_HOUR // passed_ms
    return low_w, max(0, moved_wh + step_wh) * MS_PER_HOUR // passed_ms + 1


def _beyond_mwh(watch: Watch, moments: tuple[Moment, ...], high_w: int, step_wh: int) -> int:
    """Bound what the register hides: at most a step; less when it was seen to move just before."""
    if watch.read_ms is None:
        return step_wh * 1000
    last, new = watch.moments[-1], moments[-1]
    since_mwh = energy_mwh(high_w, new.at_ms - last.at_ms) + 1
    carried_mwh = watch.beyond_mwh if new.total_wh == last.total_wh else 0
    return min(step_wh * 1000, carried_mwh + since_mwh)


def unread_mwh(watch: Watch, now_ms: int) -> int:
    """Give what may have flowed through a meter since it was read, at the power that is known; 0 for one never read."""
    if watch.read_ms is None:
        return 0
    return energy_mwh(watch.high_w, max(0, now_ms - watch.read_ms)) + watch.beyond_mwh


def worth_mwh(watch: Watch, now_ms: int, beside_mwh: int = 0) -> int:
    """Give what reading a meter now is worth: the unpaid energy that may have flowed, `beside_mwh` of it through the others of the
    same credit. Zero or less: nothing can have happened."""
    if watch.read_ms is None:
        return UNREAD_MWH
    wanted_mwh = SOON_MWH if watch.is_wanted else 0
    passed_ms = max(0, now_ms - watch.read_ms)
    return max(
        wanted_mwh,
        _unpaid_mwh(watch, watch.outlook.to_cut_wh, passed_ms, beside_mwh),
        _unpaid_mwh(watch, watch.outlook.to_warning_wh, passed_ms, beside_mwh) // WARNING_SHARE,
    )


def _unpaid_mwh(watch: Watch, left_wh: int | None, passed_ms: int, beside_mwh: int) -> int:
    if left_wh is None:
        return 0
    power_w = watch.high_w + SUDDEN_LOAD_W
    if watch.outlook.ceiling_w:
        power_w = min(power_w, watch.outlook.ceiling_w)
    return energy_mwh(power_w, passed_ms) + watch.beyond_mwh + beside_mwh - left_wh * 1000


def is_pressing(watch: Watch, now_ms: int, beside_mwh: int = 0) -> bool:
    """Say whether unpaid energy may flow at the power that is known: then the register alone is asked, and a rest is broken."""
    if watch.read_ms is None or watch.outlook.to_cut_wh is None:
        return False
    return unread_mwh(watch, now_ms) + 1 + beside_mwh >= watch.outlook.to_cut_wh * 1000


class PollPlan:
    """The watches of a building's meters: those that use up one credit may hang on several lines."""

    def __init__(self, now_ms: int) -> None:
        self._began_ms = now_ms
        self._watches: dict[MeterNo, Watch] = {}

    def watch(self, meter: MeterNo) -> Watch:
        """Give what is known of a meter."""
        return self._watches.get(meter, Watch())

    def asked(self, meter: MeterNo, now_ms: int) -> None:
        """Note that it is a meter's turn: whatever comes of it, it waits for the next one from now."""
        watch = self.watch(meter)
        self._watches[meter] = replace(watch, asked_ms=now_ms, fruitless=watch.fruitless + 1, is_wanted=False)

    def read(
        self, meter: MeterNo, total_wh: int, power_w: int | None, outlook: Outlook, now_ms: int, step_wh: int
    ) -> None:
        """Note a good reading (see `read`)."""
        self._watches[meter] = read(self.watch(meter), total_wh, power_w, outlook, now_ms, step_wh)

    def renew(self, outlooks: Mapping[MeterNo, Outlook]) -> None:
        """Take what another meter's reading says of these: their credit is less by what that one used."""
        for meter, outlook in outlooks.items():
            self._watches[meter] = replace(self.watch(meter), outlook=outlook)

    def want(self, *meters: MeterNo) -> None:
        """Have meters read before those that nothing happens to."""
        for meter in meters:
            self._watches[meter] = replace(self.watch(meter), is_wanted=True)

    def together(self, *meters: MeterNo) -> None:
        """Have meters read one behind the other, in this order, for a balance of master and subs; each waits until it was read."""
        for place, meter in enumerate(reversed(meters), 1):
            self._watches[meter] = replace(self.watch(meter), together=place)

    def choose(self, free: Iterable[MeterNo], now_ms: int) -> MeterNo | None:
        """Name the meter to ask now; None when none is free.

        None starves; then the worth; then those that are read together; then the one longest not asked.
        """
        return max(free, key=lambda meter: self._claim(meter, now_ms), default=None)

    def pressing(self, free: Iterable[MeterNo], now_ms: int) -> list[MeterNo]:
        """Name the meters that a rest must not keep waiting, the first ones first."""
        waiting = [m for m in free if self._awaited(m, now_ms) or self.is_pressing(m, now_ms)]
        return sorted(waiting, key=lambda meter: self._claim(meter, now_ms), reverse=True)

    def is_pressing(self, meter: MeterNo, now_ms: int) -> bool:
        """Say so of one meter (see `is_pressing`)."""
        watch = self.watch(meter)
        return is_pressing(watch, now_ms, self._beside_mwh(watch, now_ms))

    def _beside_mwh(self, watch: Watch, now_ms: int) -> int:
        """Nobody else's reading shows what a silent one used: asked in vain, it counts no longer, or it would grow for ever."""
        others = [self.watch(other) for other in watch.outlook.beside]
        return sum(unread_mwh(other, now_ms) for other in others if other.fruitless <= 1)

    def _awaited(self, meter: MeterNo, now_ms: int) -> bool:
        watch = self.watch(meter)
        return watch.together > 0 and not self._rests(watch, now_ms)

    def _rests(self, watch: Watch, now_ms: int) -> bool:
        """Say whether a meter that gave no reading stands back."""
        return watch.fruitless > 0 and self._waited_ms(watch, now_ms) < FIRST_REST_MS << min(
            watch.fruitless - 1, 8
        )

    def _waited_ms(self, watch: Watch, now_ms: int) -> int:
        return now_ms - (self._began_ms if watch.asked_ms is None else watch.asked_ms)

    def _claim(self, meter: MeterNo, now_ms: int) -> tuple[bool, int, int, int]:
        watch = self.watch(meter)
        waited_ms = self._waited_ms(watch, now_ms)
        if self._rests(watch, now_ms):
            return waited_ms >= FLOOR_MS, 0, 0, waited_ms
        worth = max(0, worth_mwh(watch, now_ms, self._beside_mwh(watch, now_ms)))
        return waited_ms >= FLOOR_MS, worth, watch.together, waited_ms
