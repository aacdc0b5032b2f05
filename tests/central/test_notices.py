"""The queue: told once, tried again, given up on record, whoever sends; over real servers."""

from collections.abc import Iterator

import pytest
from django.db import transaction

from central.domain.notice import DAY_MS, HOUR_MS, MINUTE_MS, Kind, State, Trouble
from central.ledger.models import AuditEntry
from central.ledger.verification import verify_books
from central.office import channels, notice_queries
from central.office.channels import Asked, AskedServer, ChannelRefusal
from central.office.models import Channel, Delegation, Delivery, Notice, User
from central.office.notice_sending import send_next
from central.office.notice_templates import PLACE, TEMPLATES, Template, WrongParameters, register, render
from central.office.notices import notify
from central.office.sealing import seal, unseal
from tests.central.notice_endpoints import HttpEnd, SmtpEnd, http_end, smtp_end

NOW_MS = 1_790_000_000_000
PARAMS = {"number": 12, "act_word": "Prices", "subject": "dormitory", "link": "/office/approvals/12/"}


def tell(key: str = "approval-12", to: tuple[str, ...] = ("finance",), now_ms: int = NOW_MS, **more: object) -> int:  # fmt: skip
    with transaction.atomic():
        return notify("approval-waiting", PARAMS, to=to, key=key, now_ms=now_ms, **more)


def send_all(now_ms: int) -> int:
    sent = 0
    while send_next(lambda: now_ms):
        sent += 1
    return sent


def made(**changed: object) -> Channel:
    asked = {"name": "finance group", "kind": Kind.BY_HAND, "office": "finance", "group": "", "language": "zh-hans"}  # fmt: skip
    channel = channels.save_channel(Asked(**(asked | changed)), None, actor="test", now_ms=NOW_MS)
    assert isinstance(channel, Channel), channel
    return channel


@pytest.fixture
def bot(db: None) -> Iterator[HttpEnd]:
    """A QQ bot that takes what it gets, and a channel of finance to it."""
    with http_end() as end:
        end.answer = lambda heard: (200, {"status": "ok", "retcode": 0})
        made(kind=Kind.ONEBOT, address=f"http://127.0.0.1:{end.port}", secret="tok-en", onebot_group="12345")
        yield end


@pytest.fixture
def post(db: None) -> Iterator[SmtpEnd]:
    """The mail server that central is told to use."""
    with smtp_end("quiet-lamp") as end:
        asked = AskedServer(
            "127.0.0.1", end.port, "insecure", "cardroom", "quiet-lamp", "desk@college.example"
        )
        assert not isinstance(channels.set_mail_server(asked, actor="test", now_ms=NOW_MS), ChannelRefusal)
        yield end


def text_of(end: HttpEnd, at: int = -1) -> str:
    return end.heard[at].json["message"][0]["data"]["text"]


def test_a_notice_is_told_in_the_channels_language(bot: HttpEnd) -> None:
    assert tell() == 1
    assert bot.heard == []
    assert send_all(NOW_MS) == 1
    assert text_of(bot).startswith("审批 12 待贵部门处理：")
    assert "事项：dormitory" in text_of(bot)
    row = Delivery.objects.get()
    assert (row.state, row.told_ms, row.parts) == (State.SENT, NOW_MS, 1)
    Channel.objects.update(language="en")
    tell(key="another")
    send_all(NOW_MS + MINUTE_MS)
    assert text_of(bot).startswith("Approval 12 waits for your office:")


def test_nothing_leaves_when_the_act_is_rolled_back(bot: HttpEnd) -> None:
    with transaction.atomic():
        assert notify("approval-waiting", PARAMS, to=["finance"], key="k", now_ms=NOW_MS) == 1
        transaction.set_rollback(True)
    assert Delivery.objects.count() == 0
    assert send_all(NOW_MS) == 0


