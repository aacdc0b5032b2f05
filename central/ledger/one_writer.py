"""On SQLite one writer at a time: those of one process queue for their turn here, and are woken at once.

Left to the file's own lock, whoever waits sleeps and looks again, up to a tenth of a second later: desks that sell at the same time
would stand idle between two payments. Other processes are kept apart by the file's lock as before. PostgreSQL needs none of it.
"""

import threading
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from django.db import connection

from central.ledger.models import ChainHead

P = ParamSpec("P")
R = TypeVar("R")
_turn = threading.Lock()


def one_writer(operation: Callable[P, R]) -> Callable[P, R]:
    """Let an operation's transaction begin when it is its turn; put it above `transaction.atomic`.

    Inside somebody's transaction it waits for nobody: the file is his already.
    """

    @wraps(operation)
    def in_turn(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.vendor != "sqlite" or connection.in_atomic_block:
            return operation(*args, **kwargs)
        with _turn:
            return operation(*args, **kwargs)

    return in_turn


def lock_head() -> None:
    """Lock the ledger's head before anything else: who goes on record takes locks in this order, and none waits in a circle."""
    ChainHead.objects.select_for_update().filter(pk=1).first()
