"""A room that is told privately: nothing but a code before it is confirmed, once for each fall, and it ends with who asked."""

import re
from collections.abc import Iterator

import pytest
from django.utils import translation

from central.campus.models import Account
from central.desk.room_notices.models import RoomNotice
from central.desk.room_notices.operations import (
    ASKED_A_DAY,
    CODE_TRIES,
    NoticeRefusal,
    ask,
    confirm,
    end,
    notice_of_token,
)
from central.desk.room_notices.telling import tell_low_rooms
from central.domain.notice import Kind, State, Trouble
from central.ledger.chart_of_accounts import customer, energy_revenue, subsidy
from central.ledger.models import AuditEntry
from central.ledger.operations import Draft, book
from central.ledger.verification import verify_books
from central.office import channels, notice_queries
from central.office.carrier import Failure
from central.office.channels import AskedServer
from central.office.models import Channel, Delivery, Notice
from central.office.notice_queries import Choice
from central.office.notice_sending import mark_failed, send_next
from central.office.sealing import unseal
from tests.central.conftest import NOW_MS
from tests.central.notice_endpoints import SmtpEnd, smtp_end

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
ADDRESS = "zhang.san@college.example"
YUAN = 1_000_000


@pytest.fixture
def post(campus: None, settings: object) -> Iterator[SmtpEnd]:
    settings.SITE_ADDRESS = "https://card.college.example"
    with smtp_end("quiet-lamp") as end_:
        server = AskedServer("127.0.0.1", end_.port, "insecure", "cardroom", "quiet-lamp", "desk@college.example")  # fmt: skip
        channels.set_mail_server(server, actor="t", now_ms=NOW_MS)
        yield end_


def account(code: str = "1-301.1") -> Account:
    return Account.objects.select_related("point__room__building", "point__customer_class").get(code=code)


def wish(address: str = ADDRESS, limit: int | None = None, now_ms: int = NOW_MS) -> RoomNotice:
    asked = ask(account(), address, limit, "en", actor="anna", now_ms=now_ms)
    assert isinstance(asked, RoomNotice), asked
    return asked


def mails(post: SmtpEnd, now_ms: int = NOW_MS) -> list[str]:
    Channel.objects.update(rest_until_ms=0)
    while send_next(lambda: now_ms):
        pass
    assert all(recipients == [ADDRESS] for recipients, _mail in post.mails)
    return [f"{mail['subject']}\n{mail.get_body(('plain',)).get_content()}" for _to, mail in post.mails]


def code_in(mail: str) -> str:
    found = re.search(r"\b\d{6}\b", mail)
    assert found, mail
    return found[0]


def move(amount: int, at_ms: int) -> None:
    mine = customer("1-301.1", "paid", "yuan")
    sides = (subsidy("yuan"), mine) if amount > 0 else (mine, energy_revenue("dormitory", "yuan"))
    book([Draft(f"move:{at_ms}", *sides, abs(amount), "subsidy", at_ms)], at_ms)


def confirmed(post: SmtpEnd, **more: object) -> RoomNotice:
    notice = wish(**more)
    done = confirm(account(), code_in(mails(post)[-1]), actor="resident", now_ms=NOW_MS + MINUTE_MS)
    assert isinstance(done, RoomNotice)
    return RoomNotice.objects.get(pk=notice.pk)


def test_nothing_but_the_code_comes_before_it_is_typed(post: SmtpEnd) -> None:
    notice = wish()
    assert tell_low_rooms(NOW_MS) == 0
    [mail] = mails(post)
    code = code_in(mail)
    assert "1-301" in mail
    wrong = "000000" if code != "000000" else "1"
    assert confirm(account(), wrong, actor="r", now_ms=NOW_MS) is NoticeRefusal.WRONG_CODE
    assert confirm(account(), f" {code[:3]} {code[3:]}", actor="r", now_ms=NOW_MS) == notice
    assert tell_low_rooms(NOW_MS) == 1
    low = mails(post)[-1]
    assert "Room 1-301: the balance is low" in low
    assert "0.00 yuan left, below 10.00 yuan." in low
    for name in ("Wang", "Li", "Zhang"):
        assert name not in low.replace(ADDRESS, "")


def test_the_code_and_the_address_stand_on_no_page_and_in_no_record(post: SmtpEnd) -> None:
    notice = wish()
    code = code_in(mails(post)[0])
    assert Channel.objects.get(pk=notice.channel_id).shown == "z…@college.example"
    assert unseal(notice.channel.sealed) == {"to": ADDRESS}
    assert not notice_queries.deliveries(Choice()).exists()
    assert not notice_queries.channels().exists()
    with translation.override("en"):
        words = notice_queries.words_of(Notice.objects.get(), "en")
    assert code not in words.in_one()
    written = " ".join(f"{row.subject} {row.detail}" for row in AuditEntry.objects.all())
    assert ADDRESS not in written + str(Notice.objects.get().params)
    assert code not in written + str(Notice.objects.get().params) + notice.code_hash
    sent = Delivery.objects.select_related("notice", "channel").get()
    Delivery.objects.update(state=State.QUEUED)
    mark_failed(sent, Failure(Trouble.REFUSED, f"550 5.1.1 <{ADDRESS}>: no such user"), NOW_MS)
    sent.refresh_from_db()
    assert (sent.failures, sent.trouble, sent.detail) == (1, Trouble.REFUSED, ""), "a mail server repeats it"


