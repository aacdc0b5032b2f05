"""`make bench-audit`: the audit log and the verification on a chain of a million rows: what a page takes, and the longest step.

Half of the rows are acts of persons, half movements of money, over three years, in a database of the bench's own. A page's figure
is the worst of three times it is asked; its peer is the same page on a chain of a hundredth of the rows.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable

from tests.bench.figures import Figures

ROWS, FEW = 1_000_000, 10_000
DAY_MS = 86_400_000
FIRST_MS = 1_700_000_000_000
SPAN_MS = 3 * 365 * DAY_MS
PAGE_S, SCAN_S, STEP_S, WHOLE_S = 0.05, 0.6, 1.0, 60
ROOMS = 400


def fill(rows: int) -> None:
    """Write a chain of so many rows, and what refers to it, quickly: the hashes are right, the cheques are not missed."""
    from django.db import transaction

    from central.domain import chain
    from central.ledger.models import AuditEntry, ChainHead, LedgerAccount, Transfer
    from central.ledger.operations import audit_content, transfer_content
    from central.reports.audit.acts import ACTS

    chance, acts = random.Random(7), list(ACTS)
    with transaction.atomic():
        sides = ["cash:main:yuan", *(f"customer:1-{n}.1:paid:yuan" for n in range(ROOMS))]
        for code in sides:
            LedgerAccount.objects.create(
                code=code, unit="yuan", kind="asset" if code[1] == "a" else "liability"
            )
        previous, sums = chain.GENESIS, {code: [0, 0] for code in sides}
        batch: list[AuditEntry | Transfer] = []
        for position in range(1, rows + 1):
            at_ms = FIRST_MS + SPAN_MS * position // rows
            if position % 2:
                row: AuditEntry | Transfer = AuditEntry(
                    at_ms=at_ms, actor=f"user{chance.randrange(40)}" if position % 97 else "rare",
                    action=chance.choice(acts), subject=f"1-{chance.randrange(ROOMS)}.1",
                    detail=f"reason {chance.randrange(10**6)}",
                )  # fmt: skip
                content = audit_content(row)
            else:
                debit, credit = chance.choice(sides), chance.choice(sides[1:])
                debit = sides[0] if debit == credit else debit
                row = Transfer(
                    id=f"t{position}", debit_id=debit, credit_id=credit, amount=chance.randrange(1, 10**8), unit="yuan",
                    kind="consumption" if position % 50 else "payment", at_ms=at_ms, booked_ms=at_ms,
                    reference=f"r{position}", note="",
                )  # fmt: skip
                sums[debit][0] += row.amount
                sums[credit][1] += row.amount
                content = transfer_content(row)
            previous = chain.next_hash(previous, row._meta.db_table, position, content)
            row.position, row.chain_hash = position, previous
            batch.append(row)
            if len(batch) == 20_000 or position == rows:
                AuditEntry.objects.bulk_create([one for one in batch if isinstance(one, AuditEntry)])
                Transfer.objects.bulk_create([one for one in batch if isinstance(one, Transfer)])
                batch = []
        for code, (debits, credited) in sums.items():
            LedgerAccount.objects.filter(code=code).update(debits=debits, credits=credited)
        ChainHead.objects.update_or_create(pk=1, defaults={"position": rows, "chain_hash": previous})


def pages(rows: int) -> dict[str, tuple[float, Callable[[], object]]]:
    """Name what is asked of the log, each with its goal in seconds."""
    from datetime import date

    from central.ledger.day_ends import find_hash, last_before, point_at
    from central.reports.audit.choice import Choice
    from central.reports.audit.rows import audit_rows
    from central.reports.audit.search import find

    def page(before: int | None = None, **fields: object) -> Callable[[], object]:
        return lambda: audit_rows(find(Choice(**fields), before).rows)

    middle = rows // 2
    digits = point_at(middle + 1).chain_hash.hex()[:32]  # type: ignore[union-attr]
    return {
        "the newest acts": (PAGE_S, page()),
        "acts and money, from the middle": (PAGE_S, page(before=middle, show="all")),
        "one person's": (PAGE_S, page(person="user7")),
        "a person's of few acts, one act": (PAGE_S, page(person="rare", show="act:publish-price")),
        "one act": (PAGE_S, page(show="act:resolve-alarm")),
        "payments only": (PAGE_S, page(show="move:payment")),
        "about one account": (PAGE_S, page(about="1-7.1", show="all")),
        "about nothing there is": (PAGE_S, page(about="nothing", show="all")),
        "one day, two years ago": (
            PAGE_S,
            page(first=date(2024, 11, 20), last=date(2024, 11, 20), show="all"),
        ),
        "a whole year": (SCAN_S, page(first=date(2024, 1, 1), last=date(2024, 12, 31), show="all")),
        "words that many have": (SCAN_S, page(text="reason", show="all")),
        "words that none has (a stretch)": (SCAN_S, page(text="nowhere", show="all")),
        "who took payments, none did (a stretch)": (SCAN_S, page(person="user7", show="money")),
        "the last row of a day": (PAGE_S, lambda: last_before(FIRST_MS + SPAN_MS // 3)),
        "a printed hash, with its row": (PAGE_S, lambda: point_at(middle)),
        "a printed hash alone": (SCAN_S, lambda: find_hash(digits)),
    }


def timed(work: Callable[[], object], times: int = 3) -> float:
    """Give the longest of several times."""
    worst = 0.0
    for _ in range(times):
        began = time.perf_counter()
        work()
        worst = max(worst, time.perf_counter() - began)
    return worst


def verified() -> tuple[float, float, str]:
    """Verify everything by steps; give the whole time, the longest step's, and how it ended."""
    from central.ledger.checking import begin, step

    check, longest, began = begin(actor="bench", now_ms=1), 0.0, time.perf_counter()
    while check.state == "running":
        at = time.perf_counter()
        check = step(check.pk, now_ms=1)
        longest = max(longest, time.perf_counter() - at)
    return time.perf_counter() - began, longest, str(check.state)


