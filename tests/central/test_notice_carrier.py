"""What really leaves: apprise's own bytes, taken by real servers that check what each vendor's document asks for."""

import base64
import hashlib
import hmac
import io
import logging
import socket
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from central.domain.notice import REACH, Kind, Trouble, split
from central.domain.notice_address import Endpoint, read_address
from central.office.carrier import Failure, Smtp, carry
from tests.central.notice_endpoints import HttpEnd, http_end, smtp_end, vendors

KEY = "0123abcd4567efgh89ij"
SECRET = "SECf00dfeedf00dfeed"  # a test's own
WECOM = f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}"
DINGTALK = f"https://oapi.dingtalk.com/robot/send?access_token={KEY}"
FEISHU = f"https://open.feishu.cn/open-apis/bot/v2/hook/{KEY}"
ROBOTS = {Kind.WECOM: WECOM, Kind.DINGTALK: DINGTALK, Kind.FEISHU: FEISHU}
TEXT = '1 号楼余额不足：\n101 3.20 元 & <b> "102" 0.85 元 \U0001f50c'


def parts_of(kind: Kind, typed: str, secret: str = "", group: str = "") -> dict[str, str]:
    read = read_address(kind, typed, secret, group)
    assert isinstance(read, Endpoint)
    return read.parts


@pytest.fixture
def robots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpEnd]:
    """The three vendors' hosts; `requests` is led there by a proxy and trusts the test's CA."""
    with vendors(tmp_path) as end:
        for name, value in end.environment.items():
            monkeypatch.setenv(name, value)
        yield end


def test_wecom_gets_what_its_document_asks_for(robots: HttpEnd) -> None:
    assert carry(Kind.WECOM, parts_of(Kind.WECOM, WECOM), "", TEXT) is None
    (heard,) = robots.heard
    assert (heard.method, heard.host, heard.path) == ("POST", "qyapi.weixin.qq.com", "/cgi-bin/webhook/send")
    assert heard.query == {"key": [KEY]}
    assert heard.headers["content-type"].startswith("application/json")
    assert heard.json == {"msgtype": "text", "text": {"content": TEXT}}
    assert robots.asked_of_proxy == ["CONNECT qyapi.weixin.qq.com:443 HTTP/1.0"] or robots.asked_of_proxy


def test_feishu_gets_what_its_document_asks_for(robots: HttpEnd) -> None:
    robots.answer = lambda heard: (200, {"code": 0, "msg": "success", "data": {}})
    assert carry(Kind.FEISHU, parts_of(Kind.FEISHU, FEISHU), "", TEXT) is None
    (heard,) = robots.heard
    assert (heard.host, heard.path.rstrip("/")) == ("open.feishu.cn", f"/open-apis/bot/v2/hook/{KEY}")
    assert heard.json == {"msg_type": "text", "content": {"text": TEXT}}


def test_dingtalk_gets_a_signature_that_it_can_check(robots: HttpEnd) -> None:
    """The server computes it as DingTalk's document does, from the query decoded once."""
    assert carry(Kind.DINGTALK, parts_of(Kind.DINGTALK, DINGTALK, SECRET), "", TEXT) is None
    (heard,) = robots.heard
    assert (heard.host, heard.path) == ("oapi.dingtalk.com", "/robot/send")
    assert heard.query["access_token"] == [KEY]
    signed = f"{heard.query['timestamp'][0]}\n{SECRET}".encode()
    expected = base64.b64encode(hmac.new(SECRET.encode(), signed, hashlib.sha256).digest()).decode()
    assert heard.query["sign"] == [expected]
    assert heard.json["msgtype"] == "text"
    assert heard.json["text"] == {"content": TEXT}


def test_dingtalk_without_a_secret_is_not_signed(robots: HttpEnd) -> None:
    assert carry(Kind.DINGTALK, parts_of(Kind.DINGTALK, DINGTALK), "", TEXT) is None
    assert robots.heard[0].query == {"access_token": [KEY]}


