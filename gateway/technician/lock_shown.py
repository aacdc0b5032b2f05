"""Lock-outs for the commands that need no daemon: read from its folder, where that can be read (R-4.3.4, C-16). Changes nothing."""

import argparse
import sys
from pathlib import Path

from gateway.adapters.control_protocol import LockTold
from gateway.adapters.journal_store import JOURNAL_NAME
from gateway.adapters.journal_store.peek import peek
from gateway.adapters.model_files import BrokenModels, read_models
from gateway.adapters.registry_store import RegistryDamaged, RegistryStore
from gateway.adapters.system_clock import SystemClock
from gateway.app.control_orders import told_lock
from gateway.config import GatewayConfig, load_config
from gateway.technician.lock_words import lock_lines


def locks_at(args: argparse.Namespace) -> tuple[str, list[LockTold]]:
    """Find the meter that the arguments name by its address, and its lock-outs, in the daemon's folder.

    Empty where that can't be read: a laptop on a stranger's line.
    """
    folder = _folder(args.config)
    try:
        rows = RegistryStore(folder, read_models()).meters() if folder else []
    except (OSError, RegistryDamaged, BrokenModels):
        rows = []
    short = args.address.upper().lstrip("0")
    named = [row.meter_number for row in rows if row.address.upper().lstrip("0") == short]
    known = peek(folder / JOURNAL_NAME) if folder and named else None
    for meter in named:
        notes = known.lock_notes.get(meter, ()) if known else ()
        if notes:
            now = SystemClock().now()
            return meter, [told_lock(note, now) for note in notes]
    return "", []


def _folder(path: Path) -> Path | None:
    """The daemon's folder by its configuration, or None without a word; a full disk keeps nobody from looking."""
    loaded = load_config(path)
    if isinstance(loaded, GatewayConfig):
        return loaded.gateway.data
    if all(mistake.code == "not-writable" for mistake in loaded):
        return Path(str(loaded[0].facts["found"]))
    return None


def warn_of_locks(args: argparse.Namespace) -> bool:
    """Show the lock-outs of the meter that the arguments name, on stderr; say whether there is one."""
    meter, locks = locks_at(args)
    for line in lock_lines(meter, locks):
        print(line, file=sys.stderr)
    return bool(locks)