def measured(rows: int) -> dict[str, float]:
    """Make a chain in a folder of its own and measure everything on it."""
    import subprocess

    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.bench_audit", str(rows)],
        capture_output=True,
        text=True,
        check=True,
    )
    return {name: float(value) for name, value in (line.split("\t") for line in done.stdout.splitlines())}


def measure(rows: int) -> None:
    """Print each figure of a chain of so many rows."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"CARDROOM_DATA": folder, "DJANGO_SETTINGS_MODULE": "central.config.settings"}
        import django

        django.setup()
        from django.core.management import call_command

        call_command("migrate", verbosity=0, interactive=False)
        fill(rows)
        import central.config.urls  # noqa: F401  the first page would wait for it

        for name, (_goal, work) in pages(rows).items():
            print(f"{name}\t{timed(work)}")
        whole, longest, state = verified()
        assert state == "whole"
        print(f"whole\t{whole}\nlongest\t{longest}")


def main() -> int:
    """Print each figure with its goal and its peer; 0 only when all goals are met."""
    figures = Figures("bench-audit")
    few, many = measured(FEW), measured(ROWS)
    goals = dict.fromkeys(many, PAGE_S) | {
        name: SCAN_S for name in many if "stretch" in name or name in ("a whole year", "a printed hash alone")
    }
    for name, seconds in many.items():
        if name not in ("whole", "longest"):
            figures.at_most(name, seconds, goals[name], " s", f"{FEW:,} rows: {few[name]:.3f} s")
    figures.at_most(
        f"verifying {ROWS:,} rows", many["whole"], WHOLE_S, " s", f"{FEW:,} rows: {few['whole']:.2f} s"
    )
    figures.at_most(
        "its longest step", many["longest"], STEP_S, " s", f"{FEW:,} rows: {few['longest']:.2f} s"
    )
    return figures.close()


if __name__ == "__main__":
    if len(sys.argv) == 2:
        measure(int(sys.argv[1]))
    else:
        sys.exit(main())
