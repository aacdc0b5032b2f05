"""The pages of an explained bill: the bill of an account and a period, printed ones with their files, and the proof of a sheet."""

from datetime import date
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from central import clock
from central.campus.models import Account
from central.domain import periods
from central.domain.bill_checks import check_bill
from central.domain.bill_content import Bill, digest_of, encode
from central.domain.paper import Table
from central.domain.periods import NotAPeriod, Period, PeriodKind, read_period
from central.ledger.models import BooksCheck
from central.losses.explain import tables
from central.losses.explain.beside_tables import SHOWN_EVENTS, beside_tables
from central.losses.explain.bill_paper import paper_of
from central.losses.explain.gather import Explained, account_named, explain, usual_account
from central.losses.explain.models import PrintedBill
from central.losses.explain.operations import SHOWN_DIGITS, bill_of, content_of, print_bill, prove
from central.losses.explain.words import fault_words, remark_words
from central.office.access import may, roles
from central.office.page_table import page_tables
from central.office.roles import PRINT_BILLS, SEE_BILLS
from central.papers.accounting import first_days
from central.papers.font import NoFont
from central.papers.pdf import Proof, pdf
from central.papers.words import KIND_WORDS, period_words, sheet_words

KINDS = (PeriodKind.ACCOUNTING, PeriodKind.MONTH, PeriodKind.DAY)
NO_PERIOD = gettext_lazy("That is no period. Choose one and a day in it.")
ALL_AT_ONCE = 48
"""So many entries stand on the page itself; more are shown day by day."""


@roles(*SEE_BILLS)
@require_safe
def of_room(request: HttpRequest, room_id: int) -> HttpResponse:
    """Go to the bill of a room's account, or of the one that lived there last."""
    account = usual_account(room_id)
    if account is None:
        raise Http404
    return redirect("losses:bill", account.code)


@roles(*SEE_BILLS)
@require_safe
def bill(request: HttpRequest, account: str) -> HttpResponse:
    """Show an account's bill of a period, and whether it ties."""
    found, period = _account(account), _period(request)
    explained = explain(found, period, clock.now_ms())
    return render(request, "losses/bill.html", {**_context(request, explained, found, period)})


@roles(*SEE_BILLS)
@require_safe
def data(request: HttpRequest, account: str) -> HttpResponse:
    """Give the data file as it is now."""
    found, period = _account(account), _asked_period(request)
    if period is None:
        raise Http404
    explained = explain(found, period, clock.now_ms())
    return _json(encode(explained.bill), f"bill-{account}-{period.name.replace(':', '-')}")


@roles(*PRINT_BILLS)
@require_POST
def print_it(request: HttpRequest, account: str) -> HttpResponse:
    """Keep the bill as it is now under a number, with its PDF and data file."""
    now_ms, found, period = clock.now_ms(), _account(account), _asked_period(request)
    if period is None:
        messages.error(request, NO_PERIOD)
        return redirect("losses:bill", found.code)
    explained = explain(found, period, now_ms)
    printed = print_bill(explained.bill, actor=request.user.get_username(), now_ms=now_ms)
    return redirect("losses:bill-printed", printed.number)


@roles(*SEE_BILLS)
@require_safe
def printed(request: HttpRequest, number: int) -> HttpResponse:
    """Show a printed bill's files and sums, as they were."""
    kept = get_object_or_404(PrintedBill, pk=number)
    found = bill_of(kept)
    context = {
        "printed": kept,
        "bill": found,
        "period_words": period_words(read_period(kept.period, first_days)),
        "tables": page_tables(tables.sum_tables(found)),
        "proof": prove(number, kept.digest[:SHOWN_DIGITS]),
    }
    return render(request, "losses/bill_printed.html", context)


