"""A bug planted in the path of each invariant is found by the simulation, and the same world without it holds."""

import json
import subprocess
import sys
from typing import Any

import pytest

from tests.sim.plants import PLANTS

pytestmark = pytest.mark.xdist_group("sim-plants")


@pytest.fixture(scope="module")
def seen() -> dict[str, dict[str, Any]]:
    """Every plant, run in one process."""
    command = [sys.executable, "-m", "tests.sim.plants"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=1_000, check=False)
    assert done.returncode == 0, done.stderr
    return {row["plant"]: row for row in map(json.loads, done.stdout.splitlines())}


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.name)
def test_a_planted_bug_is_found(plant: Any, seen: dict[str, dict[str, Any]]) -> None:
    row = seen[plant.name]
    assert row["honest"] == [], "the world must hold without the bug"
    assert row["planted"], "nobody saw it"
    assert row["planted"][0].partition(":")[0] in plant.rules


def test_every_rule_of_the_watch_has_a_plant() -> None:
    planted = {rule for plant in PLANTS for rule in plant.rules}
    money = {"R-4.1.3", "R-4.1.4", "R-4.1.7", "R-4.2"}
    assert planted >= {f"C-{n}" for n in range(1, 18)} | {"R-G5"} | money
