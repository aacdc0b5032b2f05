"""Whose turn it is to serve a share of the gateways: a lock of PostgreSQL's that ends with the connection that took it.

A second worker with the same number waits, and takes over within seconds of the first one's death. The lock spares work; it is not
what keeps the books right: rows have keys and gateways' rows are locked, so two that both believe to have it do no harm.
"""

import logging
from typing import Protocol

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import Error, InterfaceError, OperationalError

from central.domain.shares import Share

KEY = 0x1D6E57
"""Apart from whatever else locks in this database."""

log = logging.getLogger(__name__)


class Lease(Protocol):
    """What ingest asks before it begins, and each second."""

    def take(self) -> bool: ...
    def is_held(self) -> bool: ...
    def give_back(self) -> None: ...


class AlwaysHeld:
    """The only process of its kind asks nobody."""

    def take(self) -> bool:
        return True

    def is_held(self) -> bool:
        return True

    def give_back(self) -> None:
        pass


class ShareLease:
    """The lock of one share, on a connection of its own: that it lives says that the lock is ours."""

    def __init__(self, share: Share) -> None:
        self._share = share
        self._connection: BaseDatabaseWrapper | None = None

    def take(self) -> bool:
        """Try once; False while another process has it, or the database can't be reached."""
        self.give_back()
        connection = connections.create_connection("default")
        try:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT pg_try_advisory_lock(%s, %s)", [KEY, self._share.of << 8 | self._share.number]
                )
                taken = bool(cursor.fetchone()[0])
        except (OperationalError, InterfaceError) as error:
            log.error("the database can't be reached, trying again: %s", error)
            taken = False
        if taken:
            self._connection = connection
        else:
            connection.close()
        return taken

    def is_held(self) -> bool:
        """Say whether the connection that holds the lock still lives."""
        if self._connection is None:
            return False
        try:
            with self._connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except Error:
            return False
        return True

    def give_back(self) -> None:
        """End the connection and with it the lock."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()
