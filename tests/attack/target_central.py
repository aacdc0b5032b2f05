"""Central's ingest to attack: the taker of messages that the ingest process runs, over central's own databases (SQLite).

What a message changed is judged by the content of every table of both databases; whether anything was written at all, by SQLite's
own count of changes.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

from django.db import connections

from tests.central.gateway_twin import GatewayTwin

NOW_MS = 1_795_000_000_000
DATABASES = ("default", "telemetry")
QUIET = ("link_linkcounter", "sqlite_sequence")
"""Tables whose change is no deed: the counters are what must change."""

WRITES = re.compile(r'(?:INSERT(?: OR \w+)? INTO|UPDATE|DELETE FROM|REPLACE INTO)\s+"?(\w+)', re.IGNORECASE)


@dataclass
class TargetCentral:
    """A central with two buildings whose gateways are enrolled and born."""

    now_ms: int = NOW_MS
    boots: int = 0
    twins: dict[str, GatewayTwin] = field(default_factory=dict)
    _known: dict[str, list[str]] = field(default_factory=dict)

    def begin(self) -> None:
        """Set the campus up; the database is empty but for what `init` made."""
        from central.ingest.take_message import MessageTaker
        from central.link.operations import enrol_gateway
        from central.office.models import User
        from tests.central.conftest import LIST, import_list
        from tests.open_shifts import on_shift

        import_list(LIST)
        self.cashier = User.objects.create_user("attacked", password="x", first_name="Anna")
        on_shift(self.cashier, NOW_MS)
        self.taker = MessageTaker(on_bench=False)
        self.listen()
        for name, building in (("gw-1", "1"), ("gw-2", "2")):
            twin = GatewayTwin(name=name, now_ms=NOW_MS)
            enrol_gateway(name, building, twin.public_key, actor="attack", now_ms=NOW_MS - 1000)
            self.twins[name] = twin
            self.take(twin.topic("birth"), twin.birth())

    def tick(self) -> None:
        """Time goes on, at central and at its gateways."""
        self.now_ms += 1_000
        for twin in self.twins.values():
            twin.now_ms = self.now_ms

    def take(self, topic: str, payload: bytes) -> Counter[str]:
        """Take a message as the ingest process does; give under which names it was counted."""
        before = Counter(self.taker._counts)
        self.answer = self.taker.take(topic, payload, self.now_ms)
        counted = Counter(self.taker._counts)
        counted.subtract(before)
        names: Counter[str] = Counter()
        for (_gateway, name), count in counted.items():
            if count:
                names[name.removeprefix("refused-")] += count
        return names

    def listen(self) -> None:
        """Note which tables statements write to, so that not every table must be read after every message."""
        self._written: set[str] = set()
        self._listening = ExitStack()
        for name in DATABASES:
            self._listening.enter_context(connections[name].execute_wrapper(self._note))

    def deafen(self) -> None:
        self._listening.close()

    def _note(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        if found := WRITES.match(sql):
            self._written.add(found[1])
        return execute(sql, params, many, context)

    def writes(self) -> int:
        """Count the rows that were written in both databases."""
        return sum(connections[name].connection.total_changes for name in DATABASES)

    def content(self, *, all_of_it: bool = False) -> dict[str, str]:
        """Digest the tables that were written to since the last time, or every table."""
        found = {}
        for name in DATABASES:
            with connections[name].cursor() as cursor:
                for table in self._tables(name):
                    if all_of_it or table in self._written:
                        cursor.execute(f'SELECT * FROM "{table}"')
                        found[table] = hashlib.sha256(repr(cursor.fetchall()).encode()).hexdigest()
        self._written = set()
        return found

    def _tables(self, name: str) -> list[str]:
        if name not in self._known:
            with connections[name].cursor() as cursor:
                tables = connections[name].introspection.table_names(cursor)
            self._known[name] = [table for table in tables if table not in QUIET]
        return self._known[name]
