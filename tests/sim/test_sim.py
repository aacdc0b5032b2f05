"""The whole system in one simulation: worlds hold every invariant, and the same seed is the same run.

In processes of their own: central's databases, its clock and its commits are the simulation's there.
"""

import re
import subprocess
import sys

import pytest

from tests.sim.plan import PER_BUILDING_DAY, PER_DAY, Shape, troubles_of
from tests.sim.shrink import shrink
from tests.sim.world import Outcome

METER_DAYS = "20000"
COUNTED = re.compile(r"^ *([\d,]+)  (\S.*)$", re.MULTILINE)
EFFECTS = (
    "gateways killed in a commit",
    "writes that a full disk refused",
    "answers spoilt on a line",
    "new epochs by restored gateways",
    "backups of central put back",
    "central killed",
    "messages lost",
    "messages repeated",
    "corrected at 23:59",
    "cuts held by the guard",
    "vouchers handed in",
)
"""What troubles must have come to: one that never bites proves nothing."""

pytestmark = pytest.mark.xdist_group("sim")


def sim(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.sim.run", "--jobs", "1", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=1_500, check=False)


@pytest.mark.timeout(1_800)
def test_worlds_with_every_trouble_break_no_invariant() -> None:
    """Eight worlds of three buildings; how long they take is for `make sim` to judge."""
    done = sim("--meter-days", METER_DAYS, "--seed", "1", "--no-shrink")
    assert "BROKEN" not in done.stdout, done.stdout
    assert "goals met" in done.stdout, done.stderr
    happened = {what: int(count.replace(",", "")) for count, what in COUNTED.findall(done.stdout)}
    assert {*PER_DAY, *PER_BUILDING_DAY, *EFFECTS} <= {what for what, count in happened.items() if count}


def test_the_same_seed_is_the_same_run() -> None:
    small = ("--seed", "5", "--buildings", "2", "--rooms", "4", "--days", "3", "--often", "3")
    first, second = sim(*small), sim(*small)
    assert _counts(first) == _counts(second)
    assert first.returncode == second.returncode == 0, first.stdout + first.stderr


def _counts(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stdout.splitlines() if "meter-days," not in line]


def test_leaving_a_trouble_out_leaves_the_others_as_they_are() -> None:
    whole = troubles_of(Shape(3, often=2.0))
    some = tuple(one.number for one in whole[::3])
    assert troubles_of(Shape(3, often=2.0).with_only(some)) == whole[::3]
    assert len({one.number for one in whole}) == len(whole) > 100


def test_a_failing_run_shrinks_to_what_breaks_it() -> None:
    """A made-up system that breaks when two certain troubles meet in a building that has at least four rooms."""
    whole = troubles_of(Shape(3, buildings=2, days=9))
    guilty = {whole[7].number, whole[40].number}

    def run(shape: Shape) -> Outcome:
        met = guilty <= {one.number for one in troubles_of(shape)} and shape.rooms >= 4
        return Outcome(shape, ("C-6: twice",) if met else (), (), {}, 0.1, shape.days - 1)

    smallest = shrink(run(Shape(3, buildings=2, days=9)), run)
    assert {one.number for one in troubles_of(smallest.shape)} == guilty
    assert smallest.shape.rooms == 4
    assert "ONLY=" in smallest.shape.command
