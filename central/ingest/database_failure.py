"""Whether the database has failed, which is waited for, or has refused what a row says, which quarantines the row (C-11)."""

from django.db.utils import InterfaceError, InternalError, OperationalError, ProgrammingError

NOT_THE_ROWS_FAULT = ("25006", "42")
"""Beginnings of PostgreSQL's states: it takes no writes (it is a replica still), or its tables are not those that we know."""


def has_failed(error: Exception) -> bool:
    """Say whether it is the database that can't, whoever's row it is: nothing is judged, acknowledged or dropped by it."""
    if isinstance(error, OperationalError | InterfaceError):
        return True
    state = getattr(error.__cause__, "sqlstate", None) or ""
    return isinstance(error, InternalError | ProgrammingError) and state.startswith(NOT_THE_ROWS_FAULT)
