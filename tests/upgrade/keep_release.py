"""Keep what a release writes, as text: central's two databases and a gateway's journal, a little of everything in each.

`make keep-schema VERSION=0.2.0` does it for this tree when it is released; `--tree FOLDER` for an older one's tree. Kept files are
never made anew: an upgrade starts from what was written then, not from what today's code would write.
"""

import argparse
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from packaging.version import Version

from tests.central.private_postgresql import Unavailable, cluster

HERE = Path(__file__).parent
KEPT = HERE / "kept"
MADE_ANEW = ('INSERT INTO "auth_permission"', 'INSERT INTO "django_content_type"')
"""What each migrate fills by itself."""
POSTGRESQL_MADE_ANEW = ("INSERT INTO public.auth_permission", "INSERT INTO public.django_content_type")
OUTSIDE = ("DATABASE_URL", "TELEMETRY_DATABASE_URL", "CARDROOM_BENCH_CLOCK")


def releases() -> list[str]:
    """Name the kept releases, the oldest first."""
    return sorted((folder.name for folder in KEPT.iterdir() if folder.is_dir()), key=Version)


def keep(version: str, tree: Path) -> int:
    """Seed with a tree's code and write the dumps; exit code 2 when the version is kept already."""
    folder = KEPT / version
    if folder.exists():
        print(
            f"{version} is kept already: {folder}. A release is kept once; choose another VERSION.",
            file=sys.stderr,
        )
        return 2
    with tempfile.TemporaryDirectory(prefix="keep-") as name:
        scratch, made = Path(name), Path(name) / "made"
        made.mkdir()
        _seed(tree, "seed_release.py", {"CARDROOM_DATA": str(scratch / "data")})
        for file in ("central", "telemetry"):
            _write(made / f"{file}.sql", _sqlite_dump(scratch / "data" / f"{file}.db"))
        _seed(tree, "seed_journal.py", {}, str(scratch / "journal.db"))
        _write(made / "journal.sql", _sqlite_dump(scratch / "journal.db"))
        try:
            _keep_postgresql(tree, scratch, made)
        except Unavailable as reason:
            print(f"not kept for PostgreSQL: {reason}", file=sys.stderr)
        shutil.copytree(made, folder)
    size = sum(file.stat().st_size for file in folder.iterdir())
    print(f"kept {version}: {size // 1000} kB in {folder}")
    return 0


def _seed(tree: Path, script: str, variables: Mapping[str, str], *arguments: str) -> None:
    environment = {name: value for name, value in os.environ.items() if name not in OUTSIDE}
    environment |= {
        "PYTHONPATH": str(tree),
        "DJANGO_SETTINGS_MODULE": "central.config.settings",
        **variables,
    }
    subprocess.run([sys.executable, str(HERE / script), *arguments], env=environment, cwd=tree, check=True)


def _sqlite_dump(path: Path) -> Iterator[str]:
    connection = sqlite3.connect(path)
    try:
        for pragma in ("application_id", "user_version"):
            yield f"PRAGMA {pragma} = {connection.execute(f'PRAGMA {pragma}').fetchone()[0]};"
        yield from (line for line in connection.iterdump() if not line.startswith(MADE_ANEW))
    finally:
        connection.close()


def _keep_postgresql(tree: Path, scratch: Path, made: Path) -> None:
    with cluster() as variables:
        _seed(tree, "seed_release.py", {"CARDROOM_DATA": str(scratch / "data-pg"), **variables})
        for file, url in (
            ("central", variables["DATABASE_URL"]),
            ("telemetry", variables["TELEMETRY_DATABASE_URL"]),
        ):
            command = ["pg_dump", "--inserts", "--no-owner", "--no-privileges", url]
            dump = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            left_out = ("--", "\\", "SET ", *POSTGRESQL_MADE_ANEW)
            _write(
                made / f"{file}.pg.sql", (x for x in dump.splitlines() if x and not x.startswith(left_out))
            )


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def main() -> int:
    """Read the arguments and keep a release."""
    parser = argparse.ArgumentParser(description="Keep what a release writes, as text.")
    parser.add_argument("version")
    parser.add_argument("--tree", type=Path, default=Path.cwd())
    options = parser.parse_args()
    return keep(options.version, options.tree.resolve())


if __name__ == "__main__":
    sys.exit(main())
