"""The pages of notices: channels without their keys, a test, the log with its filters, telling by hand, one's own mail."""

import pytest
from django.db import transaction
from django.test import Client

from central import clock
from central.domain.notice import State, Trouble
from central.office.models import Channel, Delivery, MailServer, User
from central.office.notices import notify
from central.office.sealing import unseal

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

KEY = "0123abcd4567efgh"
WEBHOOK = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"
GROUP = {
    "name": "finance group",
    "kind": "wecom",
    "office": "finance",
    "language": "zh-hans",
    "address": WEBHOOK,
}


def text_of(answer: object) -> str:
    return answer.content.decode()


def add(admin: Client, **changed: str) -> Channel:
    answer = admin.post("/office/channels/", GROUP | changed)
    assert answer.status_code == 302, text_of(answer)
    return Channel.objects.latest("pk")


def tell(key: str = "k", to: tuple[str, ...] = ("finance",)) -> None:
    with transaction.atomic():
        notify(
            "approval-waiting",
            {"number": 12, "act_word": "Prices", "subject": "dormitory"},
            to=to,
            key=key,
            now_ms=clock.now_ms(),
        )


def test_a_channels_key_is_never_shown_again(admin: Client) -> None:
    channel = add(admin)
    assert unseal(channel.sealed)["key"] == KEY
    for page in ("/office/channels/", f"/office/channels/{channel.pk}/", "/office/notices/"):
        answer = admin.get(page)
        assert KEY not in text_of(answer)
    answer = admin.get(f"/office/channels/{channel.pk}/")
    assert "qyapi.weixin.qq.com …efgh" in text_of(answer)
    assert "no-store" in answer.headers["Cache-Control"]


def test_changing_the_name_keeps_the_address(admin: Client) -> None:
    channel = add(admin)
    admin.post(f"/office/channels/{channel.pk}/", GROUP | {"name": "renamed", "address": ""})
    channel.refresh_from_db()
    assert (channel.name, unseal(channel.sealed)["key"]) == ("renamed", KEY)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"address": "https://oapi.dingtalk.com/robot/send?access_token=0123456789"}, "belongs to another kind"),
        ({"address": ""}, "no address of this kind"),
        ({"address": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"}, "holds no key"),
        ({"kind": "onebot", "address": "http://127.0.0.1:3000"}, "QQ group&#x27;s number"),
        ({"kind": "mail", "address": "nobody"}, "Write mail addresses"),
        ({"secret": "x"}, "signing secret"),
        ({"office": ""}, "Say for whom"),
        ({"office": "", "group": "Gebäude 1"}, "group&#x27;s code"),
        ({"name": "@me"}, "begin with @"),
        ({"name": ""}, "Fill this in"),
        ({"kind": "pigeon"}, "pigeon"),
    ],
)  # fmt: skip
def test_a_wrong_channel_says_what_to_do_and_keeps_what_was_typed(
    admin: Client, changed: dict[str, str], words: str
) -> None:
    answer = admin.post("/office/channels/", GROUP | changed)
    assert answer.status_code == 400
    assert words in text_of(answer)
    if changed.get("name") is None:
        assert 'value="finance group"' in text_of(answer)
    assert not Channel.objects.exists()


def test_two_channels_have_two_names(admin: Client) -> None:
    add(admin)
    answer = admin.post("/office/channels/", GROUP)
    assert answer.status_code == 400
    assert "Another channel has this name" in text_of(answer)


def test_a_test_is_queued_and_its_end_shows(admin: Client) -> None:
    channel = add(admin)
    page = f"/office/channels/{channel.pk}/"
    assert admin.post(f"{page}test/").status_code == 302
    row = Delivery.objects.get()
    assert row.state == State.QUEUED
    assert "waits to be sent" in text_of(admin.get(page, headers={"HX-Request": "true"}))
    Delivery.objects.update(failures=1, trouble=Trouble.WRONG_KEY, detail="93000 invalid webhook url")
    shown = text_of(admin.get(page))
    assert "failed, is tried again" in shown
    assert "copy its address again. (93000 invalid webhook url)" in shown.replace("\n", " ")


def test_closing_and_opening(admin: Client) -> None:
    channel = add(admin)
    admin.post(f"/office/channels/{channel.pk}/open/", {"open": "0"})
    assert not Channel.objects.get().is_active
    refused = admin.post(f"/office/channels/{channel.pk}/test/", follow=True)
    assert "Open it again first" in text_of(refused)
    admin.post(f"/office/channels/{channel.pk}/open/", {"open": "1"})
    assert Channel.objects.get().is_active