def test_a_long_name_or_key_stops_nobodys_payment(post: SmtpEnd) -> None:
    for last in "ab":
        User.objects.create_user("x" * 149 + last, email=f"{last}@college.example", role="finance")
    assert tell() == 2
    with pytest.raises(WrongParameters):
        tell(key="k" * 121)


def test_the_same_key_is_told_once_and_counted(bot: HttpEnd) -> None:
    assert [tell(), tell(), tell(now_ms=NOW_MS + DAY_MS)] == [1, 0, 0]
    assert tell(key="approval-13") == 1
    send_all(NOW_MS)
    send_all(NOW_MS + MINUTE_MS)
    assert len(bot.heard) == 2
    assert list(Delivery.objects.order_by("pk").values_list("repeats", flat=True)) == [2, 0]
    assert Notice.objects.count() == 2


def test_after_its_window_the_same_key_is_told_again(bot: HttpEnd) -> None:
    def silent(now_ms: int) -> int:
        with transaction.atomic():
            return notify("gateway-silent", {"building": "1"}, to=["finance"], key="gw-1", now_ms=now_ms)

    assert [silent(NOW_MS), silent(NOW_MS + 12 * HOUR_MS - 1), silent(NOW_MS + 12 * HOUR_MS)] == [1, 0, 1]


def test_whom_an_office_without_a_channel_is_told_by(post: SmtpEnd) -> None:
    """Its people's own mail, and that of who stands in for them; each once; closed people not."""
    wang = User.objects.create_user("wang", email="wang@college.example", role="finance")
    User.objects.create_user("gone", email="gone@college.example", role="finance", is_active=False)
    User.objects.create_user("mute", role="finance")
    li = User.objects.create_user("li", email="li@college.example", role="director")
    Delegation.objects.create(
        absent=wang, stand_in=li, from_ms=NOW_MS - 1, until_ms=NOW_MS + DAY_MS, reason="x", made_by="x"
    )
    assert tell(persons=[wang.pk]) == 2
    assert send_all(NOW_MS) == 2
    assert sorted(to[0] for to, _ in post.mails) == ["li@college.example", "wang@college.example"]
    assert post.mails[0][1]["Subject"].startswith("审批 12 待贵部门处理")
    assert Delivery.objects.filter(state=State.SENT).count() == 2


def test_an_office_with_a_channel_is_told_there_and_only_there(bot: HttpEnd, post: SmtpEnd) -> None:
    User.objects.create_user("wang", email="wang@college.example", role="finance")
    made(name="building 1 heads", office="", group="building-1")
    assert tell(to=("finance", "building-1")) == 2
    send_all(NOW_MS)
    assert (len(bot.heard), post.mails) == (1, [])
    assert Delivery.objects.get(channel__group="building-1").state == State.BY_HAND_WAITING


def test_who_is_told_by_nobody_is_shown(db: None) -> None:
    assert [tell(), tell()] == [0, 0]
    (notice,) = notice_queries.told_nobody()
    assert notice.audience == ["finance"]


def test_a_person_changes_his_mail_and_then_none(post: SmtpEnd) -> None:
    wang = User.objects.create_user("wang", role="finance")
    assert channels.set_own_mail(wang.pk, "no mail", "en", now_ms=NOW_MS) == ChannelRefusal.NOT_MAIL
    channels.set_own_mail(wang.pk, "w@college.example", "en", now_ms=NOW_MS)
    assert tell() == 1
    channels.set_own_mail(wang.pk, "new@college.example", "en", now_ms=NOW_MS)
    send_all(NOW_MS)
    assert post.mails[0][0] == ["new@college.example"]
    assert "waits for your office" in post.mails[0][1]["Subject"]
    tell(key="second")
    channels.set_own_mail(wang.pk, "", "en", now_ms=NOW_MS)
    send_all(NOW_MS)
    assert Delivery.objects.get(notice__key="second").trouble == Trouble.NO_ADDRESS
    assert tell(key="third") == 0