def test_codes_end_by_time_and_by_tries(post: SmtpEnd) -> None:
    wish()
    assert confirm(account(), "1", actor="r", now_ms=NOW_MS + 61 * MINUTE_MS) is NoticeRefusal.CODE_OVER
    wrong = [confirm(account(), "x", actor="r", now_ms=NOW_MS) for _try in range(CODE_TRIES)]
    assert wrong[-1] is NoticeRefusal.CODE_OVER
    right = code_in(mails(post)[-1])
    assert confirm(account(), right, actor="r", now_ms=NOW_MS) is NoticeRefusal.CODE_OVER
    tell_low_rooms(NOW_MS + 61 * MINUTE_MS)
    assert RoomNotice.objects.get().why_ended == "unconfirmed"
    assert confirm(account(), right, actor="r", now_ms=NOW_MS) is NoticeRefusal.NOTHING_WAITS


def test_nobody_is_flooded_with_codes(post: SmtpEnd) -> None:
    for _time in range(ASKED_A_DAY):
        wish()
    assert ask(account(), ADDRESS, None, "en", actor="r", now_ms=NOW_MS) is NoticeRefusal.TOO_OFTEN
    assert RoomNotice.objects.exclude(state="ended").count() == 1
    assert isinstance(ask(account("1-302.1"), ADDRESS, None, "en", actor="r", now_ms=NOW_MS), RoomNotice)
    assert ask(account(), "no address", None, "en", actor="r", now_ms=NOW_MS) is NoticeRefusal.NOT_MAIL
    assert isinstance(ask(account(), ADDRESS, None, "en", actor="r", now_ms=NOW_MS + 2 * DAY_MS), RoomNotice)


def test_a_room_is_told_once_for_each_fall(post: SmtpEnd) -> None:
    move(20 * YUAN, NOW_MS - 1)
    confirmed(post)
    told = []
    moves = {2: -11 * YUAN, 30: 20 * YUAN, 32: -20 * YUAN, 60: 1}
    for hour in range(1, 24 * 7):
        now_ms = NOW_MS + hour * HOUR_MS
        if hour in moves:
            move(moves[hour], now_ms)
        told += [hour] * tell_low_rooms(now_ms)
    assert told == [2, 32, 32 + 72], "at each fall, and again after the setting's three days"
    assert verify_books()[0].holds


def test_the_residents_own_limit_counts(post: SmtpEnd) -> None:
    move(20 * YUAN, NOW_MS - 1)
    confirmed(post, limit=25 * YUAN)
    assert tell_low_rooms(NOW_MS + HOUR_MS) == 1
    assert "20.00 yuan left, below 25.00 yuan." in mails(post, NOW_MS + HOUR_MS)[-1]


def test_it_ends_by_the_link_and_the_address_is_forgotten(post: SmtpEnd, client: object) -> None:
    notice = confirmed(post)
    assert tell_low_rooms(NOW_MS + HOUR_MS) == 1
    link = re.search(r"https://card.college.example(/my-room/notice/stop/\S+)", mails(post, NOW_MS + HOUR_MS)[-1])  # fmt: skip
    assert link
    path = link[1]
    assert notice_of_token(path.rstrip("/").rpartition("/")[2]) == notice
    assert client.get(path).status_code == 200
    assert RoomNotice.objects.get().state == "on", "a program that follows links by itself ends nothing"
    assert client.post(path).status_code == 200
    ended = RoomNotice.objects.get()
    assert (ended.state, ended.why_ended) == ("ended", "link")
    channel = Channel.objects.get(kind=Kind.MAIL)
    assert (channel.is_active, channel.sealed, channel.shown) == (False, "", "")
    assert client.get(path[:-4] + "x/").status_code == 404
    assert tell_low_rooms(NOW_MS + 9 * DAY_MS) == 0


def test_it_ends_with_the_occupancy_and_what_waits_is_not_sent(post: SmtpEnd) -> None:
    confirmed(post)
    assert tell_low_rooms(NOW_MS + HOUR_MS) == 1
    Account.objects.filter(code="1-301.1").update(state=Account.State.CLOSED, closed_ms=NOW_MS)
    assert tell_low_rooms(NOW_MS + 2 * HOUR_MS) == 0
    assert RoomNotice.objects.get().why_ended == "departed"
    before = len(post.mails)
    mails(post, NOW_MS + 2 * HOUR_MS)
    assert len(post.mails) == before
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SENT, State.GAVE_UP}
    assert ask(account(), ADDRESS, None, "en", actor="r", now_ms=NOW_MS) is NoticeRefusal.NOBODY_THERE


def test_ending_twice_changes_nothing(post: SmtpEnd) -> None:
    notice = confirmed(post)
    for why in (RoomNotice.Why.DESK, RoomNotice.Why.LINK):
        end(notice.pk, why, actor="anna", now_ms=NOW_MS)
    assert RoomNotice.objects.get().why_ended == "desk"
    assert AuditEntry.objects.filter(action="room-notice-ended").count() == 1
