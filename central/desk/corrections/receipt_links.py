"""What a receipt's page says about corrections: whether it can be corrected, and what became of it."""

from django.http import HttpRequest

from central import clock
from central.desk.corrections import queries
from central.desk.corrections.rule import CorrectionRefusal, may_correct
from central.desk.corrections.words import badge
from central.desk.models import Receipt
from central.desk.print_models import ReceiptVoid
from central.office.access import may
from central.office.roles import ASK_ADJUSTMENTS, CORRECT


def correction_context(request: HttpRequest, receipt: Receipt) -> dict[str, object]:
    """Give what `desk/correction_links.html` shows."""
    refusal = may_correct(receipt, clock.now_ms())
    line = queries.correction_of(receipt.pk) if refusal is CorrectionRefusal.ALREADY_VOID else None
    made = queries.adjustments_of(receipt.pk)
    return {
        "may_correct": refusal is None and may(request, CORRECT),
        "may_adjust": refusal is CorrectionRefusal.NOT_TODAY and may(request, ASK_ADJUSTMENTS),
        "corrected": line,
        "corrected_badge": badge(line.standing) if line else None,
        "replaces": ReceiptVoid.objects.filter(replaced_by=receipt).first(),
        "adjusted": [(one, badge(one.standing)) for one in made],
    }
