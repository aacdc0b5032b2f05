"""The audit log's page: search it, take what was found as a file, look a printed hash up."""

from datetime import timedelta
from functools import partial
from urllib.parse import urlencode, urlsplit

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from central import clock
from central.domain.chain import FEWEST_DIGITS, read_printed
from central.domain.paper import Paper
from central.ledger.checking import VERIFIED
from central.ledger.day_ends import ChainPoint, find_hash, last_before, point_at
from central.ledger.models import AuditEntry, BooksCheck
from central.ledger.operations import record_audit
from central.office.access import may, roles
from central.office.models import User
from central.office.roles import SEE_AUDIT
from central.papers.csv_text import csv_bytes
from central.papers.forms_of_paper import CONTENT_TYPES
from central.papers.xlsx import workbook
from central.reports.audit.acts import ACTS, MOVES
from central.reports.audit.choice import ACTS_ONLY, EVERYTHING, MONEY, OF_ACT, OF_MOVE, Choice
from central.reports.audit.paper import audit_paper
from central.reports.audit.rows import AuditRow, audit_rows
from central.reports.audit.search import SCANNED, find

MOST_POSITION = 2**62
PEOPLE_OFFERED = 200
FORMS = {"xlsx": partial(workbook, sheet_fallback="1"), "csv": csv_bytes}
TYPES = {**CONTENT_TYPES, "csv": "text/csv; charset=utf-8"}


@roles(*SEE_AUDIT)
@require_GET
def log(request: HttpRequest) -> HttpResponse:
    """Show the newest rows that fit, each with what it is about; older ones by their position."""
    choice = Choice.of(request.GET)
    found = find(choice, _number(request.GET.get("before", "")))
    older = urlencode({**choice.parts, "before": found.before}) if found.before is not None else ""
    context = {
        "choice": choice,
        "rows": [(row, may_open(request, row.link)) for row in audit_rows(found.rows)],
        "older": older,
        "read_to": found.read_to,
        "scanned": SCANNED,
        "is_newest": "before" not in request.GET,
        "shows": _shows(),
        "people": _people(),
        "verified": last_verified(),
    }
    return render(request, "audit/log.html", context)


def last_verified() -> AuditRow | None:
    """Give the newest record of a verification."""
    newest = AuditEntry.objects.filter(action=VERIFIED).order_by("-position").first()
    return audit_rows([newest])[0] if newest else None


def may_open(request: HttpRequest, address: str) -> bool:
    """Say whether the reader may open an address of this server: a link that only refuses helps nobody."""
    if not address:
        return False
    try:
        view = resolve(urlsplit(address).path).func
    except Resolver404:
        return False
    return may(request, getattr(view, "allowed_roles", ()))


@roles(*SEE_AUDIT)
@require_GET
def take(request: HttpRequest) -> HttpResponse:
    """Give what was found as a file; who took what is on record before it leaves."""
    form = request.GET.get("form", "")
    if form not in FORMS:
        raise Http404
    choice, now_ms = Choice.of(request.GET), clock.now_ms()
    paper = audit_paper(choice, now_ms)
    body = FORMS[form](paper)
    _put_on_record(request, paper, form, choice, now_ms)
    answer = HttpResponse(body, content_type=TYPES[form])
    name = f"audit-log-{clock.local(now_ms):%Y%m%d-%H%M}.{form}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store"
    return answer


@transaction.atomic
def _put_on_record(request: HttpRequest, paper: Paper, form: str, choice: Choice, now_ms: int) -> None:
    searched = "".join(f", {name} {value}" for name, value in choice.parts.items())
    record_audit(
        actor=request.user.get_username(),
        action="take-audit",
        subject="audit-log",
        detail=f"{len(paper.tables[0].rows)} rows, {form}{searched}",
        now_ms=now_ms,
    )


@roles(*SEE_AUDIT)
@require_GET
def hash_of_sheet(request: HttpRequest) -> HttpResponse:
    """Say whether a hash that was printed is in the chain, and at which day and row; or give a day's last one."""
    typed, position = request.GET.get("hash", "").strip()[:200], request.GET.get("position", "").strip()[:20]
    context: dict[str, object] = {"typed": typed, "position": position, "fewest": FEWEST_DIGITS}
    if typed:
        context |= _looked_up(typed, _number(position))
    ended = BooksCheck.objects.filter(ended_ms__isnull=False).exclude(state=BooksCheck.State.LEFT).first()
    verified = ended if ended and ended.state == BooksCheck.State.WHOLE else None
    return render(request, "audit/hash.html", context | {"verified": verified})


def _looked_up(typed: str, position: int | None) -> dict[str, object]:
    digits = read_printed(typed)
    if digits is None:
        return {"error": _("Type at least the first %(count)d digits of the hash: 0 to 9 and a to f.")
                % {"count": FEWEST_DIGITS}}  # fmt: skip
    there = point_at(position) if position is not None else None
    if there is not None and there.chain_hash.hex().startswith(digits):
        point: ChainPoint | None = there
    else:
        point = find_hash(digits)
    if point is None:
        return {"looked": True, "point": None, "there": there}
    day = clock.campus_day(point.at_ms)
    end = last_before(clock.start_of_day_ms(day + timedelta(days=1)))
    is_last = end is not None and end.position == point.position
    other_row = position is not None and position != point.position
    return {"looked": True, "point": point, "day": day, "is_last": is_last, "other_row": other_row}


def _number(text: str) -> int | None:
    plain = text.replace(",", "").replace(" ", "")
    return min(int(plain), MOST_POSITION) if plain.isascii() and plain.isdecimal() else None


def _shows() -> list[tuple[str, list[tuple[str, object]]]]:
    """Give what can be shown, in groups: everything, one act, one movement of money."""
    wide = [
        (ACTS_ONLY, _("Acts of persons")),
        (EVERYTHING, _("Acts and movements of money")),
        (MONEY, _("Movements of money")),
    ]
    acts = sorted(((f"{OF_ACT}{code}", act.words) for code, act in ACTS.items()), key=lambda one: str(one[1]))
    moves = [(f"{OF_MOVE}{kind}", words) for kind, words in MOVES.items()]
    return [(_("All"), wide), (_("One act"), acts), (_("One movement of money"), moves)]


def _people() -> list[tuple[str, str]]:
    """Offer sign-in names while typing; any other text is searched for as well."""
    people = User.objects.order_by("-is_active", "username")[:PEOPLE_OFFERED]
    return [(user.username, user.get_full_name()) for user in people]
