"""Fold what is new in the ledger into the rows of accounts by period. Several processes may: no row is folded twice.

Reading and adding up hold no lock. The write is short: it locks the fold's one row, and is thrown away when another process has
written since. The chain's head is never asked for while that row is held.
"""

from collections.abc import Sequence

from django.db import connection, transaction

from central.domain.book_periods import Edges
from central.domain.book_rows import OPEN_END, Change, Row, add_change
from central.reports.books.edge_changes import counted_anew
from central.reports.books.edges import accounting_begins, settings_mark
from central.reports.books.gathering import CHUNK, Gathered, Key, Whose, gather
from central.reports.books.models import BookRow, EnergyPosition, FoldState, LateBooking

Held = dict[tuple[str, str, str], list[Row]]
"""Rows in memory: by kind of period, account and unit."""
NAMES = (
    "ordinal",
    "until",
    "opening",
    "takings",
    "subsidies",
    "refunds",
    "consumption",
    "other",
    "closing",
    "energy_wh",
    "outside",
)
KEY_NAMES = ("kind", "ordinal", "account", "unit")
WRITTEN = ("kind", "account", "unit", "building", *NAMES)
_UPSERT = (
    f"INSERT INTO {BookRow._meta.db_table} ({', '.join(WRITTEN)}) VALUES ({', '.join(['%s'] * len(WRITTEN))}) "  # noqa: S608  the model's names
    f"ON CONFLICT ({', '.join(KEY_NAMES)}) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in NAMES[1:])
)


def catch_up(now_ms: int) -> int:
    """Fold what is new; give how many rows that were. Cheap when nothing is."""
    whose, folded = Whose(), 0
    while (rows := fold_some(whose)) != 0:
        folded += rows or 0
    return folded


def fold_some(whose: Whose, most: int = CHUNK) -> int | None:
    """Fold up to so many rows in one transaction, and give how many; None when another process or a setting came between."""
    state = current_state()
    if state.settings != settings_mark():
        write(state, *counted_anew(state))
        return None
    edges = Edges(accounting_begins, {int(number): at_ms for number, at_ms in state.edges.items()})
    gathered = gather(state, whose, edges, most)
    if gathered.rows and not write(state, gathered):
        return None
    return gathered.rows


def current_state() -> FoldState:
    """Give how far the fold has come."""
    return FoldState.objects.filter(pk=1).first() or FoldState.objects.get_or_create(pk=1)[0]


def write(state: FoldState, gathered: Gathered, settings: str | None = None) -> bool:
    """Write the rows that changes lead to, unless the fold has gone on since `state` was read: then nothing."""
    held = held_rows(gathered.changes)
    for (kind, account, unit, ordinal), change in sorted(gathered.changes.items(), key=lambda one: one[0][3]):
        add_change(held.setdefault((kind, account, unit), []), ordinal, change)
    buildings = gathered.whose.buildings
    changed = [
        (*key, buildings.get(key[1], ""), *(getattr(row, name) for name in NAMES))
        for key, rows in held.items()
        for row in rows
        if row.is_changed
    ]
    with transaction.atomic():
        now = FoldState.objects.select_for_update(no_key=True).get(pk=state.pk)
        if now.turns != state.turns:
            return False
        with connection.cursor() as cursor:
            cursor.executemany(_UPSERT, changed)
        LateBooking.objects.bulk_create(gathered.lates)
        EnergyPosition.objects.bulk_create(
            [
                EnergyPosition(gateway=gateway, epoch=epoch, seq=seq)
                for (gateway, epoch), seq in gathered.seqs.items()
            ],
            update_conflicts=True,
            unique_fields=["gateway", "epoch"],
            update_fields=["seq"],
        )
        now.turns += 1
        now.position = gathered.position
        now.settings = state.settings if settings is None else settings
        now.newest_ms = max(now.newest_ms, gathered.newest_ms)
        now.edges = {str(number): at_ms for number, at_ms in sorted(gathered.edges.known.items())}
        now.save()
    return True


def held_rows(keys: Sequence[Key] | dict[Key, Change]) -> Held:
    """Read the rows that changes of these keys touch: the newest ones, and of what comes late all from its period on."""
    accounts = sorted({key[1] for key in keys})
    held: Held = {}
    for name, row in _rows_of(accounts, OPEN_END - 1):
        held[name] = [row]
    late: dict[str, int] = {}
    for kind, account, unit, ordinal in keys:
        newest = held.get((kind, account, unit))
        if newest and ordinal < newest[0].ordinal:
            late[account] = min(ordinal, late.get(account, ordinal))
    if late:
        again: Held = {}
        for name, row in _rows_of(sorted(late), min(late.values())):
            again.setdefault(name, []).append(row)
        held |= again
    return held


def _rows_of(accounts: Sequence[str], until: int) -> list[tuple[tuple[str, str, str], Row]]:
    """Give the rows of accounts that last beyond a period, in order."""
    found = BookRow.objects.filter(account__in=accounts, until__gt=until).order_by("ordinal")
    if until == OPEN_END - 1:
        found = BookRow.objects.filter(account__in=accounts, until=OPEN_END)
    rows = found.values_list("kind", "account", "unit", *NAMES)
    return [((kind, account, unit), Row(*rest)) for kind, account, unit, *rest in rows.iterator()]