@roles(*SEE_BILLS)
@require_safe
def printed_pdf(request: HttpRequest, number: int) -> HttpResponse:
    """Give a printed bill as PDF, with the code that proves it. Without a Chinese font the page says what to install (503)."""
    kept = get_object_or_404(PrintedBill, pk=number)
    content, found = content_of(kept), bill_of(kept)
    paper = paper_of(found, content, [fault_words(one) for one in check_bill(found)])
    address = request.build_absolute_uri(
        reverse("losses:bill-proof", args=[number, kept.digest[:SHOWN_DIGITS]])
    )
    try:
        body = pdf(
            paper,
            sheet_words(request.user.get_username(), clock.now_ms()),
            proof=Proof(f"№ {kept.number}", address),
        )
    except NoFont as error:
        messages.error(
            request, _("The server has no Chinese font for printing: %(what)s") % {"what": error.what_to_do}
        )
        return redirect("losses:bill-printed", number)
    answer = HttpResponse(body, content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="bill-{number}.pdf"'
    answer["Cache-Control"] = "no-store"
    return answer


@roles(*SEE_BILLS)
@require_safe
def printed_data(request: HttpRequest, number: int) -> HttpResponse:
    """Give a printed bill's data file, byte for byte."""
    kept = get_object_or_404(PrintedBill, pk=number)
    return _json(content_of(kept), f"bill-{number}")


@require_safe
def proof(request: HttpRequest, number: int, digits: str) -> HttpResponse:
    """Say to whoever holds a sheet whether it is ours and unchanged; shows the sums, no rows and no names."""
    found = prove(number, digits)
    if found is None:
        return render(request, "losses/bill_proof.html", {"number": number}, status=404)
    context = {"number": number, "found": found}
    if found.content_agrees:
        kept = bill_of(found.printed)
        context |= {"bill": kept, "tables": page_tables(tables.sum_tables(kept))}
        context["period_words"] = period_words(read_period(kept.period, first_days))
    return render(request, "losses/bill_proof.html", context)


def _context(
    request: HttpRequest, explained: Explained, account: Account, period: Period
) -> dict[str, object]:
    found = explained.bill
    here = f"{reverse('losses:bill', args=[account.code])}?{urlencode({'period': period.name})}"
    query = urlencode({"period": period.name})
    used = [one for one in found.entries if one.kind == tables.USED]
    day = request.GET.get("on", "") if len(used) > ALL_AT_ONCE else ""
    return {
        "bill": found,
        "account": account,
        "accounts": account.point.accounts.order_by("-opened_ms"),
        "period": period,
        "period_words": period_words(period),
        "kinds": [(kind, KIND_WORDS[kind]) for kind in KINDS],
        "faults": [fault_words(one) for one in explained.faults[:10]],
        "fault_count": len(explained.faults),
        "remarks": [remark_words(one) for one in found.remarks],
        "sums": page_tables(tables.sum_tables(found)),
        "tables": page_tables(_tables(found, f"{here}&on=", used, day)),
        "digest": digest_of(encode(found)),
        "last_check": BooksCheck.objects.filter(state=BooksCheck.State.WHOLE).order_by("-ended_ms").first(),
        "printed": PrintedBill.objects.filter(account=account.code, period=period.name)[:5],
        "may_print": may(request, PRINT_BILLS),
        "query": query,
        "before": _beside(period.kind, periods.day_before(period)),
        "after": _beside(period.kind, period.after),
    }


def _tables(found: Bill, link: str, used: list, day: str) -> list[Table]:
    listed = [tables.moves_table(found)]
    if len(used) <= ALL_AT_ONCE:
        listed.append(tables.entries_table(found, used, _("Use, entry by entry")))
    else:
        listed.append(tables.days_table(found, link))
        if day:
            listed.append(
                tables.entries_table(found, tables.used_on(found, day), _("Use on %(day)s") % {"day": day})
            )
    if found.elsewhere:
        shown = found.elsewhere[-ALL_AT_ONCE:]
        listed.append(tables.entries_table(found, shown, _("Energy that another balance paid")))
    beside = beside_tables(found, SHOWN_EVENTS)
    return [*listed, tables.price_table(found), tables.receipt_table(found), *beside]


def _account(code: str) -> Account:
    found = account_named(code)
    if found is None:
        raise Http404
    return found


def _period(request: HttpRequest) -> Period:
    """Give the period that is asked for; where it is none, say so and give the present accounting period."""
    found = _asked_period(request)
    if found is None:
        messages.error(request, NO_PERIOD)
        return _containing(KINDS[0], clock.campus_day(clock.now_ms()))
    return found


def _asked_period(request: HttpRequest) -> Period | None:
    """Read the period that is asked for: by name, or by kind and a day in it; the present accounting period by default."""
    asked = request.POST if request.method == "POST" else request.GET
    try:
        if "period" in asked:
            found = read_period(asked["period"], first_days)
        else:
            day = date.fromisoformat(asked["day"]) if asked.get("day") else clock.campus_day(clock.now_ms())
            found = _containing(PeriodKind(asked.get("kind", KINDS[0])), day)
        return found if found.kind in KINDS else _containing(KINDS[0], found.last)
    except (NotAPeriod, ValueError, OverflowError):
        return None


def _beside(kind: PeriodKind, day: date) -> str:
    """Give the query of the period before or after; empty where the calendar of periods ends."""
    try:
        return urlencode({"period": _containing(kind, day).name})
    except NotAPeriod:
        return ""


def _containing(kind: PeriodKind, day: date) -> Period:
    match kind:
        case PeriodKind.DAY:
            found = periods.day_period(day)
        case PeriodKind.MONTH:
            found = periods.month_period(day.year, day.month)
        case _:
            found = periods.accounting_period_of(day, first_days)
    return read_period(found.name, first_days)


def _json(content: bytes, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="{name}.json"'
    answer["Cache-Control"] = "no-store"
    return answer
