"""Fold what is new in the ledger into the rows of accounts by period. Several processes may: no row is folded twice.

Reading and adding up hold no lock. The write is short: it locks the fold's one row, and is thrown away when another process has
written since. The chain's head is never asked for while that row is held.
"""

from dataclasses import dataclass, field

from django.db import transaction

from central import replica
from central.domain.book_periods import Edges
from central.prepared import Prepared
from central.reports.books.edge_changes import counted_anew
from central.reports.books.edges import accounting_begins, settings_mark
from central.reports.books.gathering import CHUNK, Gathered, Whose, gather
from central.reports.books.held import Held
from central.reports.books.models import EnergyPosition, FoldState, LateBooking

_STATE = Prepared(lambda key: FoldState.objects.filter(pk=key), int)


def catch_up() -> int:
    """Fold what is new; give how many rows that were. Cheap when nothing is. On a replica there is only what was folded before."""
    if replica.is_done_before(catch_up):
        return 0
    fold, folded = Fold(), 0
    while (rows := fold.some()) != 0:
        folded += rows or 0
    return folded


def current_state() -> FoldState:
    """Give how far the fold has come."""
    return _STATE.first(1) or FoldState.objects.get_or_create(pk=1)[0]


@dataclass(slots=True)
class Fold:
    """A process's folding, with what it has read so far."""

    whose: Whose = field(default_factory=Whose)
    held: Held = field(default_factory=Held)
    turns: int = -1
    """Of the state that `held` was read with."""

    def some(self, most: int = CHUNK) -> int | None:
        """Fold up to so many rows in one transaction, and give how many; None when another process or a setting came between."""
        state = current_state()
        mark = settings_mark()
        if state.settings != mark:
            self.write(state, counted_anew(state), mark)
            return None
        edges = Edges(accounting_begins, state.begins)
        gathered = gather(state, self.whose, edges, most)
        if gathered.rows and not self.write(state, gathered, mark):
            return None
        return gathered.rows

    def write(self, state: FoldState, gathered: Gathered, mark: str) -> bool:
        """Write what changes lead to, unless the fold has gone on since `state` was read: then nothing."""
        if state.turns != self.turns:
            self.held, self.turns = Held(), state.turns
        self.held.add(gathered.changes)
        with transaction.atomic():
            now = FoldState.objects.select_for_update(no_key=True).get(pk=state.pk)
            if now.turns != state.turns:
                self.turns = -1
                return False
            self.held.write(gathered.whose.buildings)
            LateBooking.objects.bulk_create(gathered.lates)
            _note_energy(gathered.seqs)
            now.turns += 1
            now.position, now.settings = gathered.position, mark
            now.newest_ms = max(now.newest_ms, gathered.newest_ms)
            now.edges = {str(number): at_ms for number, at_ms in sorted(gathered.edges.known.items())}
            now.save()
        self.held.keep_newest()
        self.turns = now.turns
        return True


def _note_energy(seqs: dict[tuple[str, str], int]) -> None:
    EnergyPosition.objects.bulk_create(
        [EnergyPosition(gateway=gateway, epoch=epoch, seq=seq) for (gateway, epoch), seq in seqs.items()],
        update_conflicts=True,
        unique_fields=["gateway", "epoch"],
        update_fields=["seq"],
    )