def test_it_is_tried_again_later_and_later_and_given_up_on_record(bot: HttpEnd) -> None:
    bot.answer = lambda heard: (200, {"status": "failed", "retcode": 100, "wording": "tok-en is blocked"})
    tell()
    now_ms, tries = NOW_MS, []
    while Delivery.objects.get().state != State.GAVE_UP:
        assert send_all(now_ms) == 1
        tries.append((now_ms - NOW_MS) // MINUTE_MS)
        row = Delivery.objects.get()
        assert send_all(row.next_ms - 1) == 0, "it waits its time"
        now_ms = max(row.next_ms, row.channel.rest_until_ms)
    assert tries[:5] == [0, 1, 3, 7, 15]
    assert 3 * 24 * 60 <= tries[-1] < 3 * 24 * 60 + 361
    assert (row.trouble, row.detail) == (Trouble.REFUSED, "100 … is blocked")
    entry = AuditEntry.objects.get(action="notice-given-up")
    assert (entry.actor, entry.subject) == ("notices", "finance group")
    assert notice_queries.given_up(now_ms) == 1
    assert [check.fault for check in verify_books() if check.fault] == []

    bot.answer = lambda heard: (200, {"status": "ok", "retcode": 0})
    assert not isinstance(channels.try_again(row.pk, actor="admin", now_ms=now_ms), ChannelRefusal)
    send_all(now_ms)
    assert Delivery.objects.get().state == State.SENT
    again = channels.try_again(row.pk, actor="admin", now_ms=now_ms)
    assert again == ChannelRefusal.NOT_GIVEN_UP
    assert AuditEntry.objects.filter(action="retry-notice").count() == 1, "a refused act leaves no entry"


def test_what_was_given_up_may_be_asked_again(bot: HttpEnd) -> None:
    tell()
    Delivery.objects.update(state=State.GAVE_UP)
    assert tell(now_ms=NOW_MS + 1) == 1


LONG = Template("long", "Rooms of %(building)s", ("%(rooms)s",))


def test_a_long_text_goes_on_behind_the_part_that_went(bot: HttpEnd) -> None:
    register("long", LONG)
    rooms = "\n".join(f"{n} 号房 余额 {n}.25 元" for n in range(1000, 1400))
    with transaction.atomic():
        notify("long", {"building": "1", "rooms": rooms}, to=["finance"], key="k", now_ms=NOW_MS)
    del TEMPLATES["long"]
    register("long", LONG)
    assert send_all(NOW_MS) == 1, "the channel rests between two parts"
    bot.answer = lambda heard: (500, {})
    send_all(NOW_MS + 2_000)
    bot.answer = lambda heard: (200, {"status": "ok", "retcode": 0})
    now_ms = NOW_MS + 2_000
    while Delivery.objects.get().state == State.QUEUED:
        now_ms += MINUTE_MS
        send_all(now_ms)
    texts = [heard.json["message"][0]["data"]["text"] for heard in bot.heard]
    total = Delivery.objects.get().parts
    assert total == 3
    assert [text.partition("\n")[0] for text in texts] == ["(1/3)", "(2/3)", "(2/3)", "(3/3)"]
    assert all(len(text.encode()) <= 4500 for text in texts)
    told = "\n".join(text.partition("\n")[2] for text in [texts[0], *texts[2:]])
    assert told == f"Rooms of 1\n{rooms}"
    del TEMPLATES["long"]


def test_a_dead_channel_does_not_hold_up_the_others(bot: HttpEnd) -> None:
    bot.answer = lambda heard: (500, {})
    for n in range(20):
        tell(key=f"k{n}")
    with http_end() as other:
        other.answer = lambda heard: (200, {"status": "ok", "retcode": 0})
        made(name="second", office="director", kind=Kind.ONEBOT,
             address=f"http://127.0.0.1:{other.port}", onebot_group="12345")  # fmt: skip
        tell(key="z", to=("director",))
        assert send_all(NOW_MS) == 2, "the dead one rests after its first failure"
        assert len(other.heard) == 1


def test_a_closed_channel_gives_up_what_waits(bot: HttpEnd) -> None:
    tell()
    channel = Channel.objects.get()
    channels.set_open(channel.pk, False, actor="admin", now_ms=NOW_MS)
    assert send_all(NOW_MS) == 0
    assert Delivery.objects.get().trouble == Trouble.CHANNEL_CLOSED
    assert channels.send_test(channel.pk, actor="admin", now_ms=NOW_MS) == ChannelRefusal.CLOSED


def test_by_hand_is_told_by_one_person_once(db: None) -> None:
    made()
    tell()
    assert send_all(NOW_MS) == 0
    (waiting,) = notice_queries.by_hand()
    assert waiting.texts[0].startswith("审批 12")
    told = channels.told_by_hand(waiting.delivery.pk, actor="anna", now_ms=NOW_MS + 5)
    assert not isinstance(told, ChannelRefusal)
    row = Delivery.objects.get()
    assert (row.state, row.told_ms, row.told_by) == (State.BY_HAND_DONE, NOW_MS + 5, "anna")
    second = channels.told_by_hand(row.pk, actor="bob", now_ms=NOW_MS + 6)
    assert second == ChannelRefusal.ALREADY_TOLD
    assert Delivery.objects.get().told_by == "anna"


def test_a_test_says_that_it_is_one(bot: HttpEnd) -> None:
    channels.send_test(Channel.objects.get().pk, actor="admin", now_ms=NOW_MS)
    send_all(NOW_MS)
    assert text_of(bot).startswith("渠道测试：finance group")
    assert "admin" in text_of(bot)


def test_an_address_is_sealed_kept_and_replaced(bot: HttpEnd, settings: object) -> None:
    channel = Channel.objects.get()
    assert "tok-en" not in channel.sealed + channel.shown
    assert unseal(channel.sealed)["secret"] == "tok-en"
    kept = Asked("renamed", Kind.ONEBOT, "finance", "", "en")
    changed = channels.save_channel(kept, channel.pk, actor="admin", now_ms=NOW_MS)
    assert isinstance(changed, Channel)
    assert unseal(changed.sealed)["secret"] == "tok-en"
    assert not AuditEntry.objects.filter(detail__contains="tok-en").exists()
    settings.SECRET_KEY = "another server's"
    tell()
    send_all(NOW_MS)
    assert Delivery.objects.get().trouble == Trouble.ADDRESS_UNREADABLE
    assert unseal(seal({"a": "b"})) == {"a": "b"}


def test_what_no_version_has_words_for_is_shown_by_its_code(bot: HttpEnd) -> None:
    tell()
    Notice.objects.update(template="of-a-newer-version")
    send_all(NOW_MS)
    assert Delivery.objects.get().trouble == Trouble.NO_TEMPLATE
    (line,) = notice_queries.lines(notice_queries.deliveries(notice_queries.Choice()))
    assert line.words.title == "of-a-newer-version"
    with pytest.raises(WrongParameters):
        render("approval-waiting", {"number": 1}, "en")


@pytest.mark.parametrize("code", TEMPLATES)
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_template_has_words_in_both_languages(code: str, language: str) -> None:
    template = TEMPLATES[code]
    places = {"number": 7, "hours": 5, "link": "/office/x/", "act_word": "Prices", "decision_word": "closed"}
    named = PLACE.findall(" ".join((template.title, *template.lines)))
    filled = {name: places.get(name, "Prices" if name.endswith("_word") else f"<{name}>") for name in named}
    words = render(code, filled, language, "https://card.example")
    assert "%(" not in words.in_one()
    assert len(words.text.splitlines()) == len(template.lines)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in words.in_one()) == (language == "zh-hans")
    assert "https://card.example/office/x/" in words.text or "link" not in "".join(template.lines)
