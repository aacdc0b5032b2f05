"""The guided act: what is on record, what was wrong, read back, done once; then what became of it.

Each step is a plain page with its own address. The correction's id is made with the first page and travels through the read-back,
so that a double click or a reload corrects once.
"""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from central import clock
from central.campus.queries import price_at
from central.desk.charges import offered_at
from central.desk.corrections import queries
from central.desk.corrections.forms import QUANTITY, CorrectForm
from central.desk.corrections.models import Correction
from central.desk.corrections.operations import Corrected, correct
from central.desk.corrections.queries import Record
from central.desk.corrections.rule import CorrectionRefusal, may_correct
from central.desk.corrections.words import REFUSALS, badge, sentence, why_not
from central.desk.forms import new_key
from central.desk.models import Payment, Receipt
from central.desk.page_offer import PageOffer, fault_in, offer_for
from central.desk.refusals import DeskRefusal, Refused
from central.desk.room_lines import RoomLine, room_lines
from central.desk.search import HITS_AT_MOST, find_points, is_only_hit, point_of_room
from central.desk.shifts import open_shift_of
from central.domain.receipt_book import PageFault
from central.domain.typed_sale import quantity_text
from central.office.access import may, roles
from central.office.dangerous import dangerous
from central.office.live import live_part
from central.office.roles import ASK_ADJUSTMENTS, CORRECT, SEE_MONEY
from central.office.templatetags.cardroom import fen
from gateway.contract.quantities import MicroYuanPerKwh, energy_for, micro_yuan_from_fen

Kind = Correction.Kind


@roles(*CORRECT)
@require_GET
def begin(request: HttpRequest, number: int) -> HttpResponse:
    """Show what is on record, and ask what was wrong; a void receipt leads to what was done."""
    receipt = _receipt(number)
    if may_correct(receipt, clock.now_ms()) is CorrectionRefusal.ALREADY_VOID:
        return _to_what_was_done(number)
    return _step(request, receipt, None)


def _step(request: HttpRequest, receipt: Receipt, form: CorrectForm | None) -> HttpResponse:
    """Draw the first two steps; with a form that was refused, what was typed stays."""
    now_ms, typed = clock.now_ms(), form.data if form else request.GET
    record = queries.record_of(receipt, now_ms)
    kinds = _kinds(record)
    kind = typed.get("kind", "") if typed.get("kind", "") in dict(kinds) else ""
    hits = _hits(typed.get("q", ""), now_ms) if kind == Kind.ROOM else []
    chosen = _chosen(typed.get("room", ""), hits, typed.get("q", ""), now_ms)
    context = {
        "record": record,
        "receipt": receipt,
        "refused": _refused_words(receipt, now_ms),
        "may_adjust": may(request, ASK_ADJUSTMENTS),
        "kinds": kinds,
        "kind": kind,
        "kind_words": dict(kinds).get(kind, ""),
        "query": typed.get("q", ""),
        "hits": [] if chosen else hits,
        "hits_at_most": HITS_AT_MOST,
        "chosen": chosen,
        "form": form,
        "typed": typed,
        "amount": typed.get("amount") or fen(receipt.amount_fen),
        "items": _items(record, typed, now_ms) if not record.is_energy else [],
        "has_shift": open_shift_of(request.user) is not None,
        "correction_id": typed.get("correction") or new_key(),
    }
    return render(request, "desk/correct.html", context, status=400 if form else 200)


@roles(*CORRECT)
@require_GET
def read_back(request: HttpRequest, number: int) -> HttpResponse:
    """Read the whole correction back before anything is done."""
    receipt = _receipt(number)
    form = CorrectForm(request.GET, receipt=receipt, now_ms=clock.now_ms())
    if _refused_words(receipt, clock.now_ms()) or not form.is_valid():
        return _step(request, receipt, form)
    return _read_back(request, receipt, form)


@roles(*CORRECT)
@require_POST
@dangerous
def do(request: HttpRequest, number: int) -> HttpResponse:
    """Correct once per page id, and go to what was done; a refusal is said in words, and nothing was done."""
    receipt, now_ms = _receipt(number), clock.now_ms()
    form = CorrectForm(request.POST, receipt=receipt, now_ms=now_ms)
    if not form.is_valid():
        return _step(request, receipt, form)
    given = form.cleaned_data
    done = correct(
        str(given["correction"]),
        number,
        form.right,
        given["reason"],
        request.user,
        now_ms=now_ms,
        page=given["page"].strip(),
        reference=given["reference"],
    )
    if isinstance(done, Corrected):
        if done.existed:
            messages.info(request, _("This was corrected already: nothing was done twice."))
        return _to_what_was_done(number)
    if isinstance(done, Refused) and (fault := fault_in(done)):
        return _read_back(request, receipt, form, fault)
    if not isinstance(done, Refused) and done.why is CorrectionRefusal.ALREADY_VOID:
        messages.error(request, why_not(done))
        return _to_what_was_done(number)
    needs_shift = isinstance(done, Refused) and done.why is DeskRefusal.NO_SHIFT
    context = {"receipt": receipt, "reason": why_not(done), "no_shift": needs_shift}
    return render(request, "desk/correct_refused.html", context, status=409)


