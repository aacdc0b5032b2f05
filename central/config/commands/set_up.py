"""`init`, `user add`, `public-key`: make the data folder, its keys, its tables and the first people."""

import secrets
import sys
from argparse import Namespace
from collections.abc import Sequence

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connections, transaction
from django.db.migrations.executor import MigrationExecutor
from django.db.utils import DatabaseError

from central import clock, replica
from central.campus.models import Building
from central.campus.operations import make_default_classes
from central.config import data_folder
from central.config.backup.leaping import keep_leaps
from central.ledger.fresh_tables import is_empty
from central.ledger.operations import record_audit
from central.link.models import Gateway
from central.link.signing import public_key_hex
from central.link.telemetry.apps import TELEMETRY
from central.link.telemetry.partitions import make_partitions
from central.office.models import User
from central.reports.books.folding import catch_up

LOST_KEY = (
    "the signing key is gone, and gateways believe no new one: put signing.key back from the backup, or go on with the next key "
    "from the safe: cardroom-central signing-key recover FILE"
)


def init(options: Namespace) -> int:
    """Make what is missing; what is there stays. Prints the first administrator's password once.

    After an upgrade the books by period are added up here: no reader's page waits for years of them.
    """
    if data_folder.has_lost_signing_key() and _has_gateways():
        print(LOST_KEY, file=sys.stderr)
        return 1
    if left := _left_in_files():
        print(left, file=sys.stderr)
        return 1
    data_folder.make_keys()
    # What this process seals from now on must be opened by the next one.
    settings.SECRET_KEY = data_folder.secret_key()
    migrate()
    make_partitions(clock.now_ms())
    make_default_classes()
    if folded := catch_up():
        print(f"books by period: {folded} rows added up")
    print(f"data folder: {data_folder.folder()}")
    print(f"public key for gateways: {public_key_hex()}")
    if User.objects.filter(role=User.Role.ADMIN).exists():
        print("an administrator exists; nothing to add")
        return 0
    password = _password(options) if options.password_stdin else secrets.token_urlsafe(9)
    if password is None:
        return 2
    _add_user(options.admin, User.Role.ADMIN, password)
    shown = (
        "" if options.password_stdin else f", password: {password} (shown once; change it after signing in)"
    )
    print(f"administrator: {options.admin}{shown}")
    return 0


def _left_in_files() -> str:
    """Say what to do where an empty PostgreSQL would begin beside files that hold the college's books; "" where all is well."""
    files = (
        ("default", "central.db", "DATABASE_URL"),
        (TELEMETRY, "telemetry.db", "TELEMETRY_DATABASE_URL"),
    )
    for alias, file, variable in files:
        path = data_folder.folder() / file
        if connections[alias].vendor == "postgresql" and path.exists() and is_empty(connections[alias]):
            return (
                f"{path} holds what was kept so far, and the PostgreSQL database is empty: nothing was begun there. "
                "Unset DATABASE_URL and copy all by `cardroom-central move-to URL`, or go on as before with "
                f"{variable}=sqlite:///{path}; where nothing of it is needed, move the file away"
            )
    return ""


def _has_gateways() -> bool:
    """Say whether buildings believe the key that is gone; a database that is not there yet has none."""
    try:
        return Gateway.objects.exists()
    except DatabaseError:
        return False


def migrate() -> None:
    """Bring both databases up to date; the triggers are verified after it.

    Where one setting names both, telemetry lies in a schema of its own of the same database: it is made here.
    """
    if schema := settings.DATABASES[TELEMETRY].get("SCHEMA"):
        with connections["default"].cursor() as cursor:
            cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    for alias in replica.primaries():
        call_command("migrate", database=alias, verbosity=0, interactive=False, skip_checks=True)
    keep_leaps()


def pending_migrations() -> list[str]:
    """Name the migrations that a database lacks."""
    pending: list[str] = []
    for alias in replica.primaries():
        executor = MigrationExecutor(connections[alias])
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
        pending += [f"{alias}: {migration}" for migration, _backwards in plan]
    return pending


def add_user(options: Namespace) -> int:
    """Add a person with a role; the password is read from standard input, so that no process list shows it."""
    if User.objects.filter(username=options.name).exists():
        print(f"user {options.name} exists already; choose another name", file=sys.stderr)
        return 2
    found = list(Building.objects.filter(code__in=options.building))
    if unknown := sorted(set(options.building) - {one.code for one in found}):
        print(
            f"there is no building {unknown[0]}; import the campus first, or name another one",
            file=sys.stderr,
        )
        return 2
    password = _password(options)
    if password is None:
        return 2
    _add_user(options.name, options.role, password, found)
    print(f"added {options.role} {options.name}")
    return 0


def public_key(options: Namespace) -> int:
    """Print what a gateway's configuration names as central's public key."""
    print(public_key_hex())
    return 0


def _password(options: Namespace) -> str | None:
    password = sys.stdin.readline().rstrip("\r\n")
    try:
        validate_password(password)
    except ValidationError as error:
        print(f"the password isn't taken: {' '.join(error.messages)}", file=sys.stderr)
        return None
    return password


@transaction.atomic
def _add_user(name: str, role: str, password: str, buildings: Sequence[Building] = ()) -> None:
    user = User.objects.create_user(name, password=password, role=role)
    user.buildings.set(buildings)
    about = " ".join((role, *(one.code for one in buildings)))
    record_audit(actor="console", action="add-user", subject=name, detail=about, now_ms=clock.now_ms())
