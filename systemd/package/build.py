"""`make deb`: the two Debian packages from uv.lock, the same bytes each time.

    python systemd/package/build.py [--arch amd64|arm64] [--version 0.2.0] [--only gateway|central] [--to dist]

A package holds an environment of its own below /opt/cardroom, for the python3.11 that Debian 12 has; no pip, no network when it is
installed. With CARDROOM_RELEASE_KEY=FILE (an Ed25519 key, PEM) each package is signed beside it and carries the public key: from
then on `cardroom-gateway update` takes signed packages only.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

from environment import ARCHITECTURES, NotBuilt, make_environment
from packing import PACKAGES, Build, pack
from signing import ReleaseKey, release_key, sign

ROOT = Path(__file__).resolve().parents[2]
VERSION = re.compile(r"\d+(\.\d+)+([~+][a-z0-9.]+)?")
"""What both Debian and Python take for a version."""


def main() -> int:
    """Build and say what was built; 1 with one sentence when it can't be."""
    args = _arguments()
    os.environ["SOURCE_DATE_EPOCH"] = epoch = os.environ.get("SOURCE_DATE_EPOCH") or _git(
        "log", "-1", "--format=%ct"
    )
    try:
        key = release_key(os.environ.get("CARDROOM_RELEASE_KEY", ""))
        for name in [args.only] if args.only else list(PACKAGES):
            built = _build(args, name, int(epoch), key)
            note = sign(built, key) if key else "not signed (CARDROOM_RELEASE_KEY is not set)"
            print(f"{_shown(built)}  {built.stat().st_size / 1e6:.1f} MB, {note}", flush=True)
    except NotBuilt as error:
        print(f"make deb: {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as error:
        said = (error.stderr or "").strip()[-600:]
        print(
            f"make deb: {error.cmd[0]} failed. {said}\nWith no network: connect, then run make again.",
            file=sys.stderr,
        )
        return 1
    return 0


def _build(args: argparse.Namespace, name: str, epoch: int, key: ReleaseKey | None) -> Path:
    with tempfile.TemporaryDirectory(prefix="cardroom-deb-") as folder:
        tree = Path(folder) / "tree"
        build = Build(ROOT, tree, name, args.version, args.arch, epoch)
        make_environment(build, Path(folder))
        return pack(build, args.to, key)


def _arguments() -> argparse.Namespace:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    parser = argparse.ArgumentParser(description="Build the Debian packages.")
    parser.add_argument("--arch", choices=ARCHITECTURES, default=_own_architecture())
    parser.add_argument("--version", default=project["version"], type=_version)
    parser.add_argument("--only", choices=sorted(PACKAGES), help="one of the two")
    parser.add_argument("--to", type=Path, default=ROOT / "dist", help="folder (default dist)")
    return parser.parse_args()


def _version(text: str) -> str:
    if not VERSION.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no version; 0.2.0 is one, 0.2.0~rc1 too")
    return text


def _own_architecture() -> str:
    machine = os.uname().machine
    return {"x86_64": "amd64", "aarch64": "arm64"}.get(machine, machine)


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


if __name__ == "__main__":
    sys.exit(main())
