"""A short run of the crash proof, and the proof that it can fail."""

import random

import pytest

from tests.crash.recording_disk import Op, Platter
from tests.crash.run import run


@pytest.mark.parametrize("seed", [1, 2])
def test_no_power_cut_loses_what_was_acknowledged_or_charges_twice(seed: int) -> None:
    verdict = run(images=250, seed=seed, steps=120)
    assert verdict.images == 250
    assert not verdict.faults, verdict.examples


def test_without_a_sync_per_commit_acknowledged_grants_are_lost() -> None:
    verdict = run(images=100, seed=1, steps=120, synchronous="NORMAL")
    assert verdict.faults["lost"] > 20
    assert verdict.faults["corrupt"] == 0


def test_without_any_sync_the_store_itself_is_damaged() -> None:
    verdict = run(images=200, seed=1, steps=120, synchronous="OFF")
    assert verdict.faults["corrupt"] > 20


def test_what_was_synced_is_always_on_the_platter_and_the_rest_in_any_mixture() -> None:
    platter = Platter()
    for op in (Op("write", "f", 0, b"a" * 1024), Op("sync", "f"), Op("write", "f", 0, b"b" * 1024)):
        platter.take(op)
    found = {platter.after_power_cut(random.Random(n))["f"] for n in range(200)}
    halves = {(one[:512], one[512:]) for one in found}
    assert halves == {(x * 512, y * 512) for x in (b"a", b"b") for y in (b"a", b"b")}


def test_a_file_that_was_never_synced_may_be_missing() -> None:
    platter = Platter()
    platter.take(Op("write", "f", 0, b"a"))
    assert {"f" in platter.after_power_cut(random.Random(n)) for n in range(50)} == {True, False}


def test_a_lost_write_beyond_the_end_leaves_a_hole_not_the_data() -> None:
    platter = Platter()
    platter.take(Op("write", "f", 0, b"a" * 512))
    platter.take(Op("sync", "f"))
    platter.take(Op("write", "f", 512, b"b" * 512))
    platter.take(Op("write", "f", 1024, b"c" * 512))
    images = [platter.after_power_cut(random.Random(n))["f"] for n in range(300)]
    assert any(one.endswith(b"c" * 512) and b"b" not in one for one in images)
