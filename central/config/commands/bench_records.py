"""`import-bench`: take in what `cardroom-firmware bench` wrote, each file once, a damaged or changed one by name not at all."""

import re
import sys
from argparse import Namespace
from collections import Counter
from pathlib import Path

from django.utils.translation import gettext as _

from central import clock
from central.workshop.bench.operations import Taken, import_record
from central.workshop.bench.words import REFUSALS
from gateway.contract.bench_record import MAX_BYTES, RecordRefusal

_KEY = re.compile(r"[0-9A-Fa-f]{64}")


def import_bench(options: Namespace) -> int:
    """Import the files; exit code 1 when one of them was not taken in, 2 when a key is none."""
    trusted = set()
    for asked in options.key:
        key = _key(asked)
        if key is None:
            words = _("%(asked)s is no public key: name a .pub file or 64 hex digits")
            print(words % {"asked": asked}, file=sys.stderr)
            return 2
        trusted.add(key)
    done: Counter[str] = Counter()
    for path in _files(options.files):
        done[_import(path, frozenset(trusted))] += 1
    words = _("%(imported)d imported, %(exists)d known already, %(refused)d not taken in")
    print(words % {name: done[name] for name in ("imported", "exists", "refused")})
    return 1 if done["refused"] else 0


def _files(paths: list[str]) -> list[Path]:
    found: list[Path] = []
    for path in map(Path, paths):
        found += sorted(path.glob("*.json")) if path.is_dir() else [path]
    return found


def _import(path: Path, trusted: frozenset[str]) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        return _refused(path, _("%(why)s; check its name and rights") % {"why": error.strerror})
    taken = import_record(content, trusted=trusted, actor="console", now_ms=clock.now_ms())
    if isinstance(taken, RecordRefusal):
        return _refused(path, f"{REFUSALS[taken]} ({taken.value})")
    if taken is Taken.EXISTS_WITH_DIFFERENT:
        other = _("its id is known with other content; one of the two was changed")
        return _refused(path, f"{other} ({taken.value})")
    return taken.value


def _refused(path: Path, why: str) -> str:
    print(_("%(path)s: not taken in: %(why)s") % {"path": path, "why": why}, file=sys.stderr)
    return "refused"


def _key(asked: str) -> str | None:
    path = Path(asked)
    try:
        text = path.read_text(encoding="ascii").strip() if path.is_file() else asked
    except (OSError, UnicodeDecodeError):
        return None
    return text.lower() if _KEY.fullmatch(text) else None
