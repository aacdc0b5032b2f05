"""Old entries that a gateway folded away: taken from central, and proved by the gateway's chain to be the very ones.

A fold is a running SHA-256 over the digests of the entries' bytes, in order. Central keeps the digest of every row it received.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import replace

from firmware_tools.auditor.evidence import Books, Evidence, Journal, StoredEntry
from firmware_tools.auditor.findings import Figure, Finding


def unfolded(journal: Journal, books: Books) -> Journal:
    """Put central's copies in the place of the entries that are folded away, so that every other check sees all of them."""
    own = {entry.entry for entry in journal.entries}
    missing = [stored.entry for stored in _folded(journal, books).values() if stored.entry.entry not in own]
    return replace(journal, entries=(*missing, *journal.entries))


def check_folds(evidence: Evidence) -> Iterator[Finding]:
    """Every fold's digest must follow from the rows that central received."""
    for journal in evidence.journals:
        yield from _check_chain(journal, evidence.books)


def _check_chain(journal: Journal, books: Books) -> Iterator[Finding]:
    stored, digest, number = _folded(journal, books), b"", 0
    for fold in journal.folds:
        while number < fold.up_to:
            number += 1
            entry = stored.get(number)
            row = None if entry is None else books.digests.get((journal.gateway, entry.epoch, entry.seq))
            if row is None:
                name = f"{journal.gateway} entry {number}"
                yield Finding(
                    Figure.ROWS_LOST, name, "folded away at the gateway, and central doesn't have it"
                )
                return
            digest = hashlib.sha256(digest + row).digest()
        if digest != fold.digest:
            name = f"{journal.gateway} entries up to {fold.up_to}"
            yield Finding(Figure.ROWS_ALTERED, name, "what was folded away is not what central stored")
            return


def _folded(journal: Journal, books: Books) -> dict[int, StoredEntry]:
    """Central's copies of the entries that are folded away, by number and in its order."""
    last = max((fold.up_to for fold in journal.folds), default=0)
    numbered = (
        (int(stored.entry.entry.rpartition(".")[2]), stored)
        for stored in books.entries
        if stored.entry.gateway == journal.gateway and stored.entry.entry.rpartition(".")[2].isdigit()
    )
    return dict(sorted(((n, stored) for n, stored in numbered if n <= last), key=lambda pair: pair[0]))
