"""`make reports DIR=...`: every report of the catalogue and every other paper, in every form and language, to be looked at.

python -m tests.reports.run DIR

They are of the demo campus with two accounting periods of books, lived by the product's own operations in a central of its own.
Each file is opened again and checked; the exit code is 1 when one has a fault, 2 when no folder is named.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path


def main(arguments: list[str]) -> int:
    """Make a central in a folder of its own, live, write, check, list."""
    parser = argparse.ArgumentParser(prog="make reports", description=__doc__.partition("\n")[0])
    parser.add_argument("dir", nargs="?", type=Path, help="where the files go")
    options = parser.parse_args(arguments)
    if options.dir is None:
        print("Say where the papers go: make reports DIR=/tmp/reports", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="cardroom-reports-") as data:
        for variable in ("CARDROOM_BENCH_CLOCK", "DATABASE_URL", "TELEMETRY_DATABASE_URL"):
            os.environ.pop(variable, None)
        os.environ |= {"CARDROOM_DATA": data, "DJANGO_SETTINGS_MODULE": "central.config.settings"}
        import django

        django.setup()
        from tests.reports.every_paper import make_all

        return make_all(options.dir.absolute())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