@roles(*SEE_MONEY)
@require_GET
def done(request: HttpRequest, number: int) -> HttpResponse:
    """Show a correction: both receipts, the money that moved, and where the credit stands."""
    line = queries.correction_of(number)
    if line is None:
        raise Http404
    standing = line.standing
    context = {
        "line": line,
        "standing": standing,
        "badge": badge(standing),
        "sentence": sentence(standing, queries.gateway_is_online(standing.reclaim)) if standing else "",
        "may_ask": may(request, CORRECT) and queries.can_be_asked(standing),
    }
    if request.htmx:
        return live_part(request, "desk/correction_now.html", context)
    old_page, new_page = queries.pages_of(line)
    context |= {"old_page": old_page, "new_page": new_page, "cash_fen": abs(line.cash_fen)}
    return render(request, "desk/correction.html", context)


def _receipt(number: int) -> Receipt:
    receipt = queries.receipt_with_all(number)
    if receipt is None:
        raise Http404
    return receipt


def _to_what_was_done(number: int) -> HttpResponse:
    if queries.correction_of(number) is None:
        return redirect("desk:receipt", number)
    return redirect("desk:correction", number)


def _refused_words(receipt: Receipt, now_ms: int) -> str:
    refusal = may_correct(receipt, now_ms)
    return str(REFUSALS[refusal]) if refusal else ""


def _kinds(record: Record) -> list[tuple[str, str]]:
    """Give what can have been wrong with a receipt: an amount of electricity, or the items of charges."""
    other = Kind.AMOUNT if record.is_energy else Kind.ITEMS
    return [(kind.value, str(kind.label)) for kind in (Kind.ROOM, other, Kind.NONE)]


def _hits(query: str, now_ms: int) -> list[RoomLine]:
    return [line for line in room_lines(find_points(query, now_ms), now_ms) if line.account]


def _chosen(room: str, hits: list[RoomLine], query: str, now_ms: int) -> RoomLine | None:
    """Give the right room: the one that was chosen, or the only one that fits what was typed."""
    room_id = int(room) if room.isascii() and room.isdigit() and len(room) <= 9 else 0
    point = point_of_room(room_id) if room_id else None
    if point is None and hits:
        first = point_of_room(hits[0].room_id)
        point = first if first and is_only_hit(query, first.room, len(hits)) else None
    line = room_lines([point], now_ms)[0] if point else None
    return line if line and line.account else None


def _items(record: Record, typed: object, now_ms: int) -> list[tuple[object, str]]:
    """Give the list's items with the quantity that the field holds: typed, or the receipt's."""
    was = {line.code: quantity_text(line.quantity_milli) for line in record.lines}
    return [
        (item, typed.get(f"{QUANTITY}{item.code}", was.get(item.code, ""))) for item in offered_at(now_ms)
    ]


def _read_back(
    request: HttpRequest, receipt: Receipt, form: CorrectForm, page_fault: PageFault | None = None
) -> HttpResponse:
    now_ms, given = clock.now_ms(), form.cleaned_data
    record = queries.record_of(receipt, now_ms)
    room_id = given["room"] or receipt.payment.account.point.room_id
    point = point_of_room(room_id)
    context = {
        "record": record,
        "receipt": receipt,
        "form": form,
        "kind_words": Kind(given["kind"]).label,
        "has_new": form.right is not None,
        "right": room_lines([point], now_ms)[0] if point else None,
        "sum_fen": form.sum_fen,
        "energy_wh": _energy(point, form.sum_fen, now_ms) if record.is_energy else None,
        "items": _wanted(form, now_ms),
        "back_fen": max(0, receipt.amount_fen - form.sum_fen),
        "more_fen": max(0, form.sum_fen - receipt.amount_fen),
        "is_cash": receipt.payment.method == Payment.Method.CASH,
        "reference": given["reference"].strip() or receipt.payment.method_reference,
        "fields": _carried(form),
        "back": urlencode(_carried(form)),
        "now_ms": now_ms,
        "book_page": _offer(request, form, now_ms, page_fault),
    }
    return render(request, "desk/correct_read_back.html", context, status=409 if page_fault else 200)


_NOT_CARRIED = ("csrfmiddlewaretoken", "page", "q")


def _carried(form: CorrectForm) -> list[tuple[str, str]]:
    """Give what was typed, as it goes along to the next step and back."""
    return [(name, value) for name, value in form.data.items() if name not in _NOT_CARRIED]


def _offer(request: HttpRequest, form: CorrectForm, now_ms: int, fault: PageFault | None) -> PageOffer | None:
    return offer_for(request.user, now_ms, form.cleaned_data["page"], fault) if form.right else None


def _energy(point: object, sum_fen: int, now_ms: int) -> int | None:
    price = price_at(point.customer_class.tariff_id, now_ms) if point and sum_fen else None
    if price is None:
        return None
    return int(energy_for(micro_yuan_from_fen(sum_fen), MicroYuanPerKwh(price.micro_yuan_per_kwh)))


def _wanted(form: CorrectForm, now_ms: int) -> list[tuple[str, str]]:
    """Give the right items with their quantities, as they are read back."""
    names = {item.code: item.name for item in offered_at(now_ms)}
    items = form.right.items if form.right else ()
    return [(names.get(one.code, one.code), quantity_text(one.quantity_milli)) for one in items]
