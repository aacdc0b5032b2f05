"""The auditor's truth and the meters' memory: one SQLite file per campus.

`samples` says what really flowed, beside what the meter showed; `state` is enough to go on after a kill -9. Both are written in the
same transaction. Every change of a meter (relay, replacement, load, clock, fault) is written before the master can hear of it; what
lies between two samples follows exactly from the state, since a load is a function of time.
"""

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from firmware_tools.virtual_meter.meter import VirtualMeter
from firmware_tools.virtual_meter.supply import UWS_PER_WH

SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
  run INTEGER PRIMARY KEY, started_at_ms INTEGER NOT NULL, stopped_at_ms INTEGER);
CREATE TABLE IF NOT EXISTS meters (
  meter TEXT NOT NULL, install INTEGER NOT NULL, line TEXT NOT NULL, model TEXT NOT NULL, protocol TEXT NOT NULL,
  address TEXT NOT NULL, meter_number TEXT NOT NULL, ct_ratio INTEGER NOT NULL, register_start_centi_kwh INTEGER NOT NULL,
  installed_at_ms INTEGER NOT NULL, PRIMARY KEY (meter, install));
CREATE TABLE IF NOT EXISTS samples (
  sample INTEGER PRIMARY KEY, meter TEXT NOT NULL, install INTEGER NOT NULL, at_ms INTEGER NOT NULL, cause TEXT NOT NULL,
  energy_wh INTEGER NOT NULL, energy_rest_uws INTEGER NOT NULL,
  open_wh INTEGER NOT NULL, open_rest_uws INTEGER NOT NULL,
  register_centi_kwh INTEGER NOT NULL, register_start_centi_kwh INTEGER NOT NULL, power_mw INTEGER NOT NULL,
  contact_closed INTEGER NOT NULL, reported_closed INTEGER NOT NULL, commanded_closed INTEGER NOT NULL,
  relay_fault TEXT NOT NULL, dead INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS samples_of_meter ON samples (meter, at_ms);
CREATE TABLE IF NOT EXISTS state (meter TEXT PRIMARY KEY, body TEXT NOT NULL);
"""


class TruthLog:
    """Writes the truth; `meters_on` maps each meter's name to its line's."""

    def __init__(self, path: Path, meters_on: dict[str, str]) -> None:
        """Open or create the file; raise ValueError if it isn't one of these."""
        self._meters_on = meters_on
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._store = sqlite3.connect(path, isolation_level=None)
            self._store.execute("PRAGMA journal_mode=WAL")
            self._store.execute("PRAGMA synchronous=NORMAL")
            self._store.executescript(SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise ValueError(f"truth file {path}: {error}; name another file or remove it") from error
        self._run = 0

    def begin(self, at_ms: int) -> bool:
        """Open a run; return whether the one before ended cleanly (or there was none)."""
        last = self._store.execute("SELECT stopped_at_ms FROM runs ORDER BY run DESC LIMIT 1").fetchone()
        self._run = (
            self._store.execute("INSERT INTO runs (started_at_ms) VALUES (?)", (at_ms,)).lastrowid or 0
        )
        return last is None or last[0] is not None

    def states(self) -> dict[str, dict[str, Any]]:
        """Return the saved state of each meter by name."""
        return {
            meter: json.loads(body) for meter, body in self._store.execute("SELECT meter, body FROM state")
        }

    def record(self, meters: Iterable[VirtualMeter], cause: str) -> None:
        """Write a sample and the state of each meter as it stands, in one transaction."""
        self._store.execute("BEGIN IMMEDIATE")
        try:
            for meter in meters:
                self._record_one(meter, cause)
            self._store.execute("COMMIT")
        except BaseException:
            self._store.execute("ROLLBACK")
            raise

    def end(self, at_ms: int) -> None:
        """Mark the run as cleanly stopped and close the file."""
        self._store.execute("UPDATE runs SET stopped_at_ms = ? WHERE run = ?", (at_ms, self._run))
        self._store.close()

    def _record_one(self, meter: VirtualMeter, cause: str) -> None:
        identity, relay = meter.identity, meter.relay
        installed = (
            meter.name, identity.install, self._meters_on[meter.name], meter.model.name, meter.model.protocol,
            identity.address, identity.meter_number, meter.spec.ct_ratio, meter.register_start_centi_kwh, meter.at_ms,
        )  # fmt: skip
        self._store.execute("INSERT OR IGNORE INTO meters VALUES (?,?,?,?,?,?,?,?,?,?)", installed)
        sample = (
            meter.name, identity.install, meter.at_ms, cause,
            *divmod(meter.energy.total_uws, UWS_PER_WH), *divmod(meter.energy.while_reported_open_uws, UWS_PER_WH),
            meter.register_centi_kwh(), meter.register_start_centi_kwh, meter.supply_mw(),
            relay.contact_closed, relay.reported_closed, relay.commanded_closed, relay.fault, meter.glitches.dead,
        )  # fmt: skip
        self._store.execute(f"INSERT INTO samples VALUES (NULL{',?' * len(sample)})", sample)  # noqa: S608 - only question marks
        body = json.dumps(meter.state(), separators=(",", ":"))
        self._store.execute("INSERT OR REPLACE INTO state VALUES (?,?)", (meter.name, body))
