"""The real central in this process: its own databases, its ingest, its desk; killed at any commit, restored from a copy.

`CentralRoom` sets Django up once a process and makes an empty database once; each world works on a copy of its own, in files
in memory. Ingest is the product's own object: instead of the MQTT client it has one that writes to the simulated broker.
"""

import logging
import os
import queue
import random
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar
from unittest.mock import patch

from tests.sim.broker import Broker
from tests.sim.timeline import Timeline

T = TypeVar("T")
ALIASES = ("default", "telemetry")
FILES = {"default": "central.db", "telemetry": "telemetry.db"}
PUMP_SOON_MS = 500
"""How soon after an act ingest looks at its outbox; the real one looks every 30 ms."""
FAST = "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA cache_size=-64000;"
"""No disk fails at this end: a commit is whole or not there."""


class CentralKilled(BaseException):
    """Central's process is dead from here on."""


class CentralRoom:
    """Django in this process, and an empty central to copy from."""

    def __init__(self) -> None:
        memory = Path("/dev/shm")
        self.folder = Path(tempfile.mkdtemp(prefix="cardroom-sim-", dir=memory if memory.is_dir() else None))
        os.environ["CARDROOM_DATA"] = str(self.folder)
        os.environ["DJANGO_SETTINGS_MODULE"] = "central.config.settings"
        for variable in ("CARDROOM_BENCH_CLOCK", "DATABASE_URL", "TELEMETRY_DATABASE_URL"):
            os.environ.pop(variable, None)
        import django
        from django.conf import settings

        django.setup()
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        settings.SIGNING_KEY_FILE = self.folder / "signing.key"
        settings.SIGNING_KEY_FILE.write_text(bytes(range(32)).hex())
        for alias in ALIASES:
            settings.DATABASES[alias]["OPTIONS"]["init_command"] = FAST
        logging.disable(logging.CRITICAL)
        from django.core.management import call_command

        for alias in ALIASES:
            call_command("migrate", database=alias, verbosity=0)
        close_all()

    def copy_to(self, folder: Path) -> None:
        """Give a world databases of its own."""
        for name in FILES.values():
            shutil.copy(self.folder / name, folder / name)

    def close(self) -> None:
        close_all()
        shutil.rmtree(self.folder, ignore_errors=True)


def close_all() -> None:
    """Close this process's connections, whatever state they are in."""
    from django.db import connections

    for connection in connections.all(initialized_only=True):
        if connection.connection is not None:
            with suppress(sqlite3.Error):
                connection.connection.rollback()
            with suppress(sqlite3.Error):
                connection.connection.close()
        connection.connection = None
        connection.in_atomic_block = False
        connection.savepoint_ids = []
        connection.atomic_blocks = []
        connection.needs_rollback = False
        connection.closed_in_transaction = False
        connection.run_on_commit = []


