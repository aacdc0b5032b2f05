"""Take a gateway's durable answers to commands: what is settled by them is settled here, in the batch's transaction."""

from central.campus.models import Account
from central.desk.corrections import reclaims
from central.desk.debts.settling import settle_collection
from central.desk.departures.settling import settle_closing
from central.desk.go_live.settling import settle
from central.desk.subsidies.undoing import settle_subsidy
from central.ingest.book_entries import CannotTake
from central.ingest.received_rows import instant_ms
from central.ledger.operations import book
from central.link import outbox
from central.link.alarms import GRANT_UNPROVED, clear_alarm, raise_alarm
from central.link.lost_with_central import keep_lost_command
from central.link.models import Alarm, Closing, Command, Delivery, Gateway, GatewayEpoch, TakeBackRequest
from central.link.operations import pending_memo
from central.link.signing_keys import note_told
from central.prepared import Prepared
from gateway.contract.commands import Configure, TrustKeys, decode_command
from gateway.contract.facts import CommandOutcome, CommandResult

DONE = frozenset({CommandOutcome.APPLIED, CommandOutcome.EXISTS, CommandOutcome.PARTLY})
VOUCHER_NUMBER = 0


_COMMAND = Prepared(
    lambda command, gateway: Command.objects.filter(command_id=command, gateway=gateway), str, str
)


def take_result(gateway: Gateway, epoch: GatewayEpoch, seq: int, result: CommandResult, now_ms: int) -> None:
    """Take the answer to one command; the entries it caused came before it. Raises CannotTake for a command never sent."""
    if result.number == VOUCHER_NUMBER:
        return
    command = _COMMAND.first(result.command, gateway.pk)
    if command is None and keep_lost_command(gateway, epoch.epoch, seq, result, now_ms):
        return
    if command is None:
        raise CannotTake(f"command {result.command} was never sent to this gateway")
    outbox.answer(command, result.outcome, result.detail, instant_ms(result.at, now_ms))
    match command.kind:
        case "grant":
            _settle_grant(gateway, command, result, now_ms)
        case "take-back":
            _settle_take_back(gateway, command, result, now_ms)
        case "close-account":
            _settle_closing(command, result, now_ms)
        case "configure":
            _note_configuration(gateway, epoch, command, result, now_ms)
        case "trust-keys" if result.outcome in DONE:
            _note_keys(gateway, command)
    if result.outcome not in DONE and result.outcome != CommandOutcome.PENDING:
        detail = f"{command.kind} {command.subject}: {result.outcome.value} {result.detail}"
        if command.kind == "grant":
            detail += f"; mend its cause, then `cardroom-central resend-grant {command.subject}`"
        subject = f"{command.kind}:{command.subject}"
        raise_alarm("command-refused", subject, now_ms=now_ms, gateway_id=gateway.pk, detail=detail)
    elif result.outcome in DONE:
        clear_alarm(
            "command-refused", f"{command.kind}:{command.subject}", now_ms=now_ms, gateway_id=gateway.pk
        )


def _note_keys(gateway: Gateway, command: Command) -> None:
    order = decode_command(bytes(command.body))
    if isinstance(order, TrustKeys):
        note_told(gateway, order)


def _settle_grant(gateway: Gateway, command: Command, result: CommandResult, now_ms: int) -> None:
    """EXISTS proves nothing by itself: the entry that credited it came before, or the gateway means another grant (C-11)."""
    if result.outcome in DONE and result.outcome != CommandOutcome.EXISTS:
        return
    unproved = Delivery.objects.filter(pk=command.subject, applied_ms=None)
    if unproved.update(refused=result.outcome.value) and result.outcome == CommandOutcome.EXISTS:
        grant = command.subject
        detail = f"the gateway says that it has grant {grant}, and no entry proves it: `cardroom-central resend-grant {grant}`"
        raise_alarm(GRANT_UNPROVED, grant, now_ms=now_ms, gateway_id=gateway.pk, detail=detail)


def _settle_take_back(gateway: Gateway, command: Command, result: CommandResult, now_ms: int) -> None:
    request = TakeBackRequest.objects.filter(pk=command.subject).first()
    if request is None or request.state != TakeBackRequest.State.PENDING:
        return
    taken = result.outcome in DONE
    request.state = TakeBackRequest.State.SETTLED if taken else TakeBackRequest.State.REFUSED
    request.outcome, request.answered_ms = result.outcome.value, instant_ms(result.at, now_ms)
    request.save(update_fields=["state", "outcome", "answered_ms"])
    book([pending_memo(request, settled=True, at_ms=request.answered_ms)], now_ms)
    settle(request, now_ms)
    reclaims.settle(request, now_ms)
    settle_collection(request, now_ms)
    settle_subsidy(request, now_ms)
    answered = sum(abs(line.amount) for line in result.taken)
    if taken and result.outcome != CommandOutcome.EXISTS and answered != request.taken:
        detail = f"the answer says {answered} was taken, the entries say {request.taken}"
        raise_alarm(
            "take-back-differs", request.request_id, now_ms=now_ms, gateway_id=gateway.pk, detail=detail
        )


def _settle_closing(command: Command, result: CommandResult, now_ms: int) -> None:
    closing = Closing.objects.filter(pk=command.subject).select_related("account").first()
    if closing is None or closing.state in (Closing.State.FINAL, Closing.State.REFUSED):
        return
    at_ms = instant_ms(result.at, now_ms)
    closing.outcome, closing.answered_ms = result.outcome.value, at_ms
    if result.outcome == CommandOutcome.PENDING or _is_still_closing(result):
        closing.state = Closing.State.PENDING
    elif result.outcome in DONE:
        closing.state = Closing.State.FINAL
        closing.final_register_wh = result.final_register_wh
        closing.left = [[line.bucket, line.unit, -line.amount] for line in result.taken]
        Account.objects.filter(pk=closing.account_id).update(state=Account.State.CLOSED, closed_ms=at_ms)
    else:
        closing.state = Closing.State.REFUSED
        Account.objects.filter(pk=closing.account_id).update(state=Account.State.OPEN)
    closing.save()
    settle_closing(closing, now_ms)


def _is_still_closing(result: CommandResult) -> bool:
    """EXISTS alone says that the closing was asked for before: its end comes under the number it had then (C-8)."""
    return result.outcome == CommandOutcome.EXISTS and result.final_register_wh is None


def _note_configuration(
    gateway: Gateway, epoch: GatewayEpoch, command: Command, result: CommandResult, now_ms: int
) -> None:
    if result.outcome not in DONE:
        return
    refused = Alarm.objects.filter(gateway=gateway, what="command-refused", cleared_ms=None)
    refused.filter(subject__startswith="configure:").update(cleared_ms=now_ms)
    Gateway.objects.filter(pk=gateway.pk, applied_config_version__lt=int(command.subject)).update(
        applied_config_version=int(command.subject)
    )
    if not epoch.opened and _opens(epoch, command):
        epoch.opened = True
        epoch.save(update_fields=["opened"])


def _opens(epoch: GatewayEpoch, command: Command) -> bool:
    """Say whether a configuration carried this epoch's opening; any that was taken did, the first one first."""
    configure = decode_command(bytes(command.body))
    opening = configure.opening if isinstance(configure, Configure) else None
    return opening is not None and opening.epoch == epoch.epoch
