"""Counts what the web server answers and how long it took, and writes it now and then: no request ever waits for it.

Around Django, not in it: what is counted is what went out, errors of middleware too. Each worker process has one thread that
writes; counts are lost for a few seconds when it is killed, which a rate does not notice.
"""

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from django.db import Error as DatabaseError
from django.db import connections, transaction

from central import clock, replica
from central.config.lasting import AFTER_REQUESTS, keep_lasting
from central.domain.health_facts import TOOK_EDGES_MS

WRITE_EACH_S = 15.0

log = logging.getLogger(__name__)
Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Counted:
    """A WSGI application that counts another one's answers."""

    def __init__(self, inner: Wsgi) -> None:
        self._inner = inner
        self._counts: Counter[str] = Counter()
        self._answered = 0
        self._lock = threading.Lock()
        self._started_ms = clock.real_now_ms()
        self._writer: threading.Thread | None = None

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer as the inner application does."""
        if self._writer is None:
            self.begin_writing()
        begun_s, status = time.perf_counter(), "500"

        def started(line: str, *rest: Any) -> Any:
            nonlocal status
            status = line[:3]
            return start_response(line, *rest)

        try:
            return self._inner(environ, started)
        finally:
            self._note(status, round((time.perf_counter() - begun_s) * 1000))

    def _note(self, status: str, took_ms: int) -> None:
        edge = next((str(edge) for edge in TOOK_EDGES_MS if took_ms <= edge), "inf")
        with self._lock:
            self._counts.update({f"status-{status}": 1, f"took-{edge}": 1, "took-ms": took_ms})
            self._answered += 1
            answered = self._answered
        if answered in AFTER_REQUESTS:
            keep_lasting()

    def begin_writing(self) -> None:
        """Write from now on: from a worker's start, so that a night without a request is no standstill; a fork has no threads."""
        with self._lock:
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_for_ever, name="web-pulse", daemon=True)
                self._writer.start()

    def _write_for_ever(self) -> None:
        while True:
            self.write()
            time.sleep(WRITE_EACH_S)

    def write(self) -> None:
        """Write what was counted since the last time, and that we run. What can't be written is written with the next."""
        from central.link.pulse import beats

        with self._lock:
            counted, self._counts = self._counts, Counter()
        of_replica = replica.taken_counts()
        try:
            with transaction.atomic():
                beats.beat(beats.WEB, beats.WEB, self._started_ms)
                beats.count(beats.WEB, counted)
                beats.count(beats.REPLICA, of_replica)
        except DatabaseError as error:
            log.warning("what the web server counted can't be written now: %s", error)
            with self._lock:
                self._counts.update(counted)
            replica.put_back(of_replica)
        finally:
            connections.close_all()