class FakeConnection:
    """What ingest uses of its connection to a broker."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker
        self.connected = threading.Event()
        self.connected.set()

    def publish(self, topic: str, payload: bytes) -> None:
        self._broker.publish(topic, payload)

    def ask_for_births(self) -> None:
        self._broker.hand_out_births()


class CentralSite:
    """Central of one world."""

    def __init__(
        self, folder: Path, timeline: Timeline, broker: Broker, room: CentralRoom, dice: random.Random
    ) -> None:
        self.folder, self.timeline, self.broker, self._dice = folder, timeline, broker, dice
        self.is_up = False
        self.kills_in: int | None = None
        self.kills_committed = False
        self.on_kill: Callable[[], None] = lambda: None
        self.after_act: Callable[[], None] = lambda: None
        self.lives = 0
        """How often its files were opened, or put back."""
        self.is_pump_planned = False
        self.errors: list[str] = []
        room.copy_to(folder)
        broker.subscribe("central", self.hear)

    # --- lives

    def start(self) -> None:
        """Open the databases and begin to take messages."""
        from django.db import connections

        from central.ingest import process

        close_all()
        self.lives += 1
        for alias, name in FILES.items():
            connections[alias].settings_dict["NAME"] = str(self.folder / name)
        self.ingest = process.Ingest(process.Broker(), now_ms=lambda: self.timeline.now_ms)
        self.ingest._brokers = [FakeConnection(self.broker)]  # type: ignore[list-item]
        self.is_up = True
        self.broker.hand_out_births()
        self.plan_pump()

    def stop(self) -> None:
        self.is_up = False
        close_all()

    def kill_at(self, commits: int, committed: bool) -> None:
        """Be killed at the n-th commit from now, just before it or just behind it."""
        self.kills_in, self.kills_committed = commits, committed

    def do(self, act: Callable[[], T]) -> T | None:
        """Run something of central's; None when its process is dead, or died in it."""
        if not self.is_up:
            return None
        try:
            done = act()
        except CentralKilled:
            self.kills_in = None
            self.stop()
            self.timeline.say("central: killed")
            self.on_kill()
            return None
        self.after_act()
        return done

    @contextmanager
    def seams(self) -> Iterator[None]:
        """Virtual time for central's clocks, names from the seed, and a hook at each commit; for as long as the world lasts."""
        from django.db.backends.base.base import BaseDatabaseWrapper

        committing = BaseDatabaseWrapper._commit

        def commit(connection: Any) -> Any:
            if self.kills_in is None:
                return committing(connection)
            self.kills_in -= 1
            if self.kills_in > 0:
                return committing(connection)
            if self.kills_committed:
                committing(connection)
            else:
                connection.connection.rollback()
            raise CentralKilled

        with ExitStack() as stack:
            stack.enter_context(patch.object(BaseDatabaseWrapper, "_commit", commit))
            stack.enter_context(patch("central.clock.real_now_ms", lambda: self.timeline.now_ms))
            stack.enter_context(patch("central.clock.monotonic_s", lambda: self.timeline.now_ms / 1000))
            stack.enter_context(patch("os.urandom", self._dice.randbytes))
            stack.enter_context(patch("central.ingest.process.DATABASE_PAUSE_S", 0))
            stack.enter_context(patch("central.ingest.process.log.exception", self._note_error))
            yield

    def _note_error(self, *_: object) -> None:
        import sys

        self.errors.append(f"ingest could not take a message: {sys.exc_info()[1]!r}")

    # --- ingest

    def hear(self, topic: str, payload: bytes) -> None:
        """Take a message from the broker."""
        from central.ingest import process

        if self.is_up:
            with suppress(queue.Full):
                self.ingest._inbox.put_nowait(process.Arrived(0, topic, payload))
            self.do(lambda: self.ingest._guarded(self.ingest._take_one))
            self.plan_pump()

    def plan_pump(self) -> None:
        """Have the outbox looked at soon."""
        if not self.is_pump_planned:
            self.is_pump_planned = True
            self.timeline.after(PUMP_SOON_MS, self._pump)

    def _pump(self) -> None:
        self.is_pump_planned = False
        self.do(lambda: self.ingest._guarded(self.ingest._publish_commands))

    def keep_house(self) -> None:
        """What ingest does each second, here each hour or so."""
        self.do(lambda: self.ingest._guarded(self.ingest._keep_house))
        self.plan_pump()

    # --- backups

    def back_up(self, to: Path) -> None:
        """Copy both databases, no transaction under way."""
        to.mkdir(exist_ok=True)
        for name in FILES.values():
            shutil.copy(self.folder / name, to / name)

    def named(self, folder: Path | None = None) -> set[str]:
        """Give the names of all grants and commands of these databases, or of a copy."""
        rows = sqlite3.connect((folder or self.folder) / FILES["default"])
        try:
            grants = rows.execute("SELECT grant_id FROM link_grant UNION SELECT command_id FROM link_command")
            return {name for (name,) in grants}
        finally:
            rows.close()

    def billed(self) -> set[str]:
        """Give the accounts that a register is known of, whether central is up or not."""
        rows = sqlite3.connect(self.folder / FILES["default"])
        try:
            return {name for (name,) in rows.execute("SELECT account FROM link_billedregister")}
        finally:
            rows.close()

    def opened(self, folder: Path) -> set[str]:
        """Give the epochs that a copy knows as opened."""
        rows = sqlite3.connect(folder / FILES["default"])
        try:
            return {name for (name,) in rows.execute("SELECT epoch FROM link_gatewayepoch WHERE opened")}
        finally:
            rows.close()

    def put_back(self, backup: Path) -> None:
        """Put an older copy in their place; central is down."""
        self.lives += 1
        for name in FILES.values():
            shutil.copy(backup / name, self.folder / name)
