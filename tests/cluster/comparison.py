"""What the gateways' own journals hold against what central has: `python -m tests.cluster.comparison FOLDER` in its environment.

Prints JSON: rows sent, stored, lost, doubled, their readings and entries as well; grants issued, applied, applied twice; what is in
quarantine, and the alarms that stand. Run it when nothing is under way any more.
"""

import hashlib
import json
import sys
from collections import Counter
from pathlib import Path

import django

from gateway.adapters.journal_store import SqliteJournal
from gateway.application.outbox import marks
from gateway.contract.facts import Entry, EntryKind, Readings, decode_fact

Key = tuple[str, str, int]


def sent_by(folder: Path, gateway: str) -> dict[Key, bytes]:
    """Give every row of a gateway's outbox."""
    journal = SqliteJournal(folder / gateway / "journal.db")
    try:
        return journal.perform(
            lambda opened: {
                (gateway, str(mark.epoch), row.seq): bytes(row.fact)
                for mark in marks(opened)
                for row in opened.outbox(mark.epoch, 0, 10**10)
            }
        )
    finally:
        journal.close()


def main(root: Path) -> dict[str, object]:
    """Compare them all."""
    django.setup()
    from central.link.models import Alarm, Delivery, GatewayEntry, Grant, QuarantinedRow
    from central.link.telemetry.models import Reading, ReceivedRow

    sent: dict[Key, bytes] = {}
    for gateway in json.loads((root / "plan.json").read_text()):
        sent |= sent_by(root, gateway)
    facts = [decode_fact(raw) for raw in sent.values()]
    stored = {
        (row.gateway, row.epoch, row.seq): bytes(row.digest) for row in ReceivedRow.objects.all().iterator()
    }
    differ = [key for key, raw in sent.items() if stored.get(key) != hashlib.sha256(raw).digest()]
    readings = Counter(
        (r.meter, r.wall_ms, r.register_wh) for fact in facts if isinstance(fact, Readings) for r in fact.rows
    )
    had = Counter(Reading.objects.values_list("meter", "wall_ms", "register_wh"))
    entries = {fact.entry for fact in facts if isinstance(fact, Entry)}
    booked = Counter(GatewayEntry.objects.values_list("entry", flat=True))
    applied = Counter(
        fact.source for fact in facts if isinstance(fact, Entry) and fact.entry_kind is EntryKind.GRANT
    )
    issued = set(Grant.objects.values_list("grant_id", flat=True))
    return {
        "sent": len(sent),
        "stored": len(stored),
        "lost": len(differ) + (readings - had).total() + len(entries - booked.keys()),
        "doubled": len(stored.keys() - sent.keys())
        + (had - readings).total()
        + (booked - Counter(entries)).total(),
        "readings": readings.total(),
        "entries": len(entries),
        "issued": len(issued),
        "applied": len(applied.keys() & issued),
        "proved": Delivery.objects.exclude(applied_ms=None).count(),
        "applied_twice": sum(count - 1 for count in applied.values()) + len(applied.keys() - issued),
        "quarantined": QuarantinedRow.objects.count(),
        "alarms": sorted(set(Alarm.objects.filter(cleared_ms=None).values_list("what", flat=True))),
    }


def paid() -> list[str]:
    """Give the ids of all payments in the books."""
    from central.desk.models import Payment

    return list(Payment.objects.values_list("payment_id", flat=True))


if __name__ == "__main__":
    print(json.dumps({**main(Path(sys.argv[1])), "paid": paid()}))
