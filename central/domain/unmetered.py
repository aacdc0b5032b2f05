"""How much a room used while nothing metered it: from its own past and from its peers, with an interval (R-4.3.5). Pure, whole Wh.

Two ways are tried on the room's own past, as if its last weeks were not known, and joined by how they erred there:

- **own**: the mean of the same hour of the same weekday in the weeks before, days of absence left out;
- **peers**: what rooms of its class and building used meanwhile, times what the room used of theirs in the weeks before.

No hour is above what the fuse lets through. Who was away all the time is not known to be away: for that a person's better-founded
figure, the dispute and the old module's register are there.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import isqrt

Hours = Sequence[int | None]
"""Wh of one hour after another; None: not known."""

HOUR_MS = 3_600_000
DAY, WEEK = 24, 168
LEAST_DAYS = 14
"""With less of a past than this nothing is estimated."""
WEEKS_BACK = 8
ABSENT_PER_MILLE = 150
"""A day below this part of the room's middle day is one of absence."""
HALF_AFTER_DAYS, MOST_WEIGHT, LEAST_WEIGHT = 4, 1024, 16
"""The last four days count most in what is usual, the four before half as much, and so on; none counts nothing."""
LONGEST_TRY = 7
MOST_TRIES = 21
LEAST_PEERS = 3
MILLE = 1000
SPREAD = 1_950
"""How many per mille of the tries' root mean square error the interval of 90 % is wide to each side (`make bench-unmetered`)."""
LEAST_SPREAD = 100
"""The interval is at least so many per mille wide to each side: a quiet past proves no quiet future."""


@dataclass(frozen=True, slots=True)
class Method:
    """What one way says: its figure, and its root mean square error on the room's own past, both in Wh of the whole interval."""

    wh: int
    error_wh: int


@dataclass(frozen=True, slots=True)
class Estimate:
    """What the room used in the interval, hour by hour, and all the figures that the rule has."""

    hours: tuple[int, ...]
    low_wh: int
    high_wh: int
    own: Method
    peers: Method | None
    """None: fewer than three peers are known."""
    own_per_mille: int
    """How much of the joined figure is its own past's."""
    days: int
    """So many days of its past were looked at ..."""
    absent_days: int
    """... of which so many were days of absence."""
    peer_rooms: int
    tries: int
    capped_hours: int
    """So many hours were cut to what the fuse lets through."""

    @property
    def wh(self) -> int:
        """The whole."""
        return sum(self.hours)


@dataclass(frozen=True, slots=True)
class _Two:
    """Both ways' figures for a run of hours."""

    own: list[int]
    peers: list[int] | None


def estimate(own: Hours, peers: Sequence[Hours], parts_ms: Sequence[int], most_w: int) -> Estimate | None:
    """Estimate the hours that follow a room's past; None: its past is too short, or all of it was absence.

    `own`: hours up to the interval's first. `peers`: as long as `own` and the interval together, hour by hour beside it; one that
    is not known all through the interval is left out. `parts_ms`: how much of each hour of the interval was not metered.
    `most_w`: what the room's fuse lets through.
    """
    reach = min(len(own), WEEKS_BACK * WEEK) // DAY * DAY
    past = list(own[len(own) - reach :])
    days = _days(past)
    if sum(day is not None for day in days) < LEAST_DAYS or not parts_ms:
        return None
    absent = absent_days(days)
    beside = [list(one[len(own) - reach :]) for one in peers]
    known = [_filled(one, reach) for one in beside if None not in one[reach:]]
    theirs = [one for one in known if one is not None]
    sums = [sum(hour) for hour in zip(*theirs, strict=True)] if len(theirs) >= LEAST_PEERS else None
    now = _both(past, absent, sums, len(past), len(parts_ms))
    if now is None:
        return None
    tries = _tries(past, absent, sums, len(parts_ms))
    return _joined(now, tries, parts_ms, most_w, len(days), sum(absent), len(theirs))


