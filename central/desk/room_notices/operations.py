"""Ask for a room's notices, confirm the address by the code that was sent to it, end them. One transaction each, on record.

The ledger's head is locked first, so that two asks meet there; then the wish, then its channel (`office.notice_models`). No record
names an address.
"""

import secrets
from enum import StrEnum

from django.core import signing
from django.db import transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from central.campus.models import Account
from central.desk.room_notices.models import RoomNotice
from central.domain.notice import TO_BE_SENT, Kind, State, Trouble
from central.domain.notice_address import is_mail_address, masked
from central.ledger.one_writer import lock_head
from central.ledger.operations import record_audit
from central.office.models import Channel, MailServer
from central.office.notice_models import PRIVATE
from central.office.notices import notify
from central.office.sealing import seal

RESIDENT = "resident"
"""The actor on record where residents act themselves."""
CODE_TEMPLATE = "room-notice-code"
CODE_DIGITS, CODE_MINUTES, CODE_TRIES = 6, 60, 5
ASKED_A_DAY, DAY_MS, MINUTE_MS = 5, 86_400_000, 60_000
SALT = "desk.room-notices"
LIVE = (RoomNotice.State.WAITING, RoomNotice.State.ON)


class NoticeRefusal(StrEnum):
    """Why a wish was not taken, confirmed or ended."""

    NOT_MAIL = "not-mail"
    NO_MAIL_SERVER = "no-mail-server"
    """No code could arrive, and a day's codes would be used up in vain."""
    NOBODY_THERE = "nobody-there"
    """The account is closed, or being closed."""
    TOO_OFTEN = "too-often"
    """Codes are sent to somebody's address: not without end."""
    NOTHING_WAITS = "nothing-waits"
    WRONG_CODE = "wrong-code"
    CODE_OVER = "code-over"
    """Too old, or too many wrong ones."""


@transaction.atomic
def ask(
    account: Account, address: str, limit: int | None, language: str, *, actor: str, now_ms: int
) -> RoomNotice | NoticeRefusal:
    """Take a wish and send its code to the address. A former wish of the room ends; nothing else is sent before it is typed."""
    address = address.strip()
    if not is_mail_address(address):
        return NoticeRefusal.NOT_MAIL
    if not MailServer.objects.exists():
        return NoticeRefusal.NO_MAIL_SERVER
    lock_head()
    account = Account.objects.select_related("point__room__building").get(pk=account.pk)
    if account.state != Account.State.OPEN:
        return NoticeRefusal.NOBODY_THERE
    lately = RoomNotice.objects.filter(account=account, asked_ms__gt=now_ms - DAY_MS)
    if lately.count() >= ASKED_A_DAY:
        return NoticeRefusal.TOO_OFTEN
    for former in RoomNotice.objects.filter(account=account, state__in=LIVE):
        _end(former, RoomNotice.Why.REPLACED, actor, now_ms)
    code = f"{secrets.randbelow(10**CODE_DIGITS):0{CODE_DIGITS}d}"
    notice = RoomNotice.objects.create(
        account=account,
        channel=_channel(address, language),
        limit=limit,
        asked_ms=now_ms,
        asked_by=actor,
        code_hash=_hash(account, code),
        code_until_ms=now_ms + CODE_MINUTES * MINUTE_MS,
    )
    _on_record(notice, "room-notice-asked", actor, "", now_ms)
    _send_code(notice, code, now_ms)
    return notice


@transaction.atomic
def confirm(account: Account, code: str, *, actor: str, now_ms: int) -> RoomNotice | NoticeRefusal:
    """Take the code that was sent to the address: from now on the room is told."""
    lock_head()
    waiting = RoomNotice.objects.select_for_update(no_key=True).filter(
        account=account, state=RoomNotice.State.WAITING
    )
    notice = waiting.first()
    if notice is None:
        return NoticeRefusal.NOTHING_WAITS
    if now_ms >= notice.code_until_ms or notice.code_tries >= CODE_TRIES:
        return NoticeRefusal.CODE_OVER
    if not constant_time_compare(notice.code_hash, _hash(account, "".join(code.split()))):
        notice.code_tries += 1
        notice.save(update_fields=["code_tries"])
        return NoticeRefusal.WRONG_CODE if notice.code_tries < CODE_TRIES else NoticeRefusal.CODE_OVER
    notice.state, notice.confirmed_ms = RoomNotice.State.ON, now_ms
    notice.save(update_fields=["state", "confirmed_ms"])
    _on_record(notice, "room-notice-confirmed", actor, "", now_ms)
    return notice


@transaction.atomic
def end(notice_id: int, why: RoomNotice.Why, *, actor: str, now_ms: int) -> RoomNotice:
    """End a wish: the address is forgotten at once. One that has ended stays as it is."""
    lock_head()
    notice = RoomNotice.objects.select_for_update(no_key=True).get(pk=notice_id)
    if notice.state in LIVE:
        _end(notice, why, actor, now_ms)
    return notice


def live_notice(account: Account) -> RoomNotice | None:
    """Give a room's wish that waits or is in use."""
    return RoomNotice.objects.filter(account=account, state__in=LIVE).select_related("channel").first()


def stop_token(notice: RoomNotice) -> str:
    """Give the token of a link by which a wish is ended, without a PIN: whoever has the mail may end its mails."""
    return signing.dumps(notice.pk, salt=SALT)


def notice_of_token(token: str) -> RoomNotice | None:
    """Find the wish that a link ends; None when the link was changed."""
    try:
        number = signing.loads(token, salt=SALT)
    except signing.BadSignature:
        return None
    found = RoomNotice.objects.filter(pk=number) if isinstance(number, int) else RoomNotice.objects.none()
    return found.first()


def _end(notice: RoomNotice, why: RoomNotice.Why, actor: str, now_ms: int) -> None:
    notice.state, notice.ended_ms = RoomNotice.State.ENDED, now_ms
    notice.ended_by, notice.why_ended = actor, why
    _on_record(notice, "room-notice-ended", actor, str(why.value), now_ms)
    notice.save(update_fields=["state", "ended_ms", "ended_by", "why_ended"])
    Channel.objects.filter(pk=notice.channel_id).update(is_active=False, sealed="", shown="")
    waiting = notice.channel.deliveries.filter(state__in=TO_BE_SENT)
    waiting.update(state=State.GAVE_UP, trouble=Trouble.CHANNEL_CLOSED, detail="")


def _channel(address: str, language: str) -> Channel:
    name = f"{PRIVATE}{secrets.token_hex(8)}"
    return Channel.objects.create(
        name=name,
        group=name,
        kind=Kind.MAIL,
        language=language,
        sealed=seal({"to": address}),
        shown=masked(address),
    )


def _send_code(notice: RoomNotice, code: str, now_ms: int) -> None:
    room = notice.account.point.room.full_label
    params = {"room": room, "code_secret": seal({"value": code}), "minutes": CODE_MINUTES}
    notify(
        CODE_TEMPLATE, params, to=[notice.channel.group], key=f"room-notice-code-{notice.pk}", now_ms=now_ms
    )


def _hash(account: Account, code: str) -> str:
    return salted_hmac(SALT, f"{account.pk} {code}", algorithm="sha256").hexdigest()


def _on_record(notice: RoomNotice, action: str, actor: str, detail: str, now_ms: int) -> None:
    record_audit(actor=actor, action=action, subject=notice.account.code, detail=detail, now_ms=now_ms)
