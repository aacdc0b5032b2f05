"""Steps that the go-live's tests take: people who sign, a list planned and asked for, what the gateway answers."""

from uuid import uuid4

from central.desk.go_live.asking import ask_go_live
from central.desk.go_live.models import OpeningBatch
from central.desk.go_live.plan import plan_opening
from central.link.models import Command, Delivery
from central.office import approvals
from central.office.models import Approval, User
from central.office.roles import Role
from gateway.contract.commands import decode_command
from gateway.contract.facts import CommandOutcome, EntryCause, EntryKind
from tests.central.conftest import NOW_MS
from tests.central.steps import answered, up

CHANGE_OVER_MS = NOW_MS - 3_600_000


def people() -> dict[str, User]:
    """Give who asks, and two who sign."""
    made = {}
    for role in (Role.ADMIN, Role.FINANCE, Role.DIRECTOR):
        made[role] = User.objects.get_or_create(username=f"the-{role}", defaults={"role": role})[0]
    return made


def plan(text: str, missing: str = "later", change_over_ms: int = CHANGE_OVER_MS):
    return plan_opening(text.encode() if isinstance(text, str) else text, change_over_ms, missing, NOW_MS)


def ask(text: str, missing: str = "later", key: str = "") -> Approval:
    planned = plan(text, missing)
    assert planned.problems == []
    asked = ask_go_live(
        planned,
        key or uuid4().hex,
        file_name="old.csv",
        why="go-live",
        actor=people()[Role.ADMIN],
        now_ms=NOW_MS,
    )
    assert isinstance(asked, Approval), asked
    return asked


def sign(request: Approval, *roles: str, now_ms: int = NOW_MS) -> Approval:
    signed = request
    for role in roles or (Role.FINANCE, Role.DIRECTOR):
        signed = approvals.sign(request.number, approve=True, reason="", actor=people()[role], now_ms=now_ms)
        assert isinstance(signed, Approval), signed
    return signed


def go_live(text: str, missing: str = "later") -> OpeningBatch:
    """Ask for a list, and sign it twice."""
    request = sign(ask(text, missing))
    assert (request.state, request.outcome) == ("approved", "")
    return OpeningBatch.objects.get(pk=request.key)


def credit_all(taker, twin) -> None:
    """The gateway credits every grant that is on its way to it, answers each, and says its balances."""
    for delivery in Delivery.objects.filter(gateway=twin.name, applied_ms=None).select_related(
        "grant__account"
    ):
        grant = delivery.grant
        up(
            taker,
            twin,
            twin.granted(
                grant.grant_id, grant.account.code, grant.amount, bucket=grant.bucket, unit=grant.unit
            ),
        )
    report(taker, twin)


def report(taker, twin) -> None:
    twin.last_command = Command.objects.filter(gateway=twin.name).latest("number").number
    twin.now_ms += 1
    up(taker, twin, twin.watermark())


def give_back_all(taker, twin) -> None:
    """The gateway answers what it was asked back: it takes the less of what was asked and what is left (C-7)."""
    for command in Command.objects.filter(gateway=twin.name, kind="take-back", state__in=("queued", "sent")):
        order = decode_command(bytes(command.body))
        unit = next((u for (a, b, u) in twin.balances if (a, b) == (order.account, order.bucket)), "yuan")
        left = max(twin.balances.get((order.account, order.bucket, unit), 0), 0)
        taken = min(order.amount, left)
        lines = []
        if taken:
            entry = twin.entry(
                EntryKind.TAKEN_BACK,
                order.account,
                -taken,
                bucket=order.bucket,
                unit=unit,
                cause=EntryCause.COMMAND,
                source=order.request,
            )
            up(taker, twin, entry)
            lines = entry.lines
        outcome = CommandOutcome.APPLIED if taken == order.amount else CommandOutcome.PARTLY
        answered(taker, twin, command, outcome, taken=lines)
    report(taker, twin)
