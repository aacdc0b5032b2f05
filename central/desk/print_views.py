"""Printing a payment's papers, setting a desk's printer up, and the public page that proves a receipt.

A paper is answered to the form that asked for it and has no address of its own: loaded again, it is another printing.
"""

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.desk.book_queries import page_of_payment
from central.desk.calibration import calibration_sheet
from central.desk.models import Receipt
from central.desk.pin_views import MY_ROOM
from central.desk.print_forms import PrinterForm
from central.desk.printing import Order, PrintRefusal, print_papers, prints_of
from central.desk.receipt_proof import digits_of, prove_receipt
from central.desk.receipts import receipts_of_sale
from central.desk.slip_pin import pin_for_slip
from central.domain.receipt_prints import PrintedPaper, Workstation, read_workstation
from central.office.access import may, roles
from central.office.live import live_part
from central.office.roles import GIVE_PINS, PRINT_RECEIPTS, SEE_MONEY
from central.papers.font import NoFont

COOKIE, KEPT_FOR_S = "printer", 400 * 86_400
"""As long as a browser keeps a cookie; each printing renews it."""
PDF = "application/pdf"
PAPER_WORDS = {PrintedPaper.RECEIPT: gettext_lazy("Receipt"), PrintedPaper.SLIP: gettext_lazy("Charge slip")}


@roles(*PRINT_RECEIPTS)
@require_POST
def print_one(request: HttpRequest, number: int, paper: PrintedPaper) -> HttpResponse:
    """Print a receipt or a charge slip: the PDF, or the question for what reason it is printed again.

    With `whole` the receipts of the same sale that were not printed yet come with it.
    """
    receipt = _receipt(number)
    if paper is PrintedPaper.SLIP and not receipt.payment.grant:
        raise Http404
    workstation = workstation_of(request)
    try:
        result = print_papers(
            _order(request, receipt, paper, workstation), actor=request.user, now_ms=clock.now_ms()
        )
    except NoFont as error:
        return no_font(request, error, reverse("desk:receipt", args=[number]))
    if isinstance(result, PrintRefusal):
        context = {"receipt": receipt, **printing_context(request, receipt), "asked": paper}
        return render(request, "desk/print_again.html", context, status=409)
    answer = pdf_answer(result.pdf, f"{paper}-{receipt.number:08d}")
    remember(answer, workstation)
    return answer


def _receipt(number: int) -> Receipt:
    return get_object_or_404(
        Receipt.objects.select_related("payment__account__point__room__building"), pk=number
    )


def _order(request: HttpRequest, receipt: Receipt, paper: PrintedPaper, workstation: Workstation) -> Order:
    whole = paper is PrintedPaper.RECEIPT and bool(request.POST.get("whole"))
    with_pin = paper is PrintedPaper.SLIP and may(request, GIVE_PINS)
    by = request.user.get_username()
    return Order(
        receipts=receipts_of_sale(receipt) if whole else [receipt],
        paper=paper,
        workstation=workstation,
        address_of=lambda one: proof_address(request, one),
        reason=request.POST.get("reason", ""),
        pin=pin_for_slip(receipt, actor=by, now_ms=clock.now_ms()) if with_pin else None,
        pin_address=request.build_absolute_uri(MY_ROOM),
    )


@roles(*SEE_MONEY)
@require_GET
def printing(request: HttpRequest, number: int) -> HttpResponse:
    """The part of the receipt's page that says what was printed."""
    receipt = _receipt(number)
    return live_part(
        request, "desk/printing.html", {"receipt": receipt, **printing_context(request, receipt)}
    )


def printing_context(request: HttpRequest, receipt: Receipt) -> dict[str, object]:
    """Give what the receipt's page shows of the printings of its sale."""
    sold = receipts_of_sale(receipt)
    prints = prints_of(sold)
    first = {(entry.paper, entry.receipt_id) for entry in prints}
    charged = [one for one in sold if one.payment.grant]
    issued = {one.number: page for one in sold if (page := page_of_payment(one.payment_id))}
    return {
        "prints": [
            (entry, PAPER_WORDS[PrintedPaper(entry.paper)], entry.receipt_id in issued) for entry in prints
        ],
        "sold": sold,
        "to_print": [one for one in sold if (PrintedPaper.RECEIPT, one.pk) not in first],
        "slips_to_print": [one for one in charged if (PrintedPaper.SLIP, one.pk) not in first],
        "copies": [one for one in sold if (PrintedPaper.RECEIPT, one.pk) in first],
        "slip_copies": [one for one in charged if (PrintedPaper.SLIP, one.pk) in first],
        "book_pages_issued": list(issued.values()),
        "can_print": may(request, PRINT_RECEIPTS),
        "workstation": workstation_of(request),
        "reasons": [_("Printer jam"), _("Customer lost the part"), _("For the books")],
    }


@roles(*PRINT_RECEIPTS)
def printer(request: HttpRequest) -> HttpResponse:
    """Set up the printer of this workstation: layout and offset, typed or by what was measured on the calibration sheet."""
    workstation = workstation_of(request)
    form = PrinterForm(workstation, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        messages.success(request, _("This workstation's printer is set up."))
        answer = redirect("desk:printer")
        remember(answer, form.workstation())
        return answer
    context = {"form": form, "workstation": workstation}
    return render(request, "desk/printer.html", context, status=400 if form.errors else 200)


@roles(*PRINT_RECEIPTS)
@require_GET
def calibration(request: HttpRequest) -> HttpResponse:
    """The calibration sheet of this workstation, printed with the offset in force."""
    try:
        return pdf_answer(calibration_sheet(workstation_of(request)), "calibration")
    except NoFont as error:
        return no_font(request, error, reverse("desk:printer"))


@require_GET
def receipt_proof(request: HttpRequest, number: int, digits: str) -> HttpResponse:
    """Say to whoever holds a receipt whether it is ours, and whether it still holds; shows room, sum and date, no names."""
    proved = prove_receipt(number, digits)
    context = {"number": number, "proved": proved}
    return render(request, "desk/receipt_proof.html", context, status=200 if proved else 404)


def proof_address(request: HttpRequest, receipt: Receipt) -> str:
    """Give the address that a receipt's code holds."""
    path = reverse("desk:proof", args=[receipt.number, digits_of(receipt)])
    return str(request.build_absolute_uri(path))


def workstation_of(request: HttpRequest) -> Workstation:
    """Give this browser's printer; A4 without an offset until one is set up."""
    return read_workstation(request.COOKIES.get(COOKIE, ""))


def remember(answer: HttpResponse, workstation: Workstation) -> None:
    """Keep a workstation's printer in its browser."""
    answer.set_cookie(
        COOKIE,
        workstation.as_text(),
        max_age=KEPT_FOR_S,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def no_font(request: HttpRequest, error: NoFont, back: str) -> HttpResponse:
    """Say that the server can't print and what mends it (503)."""
    context = {
        "status": 503,
        "heading": _("The server has no Chinese font for printing"),
        "happened": _("A PDF needs a font that can be embedded. Nothing was printed, and nothing was lost."),
        "onward": back,
        "onward_label": _("Back"),
        "steps": [
            _("On the server, an administrator runs: %(command)s") % {"command": error.what_to_do},
            _("Then load this page again."),
        ],
    }
    return render(request, "office/error.html", context, status=503)


def pdf_answer(body: bytes, name: str) -> HttpResponse:
    """Answer a paper under its name; no browser keeps it."""
    answer = HttpResponse(body, content_type=PDF)
    answer["Content-Disposition"] = f'inline; filename="{name}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer
