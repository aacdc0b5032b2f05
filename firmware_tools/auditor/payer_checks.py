"""Who paid for whose energy: each consumption entry is of the account that the configuration in force then named (C-3, C-4).

An entry is judged by the configuration taken last before its row, or by the next one: what is settled while one is taken stands
before the row that says so.
"""

import json
from collections.abc import Iterator, Mapping

from firmware_tools.auditor.evidence import Entry, Evidence, Journal
from firmware_tools.auditor.findings import Figure, Finding

Payers = Mapping[str, str]
"""Per account, the account whose money pays for its energy."""


def check_payers(evidence: Evidence) -> Iterator[Finding]:
    """Judge every consumption entry whose row is still kept."""
    for journal in evidence.journals:
        yield from _check_journal(journal)


def _check_journal(journal: Journal) -> Iterator[Finding]:
    entries = {entry.entry: entry for entry in journal.entries if entry.kind == "consumption"}
    in_force: Payers = {}
    waiting: list[Entry] = []
    for row in journal.outbox:
        fact = _object(row.fact)
        if fact.get("kind") == "entry" and fact.get("entry") in entries:
            waiting.append(entries[str(fact["entry"])])
        elif fact.get("kind") == "command-result" and fact.get("outcome") == "applied":
            learnt = _payers(journal.inbox.get(_whole(fact.get("number")), b""))
            if learnt:
                yield from _judge(waiting, in_force, learnt)
                in_force, waiting = learnt, []
    yield from _judge(waiting, in_force, in_force)


def _judge(entries: list[Entry], before: Payers, after: Payers) -> Iterator[Finding]:
    """Before the first configuration that is kept, nothing is known."""
    for entry in entries:
        user = entry.used_by or entry.account
        due = {payers[user] for payers in (before, after) if user in payers}
        if before and due and entry.account not in due:
            detail = f"energy of {user} paid by {entry.account}; it pays from {' or '.join(sorted(due))}"
            yield Finding(Figure.PAYERS_WRONG, entry.entry, detail)


def _payers(body: bytes) -> Payers:
    """Read who pays from a configuration's body; empty for any other command."""
    command = _object(body)
    accounts = command.get("accounts") if command.get("kind") == "configure" else None
    if not isinstance(accounts, list):
        return {}
    return {rule["account"]: rule.get("pays_from") or rule["account"] for rule in accounts}


def _object(text: bytes) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0
