"""`make firmware-kill`: kill a firmware transfer at every block and look at the module itself.

    python -m tests.firmware_kill.run --images 24 --seed 7

Cut: the power before each block, in its middle, between its bytes and its mark, between its write and the reply, in the erase, in
the check at the end; the flasher before and after each of its requests; several times in one transfer, with lost replies. Then
wrong images past the flasher's own checks. The module judges apart: it is written from docs/firmware-image.md alone.
"""

import argparse
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from unittest import mock

from firmware_tools.virtual_module import module
from firmware_tools.virtual_module.stored_image import Fault
from tests.firmware_kill.trials import (
    CAPACITY,
    Case,
    Result,
    cases,
    cut_power,
    kill_flasher,
    offer_wrong,
    requests_of,
    units_of,
    wrong_images,
)

IMAGES = 24
BLOCK_WRITES = 132
"""Bytes of a block and its mark."""
PLACES = (0, 1, 64, 127, 128, 130)
"""Of a block: before it, in it, between its bytes and its mark, in the mark. The next one's 0 lies between write and reply."""


@dataclass
class Tally:
    """What all kills led to."""

    kills: int = 0
    resumed: int = 0
    bricked: int = 0
    ran_wrong: int = 0
    wrong_offered: int = 0
    notes: list[str] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Count one."""
        self.kills += 1
        self.resumed += result.resumed
        self.bricked += result.bricked
        self.ran_wrong += result.ran_wrong
        self.notes += result.notes[: max(0, 5 - len(self.notes))]


def power_places(case: Case) -> list[int]:
    """Give the writes after which the power is cut: all of the erase and of the end, and PLACES of every block."""
    total, blocks = units_of(case), -(-len(case.new.raw) // 128)
    end = total - (total - BLOCK_WRITES * blocks) % BLOCK_WRITES
    before = _writes_before(case)
    found = set(range(before + 1)) | set(range(before + BLOCK_WRITES * blocks, total + 1)) | {end}
    for block in range(blocks):
        found |= {before + BLOCK_WRITES * block + place for place in PLACES}
    return sorted(place for place in found if place <= total)


def _writes_before(case: Case) -> int:
    """Progress pages, marker page, pages of the slot, and the 32 bytes of the transfer's record."""
    return 1 + 1 + CAPACITY // 1024 + 32


def kills(chosen: list[Case], dice: random.Random) -> Iterator[Result]:
    """Kill every transfer everywhere."""
    for case in chosen:
        for place in power_places(case):
            yield cut_power(case, [place])
        for request in range(1, requests_of(case) + 1):
            for after in (False, True):
                yield kill_flasher(case, request, after)
        for _ in range(10):
            many = [dice.randrange(units_of(case)) for _ in range(dice.randrange(2, 5))]
            yield cut_power(case, many, loss=0.1)


def run(images: int, seed: int) -> Tally:
    """Kill everything once."""
    dice, tally = random.Random(seed), Tally()
    chosen = cases(images, seed)
    for result in kills(chosen, dice):
        tally.add(result)
    for result in offers(chosen, dice):
        tally.wrong_offered += 1
        tally.ran_wrong += result.ran_wrong
        tally.bricked += result.bricked
        tally.notes += result.notes[: max(0, 5 - len(tally.notes))]
    return tally


def offers(chosen: list[Case], dice: random.Random) -> Iterator[Result]:
    """Offer wrong images to every module."""
    for case in chosen:
        for wrong in wrong_images(case, dice):
            yield offer_wrong(case, wrong)


def ran_without_checks(chosen: list[Case], dice: random.Random) -> int:
    """Offer them to a bootloader that checks nothing, and count those that run: the look at the module can fail."""
    with mock.patch.object(module, "fault_of", return_value=Fault.NONE):
        return sum(result.ran_wrong for result in offers(chosen, dice))


def main() -> int:
    """Print each figure with its goal; exit 0 only if all are met."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--images", type=int, default=IMAGES)
    arguments.add_argument("--seed", type=int, default=None)
    options = arguments.parse_args()
    seed = random.SystemRandom().randrange(1_000_000) if options.seed is None else options.seed
    print(f"seed {seed}   (the same run again: make firmware-kill SEED={seed})")
    began_s = time.monotonic()
    tally = run(options.images, seed)
    print(f"{options.images} images, {tally.kills} kills in {time.monotonic() - began_s:.0f} s")
    figures = [
        (tally.kills - tally.resumed, "kills after which the transfer did not come to its end"),
        (tally.bricked, "modules bricked, or without exactly the image at the end"),
        (tally.ran_wrong, f"wrong or incomplete images run ({tally.wrong_offered} wrong ones offered)"),
    ]
    for figure, words in figures:
        print(f"  {figure:6}  (goal 0)  {words}")
    for note in tally.notes:
        print(f"  {note}")
    met = sum(figure == 0 for figure, _ in figures) + (tally.kills >= 100 * options.images)
    print(f"  {tally.kills:6}  (goal >= {100 * options.images})  kills; {tally.resumed} resumed")
    unchecked = ran_without_checks(cases(2, seed), random.Random(seed))
    met += unchecked > 0
    print(
        f"  {unchecked:6}  (goal > 0)  wrong images run by a bootloader that checks nothing: the look can fail"
    )
    print(f"FIRMWARE-KILL: {met}/{len(figures) + 2} goals met")
    return 0 if met == len(figures) + 2 else 1


if __name__ == "__main__":
    sys.exit(main())