def test_the_mail_server_keeps_its_password_to_itself(admin: Client) -> None:
    typed = {"host": "smtp.college.example", "port": "587", "security": "starttls", "user": "desk",
             "password": "quiet-lamp-9", "sender": "desk@college.example"}  # fmt: skip
    assert admin.post("/office/mail-server/", typed).status_code == 302
    shown = text_of(admin.get("/office/mail-server/"))
    assert "quiet-lamp-9" not in shown
    assert "A password is set" in shown
    admin.post("/office/mail-server/", typed | {"password": "", "sender": "cards@college.example"})
    server = MailServer.objects.get()
    assert (server.sender, unseal(server.sealed_password)) == (
        "cards@college.example",
        {"password": "quiet-lamp-9"},
    )
    for other in ({"host": "smtp2.college.example"}, {"port": "2525"}, {"security": "insecure"}):
        taken = admin.post("/office/mail-server/", typed | {"password": "", **other})
        assert "typed for another server" in text_of(taken), "a kept password goes to no new server"
        assert MailServer.objects.get().host == "smtp.college.example"
    moved = typed | {"host": "smtp2.college.example"}
    assert admin.post("/office/mail-server/", moved).status_code == 302
    assert MailServer.objects.get().host == "smtp2.college.example"
    admin.post("/office/mail-server/", typed | {"password": "", "forget": "on"})
    assert MailServer.objects.get().sealed_password == ""
    wrong = admin.post("/office/mail-server/", typed | {"host": "http://x/", "port": "0", "sender": "x"})
    assert wrong.status_code == 400
    assert "quiet-lamp-9" not in text_of(wrong)


def test_the_log_is_filtered_and_what_was_given_up_is_tried_again(admin: Client) -> None:
    add(admin)
    add(admin, name="director group", office="director")
    tell("a")
    tell("b", to=("director",))
    tell("c", to=("store",))
    Delivery.objects.filter(channel__office="director").update(
        state=State.GAVE_UP, trouble=Trouble.UNREACHABLE
    )
    everything = text_of(admin.get("/office/notices/"))
    assert everything.count("Approval 12 waits for your office") == 3
    assert "1 notice reached nobody" in everything
    assert "1 notice was given up" in everything
    rows = text_of(admin.get("/office/notices/?audience=director&state=gave-up&template=approval-waiting"))
    assert "director group" in rows
    assert "finance group" not in rows
    assert "No notice yet" in text_of(admin.get("/office/notices/?template=test"))
    assert admin.get("/office/notices/?page=x&state=%00").status_code == 200
    lost = Delivery.objects.get(state=State.GAVE_UP)
    answer = admin.post(f"/office/notices/{lost.pk}/retry/", follow=True)
    assert "It is tried again now" in text_of(answer)
    lost.refresh_from_db()
    assert lost.state == State.QUEUED


def test_a_queue_that_nobody_sends_is_said(admin: Client) -> None:
    add(admin)
    tell()
    assert "Is the sender running" not in text_of(admin.get("/office/notices/"))
    Delivery.objects.update(next_ms=clock.now_ms() - 11 * 60_000)
    assert "1 notice should have gone out" in text_of(admin.get("/office/notices/"))


def test_a_cashier_tells_by_hand(admin: Client, cashier: Client) -> None:
    add(admin, name="QQ group", kind="by-hand", address="", office="", group="building-1")
    tell(to=("building-1",))
    assert '<span class="count warn">1</span>' in text_of(cashier.get("/"))
    page = text_of(cashier.get("/office/by-hand/"))
    assert "审批 12 待贵部门处理" in page
    row = Delivery.objects.get()
    done = cashier.post(f"/office/by-hand/{row.pk}/told/", follow=True)
    assert "Marked as told" in text_of(done)
    again = cashier.post(f"/office/by-hand/{row.pk}/told/", follow=True)
    assert "Somebody has told it already" in text_of(again)
    row.refresh_from_db()
    assert (row.state, row.told_by) == (State.BY_HAND_DONE, "cashier")
    assert cashier.post(f"/office/notices/{row.pk}/retry/").status_code == 403


def test_everybody_sets_his_own_mail(cashier: Client) -> None:
    assert cashier.post("/office/own-mail/", {"address": "x", "language": "en"}).status_code == 400
    assert (
        cashier.post("/office/own-mail/", {"address": "anna@college.example", "language": "en"}).status_code
        == 302
    )
    assert User.objects.get(username="cashier").email == "anna@college.example"
    assert Channel.objects.get().language == "en"
    assert "anna@college.example" in text_of(cashier.get("/office/own-mail/"))
    cashier.post("/office/own-mail/", {"address": "", "language": "en"})
    assert User.objects.get(username="cashier").email == ""


def test_another_persons_mail_is_not_an_administrators_channel(admin: Client, cashier: Client) -> None:
    cashier.post("/office/own-mail/", {"address": "anna@college.example", "language": "en"})
    channel = Channel.objects.get()
    page = f"/office/channels/{channel.pk}/"
    assert admin.get(page).status_code == 200
    assert admin.post(page, GROUP | {"name": "mine"}).status_code == 400
    assert "he sets it himself" in text_of(admin.post(f"{page}open/", {"open": "0"}, follow=True))
    assert Channel.objects.get().is_active
