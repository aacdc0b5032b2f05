"""Pictures with a notice, as real servers get them: WeCom's robot and OneBot one a message, mail with its text; others a link."""

import base64
import hashlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from django.db import transaction
from PIL import Image

from central.campus.models import Building
from central.clock import campus_day
from central.domain.notice import MINUTE_MS, Kind, State
from central.office import channels
from central.office.channels import Asked, AskedServer
from central.office.models import Channel, Delivery
from central.office.notice_sending import send_next
from central.reports.low_balance.lists import digest_of, tell_groups
from central.reports.low_balance.models import LowBalanceList
from tests.central.notice_endpoints import HttpEnd, http_end, smtp_end, vendors

NOW_MS = 1_790_000_000_000
KEY = "0123abcd4567efgh89ij"
ADDRESSES = {
    Kind.WECOM: f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}",
    Kind.DINGTALK: f"https://oapi.dingtalk.com/robot/send?access_token={KEY}",
    Kind.FEISHU: f"https://open.feishu.cn/open-apis/bot/v2/hook/{KEY}",
}
PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def robots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpEnd]:
    with vendors(tmp_path) as end:
        for name, value in end.environment.items():
            monkeypatch.setenv(name, value)
        yield end


@pytest.fixture(autouse=True)
def address(settings: object) -> None:
    settings.SITE_ADDRESS = "https://card.college.example"


def made(kind: Kind, **changed: object) -> Channel:
    asked = {"name": f"{kind} group", "kind": kind, "office": "", "group": "building-1", "language": "zh-hans"}  # fmt: skip
    channel = channels.save_channel(Asked(**(asked | changed)), None, actor="test", now_ms=NOW_MS)
    assert isinstance(channel, Channel), channel
    return channel


def a_list(count: int) -> LowBalanceList:
    """Keep a list of so many rooms."""
    building, _made = Building.objects.get_or_create(code="1", defaults={"name": "1号楼"})
    one = {
        "floor": 1,
        "left": [[3_870_000, "yuan"]],
        "limit": 10_000_000,
        "days": None,
        "protected": False,
        "shared": False,
        "heard_ms": NOW_MS,
    }
    kept = LowBalanceList(
        building=building,
        due=f"try {count}",
        day=campus_day(NOW_MS),
        at_ms=NOW_MS,
        as_of_ms=NOW_MS,
        is_silent=False,
        rooms=count,
        unheard=0,
        rows=[{"room": f"{number:03d}"} | one for number in range(count)],
        limits=[["fen", 1000, "campus", ""]],
    )
    kept.digest = digest_of(kept)
    kept.save()
    return kept


def tell(count: int) -> None:
    with transaction.atomic():
        assert tell_groups(a_list(count), NOW_MS) == 1


def send_all() -> Delivery:
    for minute in range(60):
        while send_next(lambda at=NOW_MS + minute * MINUTE_MS: at):
            pass
    return Delivery.objects.get()


def is_phone_picture(content: bytes) -> bool:
    with Image.open(BytesIO(content)) as picture:
        return picture.format == "PNG" and picture.width == 1080


def test_wecom_gets_text_then_each_picture_as_its_document_asks(robots: HttpEnd) -> None:
    made(Kind.WECOM, address=ADDRESSES[Kind.WECOM])
    tell(130)
    row = send_all()
    bodies = [heard.json for heard in robots.heard]
    texts = [body["text"]["content"] for body in bodies if body["msgtype"] == "text"]
    images = [body["image"] for body in bodies if body["msgtype"] == "image"]
    assert [body["msgtype"] for body in bodies] == ["text"] * len(texts) + ["image"] * len(images)
    assert len(texts) == 2
    assert all(len(text.encode()) <= 2_048 for text in texts)
    assert len(images) == 2
    for image in images:
        content = base64.b64decode(image["base64"])
        assert hashlib.md5(content, usedforsecurity=False).hexdigest() == image["md5"]
        assert is_phone_picture(content)
        assert len(content) <= 2_000_000
    assert {heard.query["key"][0] for heard in robots.heard} == {KEY}
    assert (row.state, row.parts_told, row.parts) == (State.SENT, 4, 4)


def test_a_picture_that_wecom_refuses_is_sent_again_and_nothing_before_it(robots: HttpEnd) -> None:
    made(Kind.WECOM, address=ADDRESSES[Kind.WECOM])
    tell(3)
    refused = []

    def answer(heard: object) -> tuple[int, object]:
        if heard.json["msgtype"] == "image" and not refused:
            refused.append(heard)
            return 200, {"errcode": 40009, "errmsg": f"invalid image size {KEY}"}
        return 200, {"errcode": 0, "errmsg": "ok"}

    robots.answer = answer
    assert send_next(lambda: NOW_MS) is True
    assert send_next(lambda: NOW_MS + MINUTE_MS) is True
    row = Delivery.objects.get()
    assert (row.state, row.parts_told, row.detail) == (State.QUEUED, 1, "40009 invalid image size …")
    send_all()
    assert [heard.json["msgtype"] for heard in robots.heard] == ["text", "image", "image"]


@pytest.mark.parametrize("kind", [Kind.DINGTALK, Kind.FEISHU])
def test_robots_without_pictures_get_a_link_to_them(robots: HttpEnd, kind: Kind, client: object) -> None:
    if kind is Kind.FEISHU:
        robots.answer = lambda heard: (200, {"code": 0, "msg": "success"})
    made(kind, address=ADDRESSES[kind])
    tell(3)
    assert send_all().state == State.SENT
    [heard] = robots.heard
    said = heard.json.get("text", heard.json.get("content"))
    text = said.get("content", said.get("text"))
    link = text.rpartition("https://card.college.example")[2]
    assert client.get(f"{link}1.png").status_code == 200, "whoever is in the group sees it without signing in"


def test_onebot_gets_pictures_behind_the_text() -> None:
    with http_end() as end:
        end.answer = lambda heard: (200, {"status": "ok", "retcode": 0})
        made(Kind.ONEBOT, address=f"http://127.0.0.1:{end.port}", secret="tok-en", onebot_group="12345")
        tell(3)
        assert send_all().state == State.SENT
    segments = [heard.json["message"][0] for heard in end.heard]
    assert [segment["type"] for segment in segments] == ["text", "image"]
    assert {heard.json["group_id"] for heard in end.heard} == {12345}
    assert is_phone_picture(base64.b64decode(segments[1]["data"]["file"].removeprefix("base64://")))


def test_a_mail_has_its_pictures_with_it() -> None:
    with smtp_end("quiet-lamp") as end:
        server = AskedServer("127.0.0.1", end.port, "insecure", "cardroom", "quiet-lamp", "desk@college.example")  # fmt: skip
        channels.set_mail_server(server, actor="test", now_ms=NOW_MS)
        made(Kind.MAIL, address="heads@college.example")
        tell(130)
        assert send_all().state == State.SENT
    [(recipients, mail)] = end.mails
    assert recipients == ["heads@college.example"]
    pictures = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert [part.get_filename() for part in pictures] == [f"1-{campus_day(NOW_MS)}-{page}.png" for page in (1, 2)]  # fmt: skip
    assert all(is_phone_picture(part.get_content()) for part in pictures)
    assert "129  3.87 元" in mail.get_body(("plain",)).get_content()
