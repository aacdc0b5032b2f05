"""Which meter is at a room? A known load is switched on there and off again; the meter whose power stepped by it both times is.

Other rooms go on living: kettles, lights, washing machines. A meter fits only when its power rose by the load AND fell by it
again, both beyond its own unrest. More than one that fits is said as such, never decided. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

LEAST_PARTS, MOST_PARTS, OF = 70, 130, 100
"""A kettle of 1500 W draws up to 30 % less or more: the mains has 198 to 235 V, and power goes with its square."""
UNREST_PARTS = 40
"""A meter whose power wanders by more than this share of the load within one phase proves nothing."""
FEWEST_SAMPLES = 2


@dataclass(frozen=True, slots=True)
class Samples:
    """One meter's power in W before, while and after the load was on."""

    before: Sequence[int]
    on: Sequence[int]
    after: Sequence[int]


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the samples say. `fits`: meters that stepped by the load; `unsure`: restless or one-sided, may be it; `unread`: not
    heard often enough. The answer is certain only with one fit and nothing else in doubt."""

    fits: tuple[str, ...]
    unsure: tuple[str, ...]
    unread: tuple[str, ...]

    @property
    def meter(self) -> str | None:
        """The one meter, when there is no doubt."""
        return self.fits[0] if len(self.fits) == 1 and not self.unsure else None


def find_step(samples: Mapping[str, Samples], load_w: int) -> Sighting:
    """Look for the meters that stepped by `load_w` (above 0) and back."""
    unread = tuple(name for name, one in samples.items() if _shortest(one) < FEWEST_SAMPLES)
    seen = {name: _fit(one, load_w) for name, one in samples.items() if name not in unread}
    return Sighting(
        fits=tuple(name for name, fit in seen.items() if fit is True),
        unsure=tuple(name for name, fit in seen.items() if fit is None),
        unread=unread,
    )


def narrowed(first: Sighting, second: Sighting) -> Sighting:
    """Put two rounds together: only who fitted in both is left; who was in doubt once may still be it if it fitted once."""
    possible = {*first.fits, *first.unsure} & {*second.fits, *second.unsure}
    fits = tuple(name for name in second.fits if name in first.fits)
    unsure = tuple(sorted(possible - set(fits)))
    unread = tuple(sorted({*first.unread} & {*second.unread}))
    return Sighting(fits, () if len(fits) == 1 else unsure, unread)


def _shortest(samples: Samples) -> int:
    return min(len(samples.before), len(samples.on), len(samples.after))


def _fit(samples: Samples, load_w: int) -> bool | None:
    """True: it stepped up and down by the load; False: certainly not; None: can't be told."""
    before, on, after = (median(phase) for phase in (samples.before, samples.on, samples.after))
    steps = (on - before, on - after)
    unrest = max(max(phase) - min(phase) for phase in (samples.before, samples.on, samples.after))
    inside = [LEAST_PARTS * load_w <= OF * step <= MOST_PARTS * load_w for step in steps]
    if OF * unrest > UNREST_PARTS * load_w:
        return None if max(steps) * OF >= LEAST_PARTS * load_w else False
    if all(inside):
        return True
    return None if any(inside) else False