def absent_days(days: Sequence[int | None]) -> list[bool]:
    """Say of each day whether it was one of absence: far below the middle one of those on which anything was used."""
    used = sorted(day for day in days if day)
    middle = used[len(used) // 2] if used else 0
    return [day is not None and day * MILLE < middle * ABSENT_PER_MILLE for day in days]


def _days(hours: Hours) -> list[int | None]:
    """Sum hours up by day; a day of which an hour is missing is not known."""
    found: list[int | None] = []
    for at in range(0, len(hours), DAY):
        day = [hour for hour in hours[at : at + DAY] if hour is not None]
        found.append(sum(day) if len(day) == DAY else None)
    return found


def _filled(hours: Hours, reach: int) -> list[int] | None:
    """Fill what is missing of a peer's past with its own mean; None: more than a tenth is."""
    known = [hour for hour in hours[:reach] if hour is not None]
    if len(known) * 10 < reach * 9:
        return None
    mean = sum(known) // len(known)
    return [mean if hour is None else hour for hour in hours]


def _both(past: Hours, absent: list[bool], sums: list[int] | None, until: int, count: int) -> _Two | None:
    """Estimate `count` hours from `until` on by what was before."""
    by_own = _by_own(past, absent, until, count)
    if by_own is None:
        return None
    return _Two(by_own, None if sums is None else _by_peers(past, sums, until, count))


def _by_own(past: Hours, absent: list[bool], until: int, count: int) -> list[int] | None:
    """The mean of the same hour of the week, days of absence left out; one that is never known: of its hour of the day."""
    week = [_Mean() for _ in range(WEEK)]
    day, whole = [_Mean() for _ in range(DAY)], _Mean()
    for at in range(until):
        hour = past[at]
        if hour is not None and not absent[at // DAY]:
            weight = _weight(until - 1 - at)
            for mean in (week[at % WEEK], day[at % DAY], whole):
                mean.add(hour, weight)
    if not whole.weight:
        return None
    slots = [
        next(m for m in (week[h % WEEK], day[h % DAY], whole) if m.weight)
        for h in range(until, until + count)
    ]
    return [slot.sum // slot.weight for slot in slots]


@dataclass(slots=True)
class _Mean:
    sum: int = 0
    weight: int = 0

    def add(self, value: int, weight: int) -> None:
        self.sum += value * weight
        self.weight += weight


def _weight(age_hours: int) -> int:
    return max(MOST_WEIGHT >> min(age_hours // (HALF_AFTER_DAYS * DAY), 10), LEAST_WEIGHT)


def _by_peers(past: Hours, sums: list[int], until: int, count: int) -> list[int]:
    """What the peers use, times the room's share of it in the weeks before, the last ones above the first."""
    mine = theirs = 0
    for at in range(until):
        hour = past[at]
        if hour is not None:
            weight = _weight(until - 1 - at)
            mine += weight * hour
            theirs += weight * sums[at]
    share = [0, *accumulate(sums[until : until + count])]
    cut = [whole * mine // theirs if theirs else 0 for whole in share]
    return [after - before for before, after in pairwise(cut)]


@dataclass(frozen=True, slots=True)
class _Try:
    """What both ways said of a part of the past, and what it was."""

    true_wh: int
    own_wh: int
    peers_wh: int | None


def _tries(past: Hours, absent: list[bool], sums: list[int] | None, count: int) -> list[_Try]:
    """Estimate parts of the past as if they were not known: as long as the interval, a week at most."""
    long = min(max(1, -(-count // DAY)), LONGEST_TRY) * DAY
    starts = range(len(past) - long, LEAST_DAYS * DAY - 1, -DAY)
    found = []
    for start in list(starts)[:MOST_TRIES]:
        true = [hour for hour in past[start : start + long] if hour is not None]
        two = _both(past, absent, sums, start, long) if len(true) == long else None
        if two is not None:
            found.append(_Try(sum(true), sum(two.own), None if two.peers is None else sum(two.peers)))
    return found


def _joined(
    now: _Two, tries: list[_Try], parts_ms: Sequence[int], most_w: int, days: int, absent: int, rooms: int
) -> Estimate:
    weight = _own_weight(tries) if now.peers is not None else MILLE
    theirs = now.peers or now.own
    hours, capped = [], 0
    for mine, other, part_ms in zip(now.own, theirs, parts_ms, strict=True):
        hour = (mine * weight + other * (MILLE - weight)) * part_ms // (MILLE * HOUR_MS)
        most = most_w * part_ms // HOUR_MS
        capped += hour > most
        hours.append(min(hour, most))
    own_wh, peers_wh = _part(now.own, parts_ms), _part(theirs, parts_ms)
    errors = [
        (one.own_wh * weight + (one.peers_wh or 0) * (MILLE - weight)) // MILLE - one.true_wh for one in tries
    ]
    said = sum((one.own_wh * weight + (one.peers_wh or 0) * (MILLE - weight)) // MILLE for one in tries)
    wh, most_wh = sum(hours), sum(most_w * part // HOUR_MS for part in parts_ms)
    wide = max(_scaled(errors, said, wh) * SPREAD // MILLE, wh * LEAST_SPREAD // MILLE)
    own_error = _scaled([one.own_wh - one.true_wh for one in tries], said, wh)
    peers_error = _scaled([(one.peers_wh or 0) - one.true_wh for one in tries], said, wh)
    return Estimate(
        hours=tuple(hours),
        low_wh=max(0, wh - wide),
        high_wh=min(wh + wide, most_wh),
        own=Method(own_wh, own_error),
        peers=None if now.peers is None else Method(peers_wh, peers_error),
        own_per_mille=weight,
        days=days,
        absent_days=absent,
        peer_rooms=rooms,
        tries=len(tries),
        capped_hours=capped,
    )


def _part(hours: Sequence[int], parts_ms: Sequence[int]) -> int:
    return sum(hour * part for hour, part in zip(hours, parts_ms, strict=True)) // HOUR_MS


def _own_weight(tries: list[_Try]) -> int:
    """Give how much the own past counts, in per mille: what would have erred least in the tries; a quarter for few of them."""
    both = [
        (one.own_wh - one.true_wh, one.peers_wh - one.true_wh) for one in tries if one.peers_wh is not None
    ]
    apart = sum((own - peers) ** 2 for own, peers in both)
    if not apart:
        return MILLE // 2
    best = min(MILLE, max(0, sum(peers * (peers - own) for own, peers in both) * MILLE // apart))
    return (best * len(both) + LONGEST_TRY * MILLE // 4) // (len(both) + LONGEST_TRY)


def _scaled(errors: Sequence[int], said_wh: int, wh: int) -> int:
    """Give the root mean square of errors as it is for an interval of `wh`; without a try all of it."""
    if not errors or said_wh <= 0:
        return wh
    return isqrt(sum(error * error for error in errors) * len(errors)) * wh // said_wh


def known_instead(counted_wh: int, shape: Sequence[int]) -> tuple[int, ...]:
    """Lay what a register shows after all on an interval's hours, as the estimate has them; evenly where that has nothing."""
    weights = list(shape) if sum(shape) else [1] * len(shape)
    whole, done, before, found = sum(weights), 0, 0, []
    for weight in weights:
        done += weight
        until = counted_wh * done // whole
        found.append(until - before)
        before = until
    return tuple(found)


def agrees(found: Estimate, counted_wh: int) -> bool:
    """Say whether what a faulty module counted is what the room may have used: then it is taken in the estimate's place."""
    return found.low_wh <= counted_wh <= found.high_wh


def miscounted_wh(billed_wh: int, error_ppm: int) -> int:
    """Give what must be billed beside what a module with this bench error counted; below zero: credited.

    A module that counts 2 % too much (20,000 ppm) showed 1.02 of what was used.
    """
    if error_ppm <= -1_000_000:
        raise ValueError(f"a module can't count {error_ppm} ppm wrong")
    return -(billed_wh * error_ppm) // (1_000_000 + error_ppm)
