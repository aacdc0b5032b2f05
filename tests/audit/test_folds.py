"""A gateway that folded old entries away is audited as a whole: what went comes from central, and its chain proves it."""

import hashlib
from dataclasses import replace
from pathlib import Path

import honest_books
import pytest
from honest_books import ENTRIES, honest_evidence

from firmware_tools.auditor.command import audit
from firmware_tools.auditor.evidence import Evidence, Fold
from firmware_tools.auditor.findings import Figure
from firmware_tools.auditor.folds import unfolded
from firmware_tools.auditor.gateway_reader import read_journal
from gateway.adapters.journal_store import folding
from gateway.application.fold_books import fold_books
from gateway.application.outbox import acknowledge, drop_old_rows, marks
from gateway.application.settle_due import settle_due
from gateway.contract.commands import Ack
from gateway.contract.rules import PolicyRule
from tests.application.site import YUAN, Site, use

FOLDED = 3


def folded_evidence(**changes: object) -> Evidence:
    """The first three entries and their rows are gone at the gateway; the chain is counted here by hand."""
    evidence = honest_evidence()
    digest = b""
    for row in honest_books.outbox()[:FOLDED]:
        digest = hashlib.sha256(digest + hashlib.sha256(row.fact).digest()).digest()
    journal = replace(
        evidence.journals[0],
        entries=ENTRIES[FOLDED:],
        outbox=evidence.journals[0].outbox[FOLDED:],
        inbox={1: b"", 2: b"grant g2"},
        inbox_digests={1: hashlib.sha256(b"grant g1").digest()},
        folds=(Fold(FOLDED, digest),),
    )
    return replace(evidence, journals=(unfolded(replace(journal, **changes), evidence.books),))


def figures(evidence: Evidence) -> set[Figure]:
    return {finding.figure for finding in audit(evidence, quiet=True)}


def test_what_was_folded_is_taken_from_central_and_everything_adds_up() -> None:
    evidence = folded_evidence()
    assert evidence.journals[0].entries == ENTRIES
    assert audit(evidence, quiet=True) == []


@pytest.mark.parametrize(
    ("changes", "figure"),
    [
        ({"folds": (Fold(FOLDED, b"other"),)}, Figure.ROWS_ALTERED),
        ({"folds": (Fold(99, b"other"),)}, Figure.ROWS_LOST),
        ({"inbox_digests": {1: b"other"}}, Figure.COMMANDS_BROKEN),
    ],
)
def test_what_does_not_follow_from_centrals_rows_is_named(changes: dict[str, object], figure: Figure) -> None:
    assert figure in figures(folded_evidence(**changes))


def test_a_real_journals_folds_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folding, "FOLDED_AT_LEAST", 1)
    policy = PolicyRule(new_account_grace_s=0, keep_acked_days=1, keep_ledger_days=1)
    site = Site(tmp_path / "journal.db")
    site.configure(policy=policy)
    site.grant("g1", 500 * YUAN)
    site.read(50_000)
    for hour in range(40):
        use(site, 50_000 + 1_000 * hour, minutes=120)
        site.do(settle_due)
    site.facts()
    before = read_journal(tmp_path / "journal.db")
    assert before.folds == ()
    for mark in site.ask(marks):
        last = site.ask(lambda journal, mark=mark: journal.last_seq(mark.epoch))
        site.do(acknowledge, Ack(mark.epoch, last, site.wall_ms))
    site.do(lambda journal, now: drop_old_rows(journal, policy, now))
    assert site.do(lambda journal, now: fold_books(journal, policy, now)) > 0
    site.journal.commit()
    after = read_journal(tmp_path / "journal.db")
    assert after.folds[0].up_to == len(before.entries) - len(after.entries)
    assert after.entries == before.entries[after.folds[0].up_to :]
    assert after.balances == before.balances
