"""Numbers of papers that are counted by their own rows, and what a restored central leaves out of them (C-11)."""

from central.office.models import ListCounter

SEALED_PAPERS, PRINTED_BILLS = "sealed-paper", "printed-bill"


def number_after(kind: str, last: int | None) -> int:
    """Give the number of the next paper of a kind, after the last row's; inside the lock of who writes it."""
    left_out = ListCounter.objects.filter(kind=kind).values_list("last", flat=True).first()
    return max(last or 0, left_out or 0) + 1
