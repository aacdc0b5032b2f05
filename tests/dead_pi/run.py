"""`make dead-pi`: how long a building is without its gateway, from the blank card's first command on (R-G6).

Typing, and fetching a card, are not in it: the goal of an hour has ten minutes for what the machine does.

python -m tests.dead_pi.run [--dir var/dead-pi]
"""

import argparse
import asyncio
import sys
from pathlib import Path

from tests.dead_pi.rescue import clear, rescue

GOAL_S = 600


def main() -> int:
    """Run it and print each figure; 0 when the goal is met."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--dir", type=Path, default=Path("var/dead-pi"))
    options = parser.parse_args()
    seen = asyncio.run(rescue(clear(options.dir.absolute())))
    print(seen.second_said)
    for what, seconds in seen.seconds.items():
        print(f"  {seconds:6.1f} s  {what}")
    worst_s = max(seen.seconds.values())
    met = worst_s <= GOAL_S
    print(f"dead-pi: back after {worst_s:.1f} s (goal <= {GOAL_S} s): {'met' if met else 'MISS'}")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
