"""How long a dry run takes on a large campus: `python -m tests.pages.bench_policies [--rooms 20000] [--building 500] [--rounds 5]`.

Changes of a class that reaches every room, from one that nobody feels to one that all do and one with a mistake; then one of a
building and one of a room. Nothing is asserted: the figures are a machine's.
"""

import argparse
import tempfile
import time
from pathlib import Path

from tests.bench.pages_rows import seed_rooms, set_up


def main() -> None:
    """Seed a campus in a folder that is thrown away, then try changes out again and again."""
    parser = argparse.ArgumentParser(description="time the dry run of a policy")
    parser.add_argument("--rooms", type=int, default=20_000)
    parser.add_argument("--building", type=int, default=500, help="rooms in one building")
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        set_up(Path(folder))
        seed_rooms(asked.rooms, asked.building)
        _measure(asked.rounds)


def _measure(rounds: int) -> None:
    from central import clock
    from central.link.policy_change import Change, Place, try_out

    night = {
        "calendar": "night",
        "windows": [{"days": [1, 2, 3, 4, 5], "from_minute": 1380, "to_minute": 360}],
    }
    unfelt, hours = {"isolated_extra": 5}, {"no_cut_extra": 50_000_000}
    dear = {"class-overdraft": 0, "class-limits": {"power_cap": {"limit_w": 900}}}
    changes = {
        "class, nobody feels it": Change(Place.CLASS, "dormitory", {"class-limits": unfelt}, {}),
        "class, two parts": Change(Place.CLASS, "dormitory", dear, {}),
        "class, spared by hours": Change(Place.CLASS, "dormitory", {"class-limits": hours}, {}),
        "class, all are warned": Change(Place.CLASS, "dormitory", {"class-warnings": [10**12]}, {}),
        "class, a mistake": Change(Place.CLASS, "dormitory", {"class-limits": {"lights_out": "x"}}, {}),
        "building": Change(Place.BUILDING, "1", {"building-policy": {"calendars": [night]}}, {}),
        "room": Change(Place.ROOM, "1-101", {"point-protected": True}, {}),
    }
    print(f"{'change':28}{'best s':>9}{'worst s':>9}{'rooms':>8}{'mistakes':>10}")
    for name, change in changes.items():
        took = []
        for _ in range(rounds):
            began = time.perf_counter()
            tried = try_out(change, clock.now_ms())
            took.append(time.perf_counter() - began)
        print(f"{name:28}{min(took):9.2f}{max(took):9.2f}{len(tried.rooms):8}{len(tried.mistakes):10}")


if __name__ == "__main__":
    main()
