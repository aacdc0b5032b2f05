"""A graduation: all rooms of a building, or a list of them, closed by one request (C-8). Previewed, signed once, resumed at will.

Each room is one case, once per run, whatever is pressed again. What a gateway can't be asked for now keeps its reason, and is asked
by the next resuming.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import transaction

from central.campus.models import Account
from central.desk.departures.asking import held_of, refusal_for
from central.desk.departures.models import Departure, DepartureRun, PayBy
from central.desk.departures.refusals import DepartureRefusal as Why
from central.desk.departures.refusals import Refused
from central.desk.departures.states import Standing, State, cases_with_all, standings
from central.desk.departures.withdrawing import ask_gateway
from central.link.many_grants import lock_buildings
from central.office.approvals import ApprovalRefusal, ask
from central.office.models import Approval, User

RUN_ACT = "graduation"
MOST_ROOMS = 600


@dataclass(frozen=True, slots=True)
class Line:
    """A room of a preview: its live account with what the books say, or why it can't be part of the run."""

    room: str
    account: Account | None
    held: int = 0
    refusal: Refused | None = None


def live_accounts_of(building: str = "", rooms: Sequence[str] = ()) -> list[tuple[str, Account | None]]:
    """Give the rooms of a building, or those named (`1-301`), with their live accounts; None where nobody lives."""
    live = (
        Account.objects.exclude(state=Account.State.CLOSED)
        .select_related("point__room__building", "point__customer_class", "pays_from")
        .order_by("point__room__building__code", "point__room__floor", "point__room__label")
    )
    if building:
        return [(one.point.room.full_label, one) for one in live.filter(point__room__building__code=building)]
    by_label = {one.point.room.full_label: one for one in live.filter(point__code__in=rooms)}
    return [(room, by_label.get(room)) for room in dict.fromkeys(rooms)]


def preview(building: str, rooms: Sequence[str], now_ms: int) -> list[Line]:
    """Look at what a run would close, and change nothing."""
    lines = []
    for room, account in live_accounts_of(building, rooms):
        if account is None:
            lines.append(Line(room, None, 0, Refused(Why.UNKNOWN_ACCOUNT, room)))
        else:
            lines.append(Line(room, account, held_of(account), refusal_for(account, now_ms)))
    return lines


@transaction.atomic
def ask_run(
    run_id: str, title: str, accounts: Sequence[str], pay_by: str, *, why: str, actor: User, now_ms: int
) -> DepartureRun | Refused | ApprovalRefusal:
    """Ask for a run over these accounts, all or nothing; the same `run_id` gives the same run."""
    rows = _locked_accounts(accounts)
    known = DepartureRun.objects.filter(pk=run_id).first()
    if known is not None:
        same = set(known.cases.values_list("account__code", flat=True)) == set(accounts)
        return known if same else Refused(Why.EXISTS_WITH_DIFFERENT)
    if not rows or len(rows) > MOST_ROOMS or len(rows) != len(set(accounts)):
        return Refused(Why.NO_ROOMS)
    if not why.strip():
        return Refused(Why.NO_REASON)
    if pay_by not in (PayBy.CASH, PayBy.BANK):
        return Refused(Why.WRONG_WAY)
    refused = next((refusal for row in rows if (refusal := refusal_for(row, now_ms))), None)
    if refused is not None:
        return refused
    run = DepartureRun.objects.create(
        run_id=run_id,
        title=title[:120],
        pay_by=pay_by,
        why=why.strip()[:200],
        asked_by=actor,
        asked_ms=now_ms,
    )
    _store_cases(run, rows, actor, now_ms)
    done = ask(
        RUN_ACT,
        {"run": run.pk, "rooms": sorted(row.code for row in rows)},
        subject=run.title,
        why=run.why,
        actor=actor,
        now_ms=now_ms,
        key=run.approval_key,
    )
    if isinstance(done, ApprovalRefusal):
        transaction.set_rollback(True)
        return done
    return run


def _locked_accounts(codes: Sequence[str]) -> list[Account]:
    accounts = Account.objects.filter(code__in=codes)
    lock_buildings(accounts.values_list("point__room__building", flat=True).distinct())
    return list(accounts.select_related("point__room", "point__customer_class", "pays_from").order_by("code"))


def _store_cases(run: DepartureRun, accounts: Sequence[Account], actor: User, now_ms: int) -> None:
    Departure.objects.bulk_create(
        Departure(
            case_id=f"{run.pk[:24]}-{number}",
            run=run,
            kind=Departure.Kind.DEPARTURE,
            account=account,
            unit=account.point.customer_class.unit,
            balance=held_of(account),
            pay_by=run.pay_by,
            why=run.why,
            asked_by=actor,
            asked_ms=now_ms,
        )
        for number, account in enumerate(accounts, start=1)
    )


@transaction.atomic
def resume(run_id: str, by: str, *, now_ms: int) -> dict[str, Refused] | Refused:
    """Ask the gateways for every room of an approved run that was not asked, or was refused; give what still can't be asked."""
    approval = Approval.objects.filter(key=f"graduation:{run_id}").first()
    if approval is None or approval.state != Approval.State.APPROVED:
        return Refused(Why.NOT_APPROVED, run_id)
    return ask_all(run_id, by, now_ms)


def ask_all(run_id: str, by: str, now_ms: int) -> dict[str, Refused]:
    """Ask for all rooms of a run, inside the caller's transaction: every gateway is locked before anything is booked."""
    cases = cases_with_all().filter(run=run_id)
    lock_buildings(cases.values_list("account__point__room__building", flat=True).distinct())
    found: dict[str, Refused] = {}
    for one in standings(cases.order_by("account__code"), now_ms):
        if one.state in (State.ASKED, State.APPROVED, State.GATEWAY_REFUSED):
            asked = ask_gateway(one.case, by, now_ms)
            if isinstance(asked, Refused):
                found[one.case.account.code] = asked
    return found


def progress(run: DepartureRun, now_ms: int) -> list[Standing]:
    """Give every room of a run as it stands, by room."""
    return standings(cases_with_all().filter(run=run).order_by("account__code"), now_ms)