@pytest.mark.parametrize(
    ("kind", "said", "trouble"),
    [
        (
            Kind.WECOM,
            {"errcode": 93000, "errmsg": f"invalid webhook url {WECOM}, from ip: 1.2.3.4"},
            Trouble.WRONG_KEY,
        ),
        (Kind.WECOM, {"errcode": 45009, "errmsg": "api freq out of limit"}, Trouble.TOO_OFTEN),
        (Kind.WECOM, {"errcode": 40058, "errmsg": "content exceed max length"}, Trouble.REFUSED),
        (Kind.DINGTALK, {"errcode": 310000, "errmsg": "sign not match"}, Trouble.NOT_PERMITTED),
        (Kind.DINGTALK, {"errcode": 300001, "errmsg": "token is not exist"}, Trouble.WRONG_KEY),
        (Kind.FEISHU, {"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}, Trouble.WRONG_KEY),
        (Kind.FEISHU, {"code": 19024, "msg": "Key Words Not Found"}, Trouble.NOT_PERMITTED),
        (Kind.FEISHU, {"code": 9499, "msg": "Bad Request"}, Trouble.REFUSED),
    ],
)  # fmt: skip
def test_a_refusal_with_status_200_is_a_refusal(
    robots: HttpEnd, kind: Kind, said: dict[str, object], trouble: Trouble
) -> None:
    """Apprise alone takes WeCom's and DingTalk's for success: the message would be lost."""
    robots.answer = lambda heard: (200, said)
    failure = carry(kind, parts_of(kind, ROBOTS[kind]), "", TEXT)
    assert isinstance(failure, Failure)
    assert failure.trouble == trouble
    assert failure.detail.startswith(str(said.get("errcode") or said.get("code")))
    assert KEY not in failure.detail


@pytest.mark.parametrize(
    ("status", "said", "trouble"),
    [
        (500, {}, Trouble.HTTP_ERROR),
        (403, {}, Trouble.WRONG_KEY),
        (200, b"<html>", Trouble.HTTP_ERROR),
        (302, {}, Trouble.HTTP_ERROR),
    ],
)
def test_what_is_no_answer_of_the_vendor_is_no_success(
    robots: HttpEnd, status: int, said: object, trouble: Trouble
) -> None:
    robots.answer = lambda heard: (status, said)
    failure = carry(Kind.WECOM, parts_of(Kind.WECOM, WECOM), "", TEXT)
    assert failure is not None
    assert failure.trouble == trouble


@pytest.mark.parametrize("kind", ROBOTS)
@pytest.mark.parametrize("filling", ["余", "a", '"', "\n余", "\U0001f50c", "é"])
def test_what_was_split_stays_below_the_vendors_limits(robots: HttpEnd, kind: Kind, filling: str) -> None:
    """WeCom counts the content's bytes, DingTalk and Feishu the whole request's."""
    for part in split(filling * 20_000, REACH[kind].limit_bytes)[:2]:
        assert carry(kind, parts_of(kind, ROBOTS[kind]), "", part) is None
    for heard in robots.heard:
        content = heard.json.get("text", heard.json.get("content", {}))
        assert len(str(content.get("content", content.get("text"))).encode()) <= 20_000
        if kind == Kind.WECOM:
            assert len(content["content"].encode()) <= 2048
        else:
            assert len(heard.body) <= 20_000
    assert len(robots.heard) == 2


def test_onebot_writes_to_the_group_and_to_nobody_else() -> None:
    with http_end() as end:
        end.answer = lambda heard: (
            200,
            {"status": "ok", "retcode": 0, "data": {"message_id": 1}},
        )
        parts = parts_of(Kind.ONEBOT, f"http://127.0.0.1:{end.port}", "tok-en", "#123456789")
        assert carry(Kind.ONEBOT, parts, "", TEXT) is None
    (heard,) = end.heard
    assert (heard.method, heard.path) == ("POST", "/send_group_msg")
    assert heard.headers["authorization"] == "Bearer tok-en"
    assert heard.json == {"group_id": 123456789, "message": [{"type": "text", "data": {"text": TEXT}}]}


@pytest.mark.parametrize(
    ("status", "said", "trouble"),
    [
        (200, {"status": "failed", "retcode": 100, "wording": "send group message failed: blocked"}, Trouble.REFUSED),
        (403, {}, Trouble.WRONG_KEY),
        (404, {}, Trouble.HTTP_ERROR),
    ],
)  # fmt: skip
def test_onebot_refuses(status: int, said: object, trouble: Trouble) -> None:
    with http_end() as end:
        end.answer = lambda heard: (status, said)
        failure = carry(
            Kind.ONEBOT, parts_of(Kind.ONEBOT, f"http://127.0.0.1:{end.port}", "", "12345"), "", TEXT
        )
    assert failure is not None
    assert failure.trouble == trouble


def smtp(port: int, password: str = "", **changed: str) -> Smtp:
    facts = {"host": "127.0.0.1", "security": "insecure", "user": "cardroom" if password else "", **changed}
    return Smtp(port=port, password=password, sender="desk@college.example", **facts)


def test_a_robot_leads_nobody_elsewhere() -> None:
    """Its address is a key, and what is told is for its group: neither goes on to a host that nobody named."""
    with http_end() as robot, http_end() as other:
        robot.answer, robot.location = lambda heard: (307, {}), f"http://127.0.0.1:{other.port}/"
        parts = parts_of(Kind.ONEBOT, f"http://127.0.0.1:{robot.port}", "", "123456")
        assert carry(Kind.ONEBOT, parts, "", TEXT) == Failure(Trouble.HTTP_ERROR, "HTTP 307")
        assert (len(robot.heard), other.heard) == (1, [])


@pytest.mark.parametrize("said", [b"[" * 100_000, b'"' + b"x" * 30_000_000], ids=["nested", "without end"])
def test_a_robot_s_answer_is_bounded(said: bytes) -> None:
    with http_end() as robot:
        robot.answer = lambda heard: (200, said)
        parts = parts_of(Kind.ONEBOT, f"http://127.0.0.1:{robot.port}", "", "123456")
        tracemalloc.start()
        try:
            assert carry(Kind.ONEBOT, parts, "", TEXT) == Failure(
                Trouble.HTTP_ERROR, "the answer is not JSON"
            )
            assert tracemalloc.get_traced_memory()[1] < 10_000_000
        finally:
            tracemalloc.stop()


def test_a_mail_arrives_with_its_subject_and_words() -> None:
    with smtp_end("quiet-lamp") as end:
        sent = carry(
            Kind.MAIL,
            {"to": "head@college.example,vp@college.example"},
            "余额不足",
            TEXT,
            smtp(end.port, "quiet-lamp"),
        )
    assert sent is None
    assert [to for to, _ in end.mails] == [["head@college.example"], ["vp@college.example"]]
    mail = end.mails[0][1]
    assert mail["Subject"] == "余额不足"
    assert "desk@college.example" in mail["From"]
    assert mail.get_content_type() == "text/plain"
    assert mail.get_content().replace("\r\n", "\n").strip() == TEXT


def test_a_mail_server_says_no_in_words() -> None:
    with smtp_end("quiet-lamp") as end:
        wrong = carry(Kind.MAIL, {"to": "a@b.example"}, "t", "x", smtp(end.port, "loud-lamp"))
    assert wrong is not None
    assert wrong.trouble == Trouble.SIGN_IN_REFUSED
    assert "loud-lamp" not in wrong.detail
    with smtp_end() as end:
        end.refuses = "gone@college.example"
        refused = carry(Kind.MAIL, {"to": end.refuses}, "t", "x", smtp(end.port))
        starttls = carry(Kind.MAIL, {"to": "a@b.example"}, "t", "x", smtp(end.port, security="starttls"))
    assert refused == Failure(Trouble.RECIPIENT_REFUSED, "550 5.1.1 no such mailbox here")
    assert starttls is not None
    assert starttls.trouble == Trouble.UNTRUSTED
    assert carry(Kind.MAIL, {"to": "a@b.example"}, "t", "x") == Failure(Trouble.NO_MAIL_SERVER)


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_nobody_there_has_a_name_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    port = closed_port()
    onebot = parts_of(Kind.ONEBOT, f"http://127.0.0.1:{port}", "", "12345")
    assert carry(Kind.ONEBOT, onebot, "", "x") == Failure(Trouble.UNREACHABLE)
    nowhere = parts_of(Kind.ONEBOT, "http://no-such-host.invalid", "", "12345")
    assert carry(Kind.ONEBOT, nowhere, "", "x") == Failure(Trouble.UNKNOWN_HOST)
    assert carry(Kind.MAIL, {"to": "a@b.example"}, "t", "x", smtp(port)) == Failure(Trouble.UNREACHABLE)
    assert carry(
        Kind.MAIL, {"to": "a@b.example"}, "t", "x", smtp(25, host="no-such-host.invalid")
    ) == Failure(Trouble.UNKNOWN_HOST)


def test_a_certificate_of_nobody_is_not_trusted(robots: HttpEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    assert carry(Kind.WECOM, parts_of(Kind.WECOM, WECOM), "", "x") == Failure(Trouble.UNTRUSTED)
    assert robots.heard == []


def test_no_key_reaches_a_log(robots: HttpEnd, capfd: pytest.CaptureFixture[str]) -> None:
    """Apprise writes addresses with their keys into its log; not even a debugging root logger sees them."""
    heard, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(heard), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        logging.getLogger("elsewhere").debug("the root logger hears this")
        robots.answer = lambda heard: (500, {})
        carry(Kind.WECOM, parts_of(Kind.WECOM, WECOM), "", "x")
        carry(Kind.WECOM, {"key": "wrong key that apprise refuses !"}, "", "x")
        carry(Kind.DINGTALK, parts_of(Kind.DINGTALK, DINGTALK, SECRET), "", "x")
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
    said = "".join(capfd.readouterr()) + heard.getvalue()
    assert "the root logger hears this" in said
    assert [word for word in (KEY, SECRET, "wrong key") if word in said] == []
