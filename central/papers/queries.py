"""What proves a sealed paper: the stored content against its seal, and the seal against the audit chain."""

from dataclasses import dataclass

from central.ledger.models import AuditEntry
from central.papers.models import SealedPaper
from central.papers.operations import seal_of

SHOWN_OF_SEAL = 16
"""Digits of the seal in an address: 64 bits, beyond guessing."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What became of a proof: the paper, and whether the digits, the content and the audit chain agree with its seal."""

    paper: SealedPaper
    digits_agree: bool
    content_agrees: bool
    chain_agrees: bool

    @property
    def holds(self) -> bool:
        """Say whether all three agree."""
        return self.digits_agree and self.content_agrees and self.chain_agrees


def prove(number: int, digits: str) -> Proof | None:
    """Prove the sheet that bears a number and the first digits of a seal; None when no paper has this number."""
    paper = SealedPaper.objects.filter(pk=number).first()
    if paper is None:
        return None
    subject = f"{paper.number} {paper.code} {paper.period}"
    in_chain = AuditEntry.objects.filter(action="seal-paper", subject=subject, detail=paper.seal).exists()
    return Proof(
        paper,
        digits_agree=len(digits) == SHOWN_OF_SEAL and paper.seal.startswith(digits.lower()),
        content_agrees=seal_of(paper.contents) == paper.seal,
        chain_agrees=in_chain,
    )
