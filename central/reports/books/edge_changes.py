"""When a dated setting moves the edges of accounting periods: what lies between the old and the new edges is counted again.

Locked periods keep the edges that they were locked with.
"""

from collections.abc import Iterator

from django.db.models import Q

from central.domain.book_periods import Edges
from central.ledger.models import Transfer
from central.reports.books.edges import accounting_begins
from central.reports.books.gathering import CHUNK, COLUMNS, ENTRY_COLUMNS, Gathered, Whose, energy_entries
from central.reports.books.models import EnergyPosition, FoldState


def counted_anew(state: FoldState) -> Gathered:
    """Give what changes by the settings as they are now."""
    old = state.begins
    new = {number: accounting_begins(number) for number in old}
    whose = Whose()
    gathered = Gathered(whose, Edges(accounting_begins, old), state.position, tells_late=False)
    between = [
        sorted((old[n], new[n])) for n in old if old[n] != new[n] and min(old[n], new[n]) <= state.newest_ms
    ]
    chunks = list(_chunks(state, between)) if between else []
    for rows, entries in chunks:
        gathered.add(rows, entries, -1)
    gathered.edges = Edges(accounting_begins, new)
    for rows, entries in chunks:
        gathered.add(rows, entries)
    return gathered


def _chunks(state: FoldState, between: list[list[int]]) -> Iterator[tuple[list[tuple], list[tuple]]]:
    """Give the folded rows that lie between instants, use up to the last one with them."""
    lies = Q()
    for first_ms, until_ms in between:
        lies |= Q(at_ms__gte=first_ms, at_ms__lte=until_ms)
    rows = Transfer.objects.filter(lies, position__lte=state.position).values_list(*COLUMNS)
    done = {(one.gateway, one.epoch): one.seq for one in EnergyPosition.objects.all()}
    entries = energy_entries().filter(lies).values_list(*ENTRY_COLUMNS)
    folded = [entry for entry in entries.iterator() if entry[2] <= done.get((entry[0], entry[1]), 0)]
    taken = list(rows.iterator())
    for start in range(0, max(len(taken), len(folded)), CHUNK):
        yield taken[start : start + CHUNK], folded[start : start + CHUNK]
