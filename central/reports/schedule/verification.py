"""Prove that papers made by themselves are as they were kept, and that the audit chain knows each."""

from central.ledger.models import AuditEntry
from central.ledger.verification import Check
from central.papers.operations import seal_of
from central.reports.schedule.making import subject_of
from central.reports.schedule.models import MadePaper

NAME = "reports made by themselves"


def verify_made_papers() -> Check:
    """Check every made paper; names the first that doesn't hold."""
    known = set(AuditEntry.objects.filter(action="make-paper").values_list("subject", "detail"))
    count, fault = 0, ""
    for paper in MadePaper.objects.order_by("pk").iterator():
        count += 1
        fault = fault or _fault(paper, known)
    return Check(NAME, f"{count} papers", fault)


def _fault(paper: MadePaper, known: set[tuple[str, str]]) -> str:
    if seal_of(paper.contents) != paper.digest:
        return f"paper {paper.pk}, {subject_of(paper)}: its content is not the one that was made"
    if (subject_of(paper), paper.digest) not in known:
        return f"paper {paper.pk}, {subject_of(paper)}: the audit chain doesn't know it"
    return ""
