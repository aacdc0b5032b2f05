"""Splitting in bytes, trying again, giving up, reading an address: rules that hold for whatever comes."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from central.domain.notice import DAY_MS, HOUR_MS, MINUTE_MS, REACH, Kind, is_given_up, split, wait_ms
from central.domain.notice_address import Endpoint, Mistake, read_address, scrub

TEXTS = st.text(
    st.sampled_from("a 余\n额，。\U0001f50ce\u0301\u200d\U0001f469\U0001f3fd\ufe0f\t　"), max_size=600
)
KEY = "0123abcd4567efgh"


def without_numbers(parts: list[str]) -> list[str]:
    if len(parts) == 1:
        return parts
    for at, part in enumerate(parts, 1):
        assert part.startswith(f"({at}/{len(parts)})\n")
    return [part.partition("\n")[2] for part in parts]


def bare(text: str) -> str:
    return text.replace("\n", "").replace(" ", "")


@given(TEXTS, st.integers(64, 700))
@example("余" * 10_000, 64)
@example("\u0301" * 400, 64)
def test_parts_fit_and_lose_nothing(text: str, limit: int) -> None:
    parts = split(text, limit)
    assert all(len(part.encode()) <= limit for part in parts)
    inside = without_numbers(parts)
    assert bare("".join(inside)) == bare(text)
    if len(parts) > 1:
        assert all(piece.strip("\n ") == piece and piece for piece in inside)


@given(st.integers(1, 400), st.integers(64, 400))
def test_a_line_that_fits_is_not_torn(lines: int, limit: int) -> None:
    rows = [f"{n:03d} 号房 {n}.25 元" for n in range(lines)]
    inside = without_numbers(split("\n".join(rows), limit))
    assert [row for piece in inside for row in piece.split("\n")] == rows


@given(st.lists(st.sampled_from(["e\u0301", "\U0001f469\U0001f3fd", "余", "a"]), min_size=60, max_size=400))
def test_what_shows_as_one_character_stays_one(clusters: list[str]) -> None:
    for piece in without_numbers(split("".join(clusters), 64)):
        assert not unicodedata.combining(piece[0])
        assert piece[0] != "\U0001f3fd"


def test_a_text_that_fits_is_left_as_it_is() -> None:
    assert split(" a\n", 64) == [" a\n"]
    assert split("a" * 5000, None) == ["a" * 5000]
    with pytest.raises(ValueError, match="too small"):
        split("a" * 100, 30)


def test_wecom_is_cut_at_2048_bytes_not_characters() -> None:
    text = "余" * 1000
    assert len(text) < 2048 < len(text.encode())
    assert len(split(text, REACH[Kind.WECOM].limit_bytes)) == 2


@given(st.integers(0, 500))
def test_waits_grow_from_a_minute_to_six_hours(failures: int) -> None:
    assert MINUTE_MS <= wait_ms(failures) <= wait_ms(failures + 1) <= 6 * HOUR_MS
    assert [wait_ms(n) // MINUTE_MS for n in (1, 2, 3, 9, 10)] == [1, 2, 4, 256, 360]


def test_it_is_given_up_after_three_days() -> None:
    assert not is_given_up(5, 5 + 3 * DAY_MS - 1)
    assert is_given_up(5, 5 + 3 * DAY_MS)


@pytest.mark.parametrize(
    ("kind", "typed", "expected"),
    [
        (Kind.WECOM, f" https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY} ", {"key": KEY, "secret": ""}),
        (Kind.WECOM, f"https://oapi.dingtalk.com/robot/send?access_token={KEY}", Mistake.OTHER_KIND),
        (Kind.WECOM, "https://qyapi.weixin.qq.com/cgi-bin/webhook/send", Mistake.NO_KEY),
        (Kind.WECOM, f"https://qyapi.weixin.qq.com.evil.example/?key={KEY}", Mistake.NOT_AN_ADDRESS),
        (Kind.WECOM, KEY, Mistake.NOT_AN_ADDRESS),
        (Kind.WECOM, "http://[", Mistake.NOT_AN_ADDRESS),
        (Kind.DINGTALK, f"https://oapi.dingtalk.com/robot/send?access_token={KEY}", {"key": KEY, "secret": ""}),
        (Kind.FEISHU, f"https://open.feishu.cn/open-apis/bot/v2/hook/{KEY}/", {"key": KEY, "secret": ""}),
        (Kind.FEISHU, f"https://open.feishu.cn/open-apis/bot/v1/{KEY}", Mistake.NO_KEY),
        (Kind.ONEBOT, "http://127.0.0.1:3000/", Mistake.NO_GROUP),
        (Kind.ONEBOT, "127.0.0.1:3000", Mistake.NOT_AN_ADDRESS),
        (Kind.ONEBOT, "http://user:pass@host:3000", Mistake.NOT_AN_ADDRESS),
        (Kind.ONEBOT, "http://host:99999", Mistake.NOT_AN_ADDRESS),
        (Kind.MAIL, "a@b.cn，c.d@e.edu.cn", {"to": "a@b.cn,c.d@e.edu.cn"}),
        (Kind.MAIL, "a@b", Mistake.NOT_MAIL),
        (Kind.MAIL, "", Mistake.NOT_MAIL),
        (Kind.MAIL, "a@b.cn " * 21, Mistake.TOO_MANY),
        (Kind.BY_HAND, "", {}),
    ],
)  # fmt: skip
def test_an_address_is_read_or_named_wrong(kind: Kind, typed: str, expected: object) -> None:
    read = read_address(kind, typed)
    assert (read.parts if isinstance(read, Endpoint) else read) == expected


def test_secrets_and_groups() -> None:
    dingtalk = f"https://oapi.dingtalk.com/robot/send?access_token={KEY}"
    assert read_address(Kind.DINGTALK, dingtalk, "SEC with blanks") == Mistake.BAD_SECRET
    onebot = read_address(Kind.ONEBOT, "https://bot.example:3000", "tok", "#12345")
    assert isinstance(onebot, Endpoint)
    assert onebot.parts == {
        "host": "bot.example",
        "port": "3000",
        "tls": "s",
        "secret": "tok",
        "group": "12345",
    }
    assert onebot.shown == "https://bot.example:3000 #12345"


@given(st.sampled_from(list(Kind)), st.text(max_size=60), st.text(max_size=20), st.text(max_size=20))
def test_nothing_typed_is_an_exception(kind: Kind, typed: str, secret: str, group: str) -> None:
    for address in (typed, f"http://{typed}", f"https://oapi.dingtalk.com/{typed}"):
        assert isinstance(read_address(kind, address, secret, group), Endpoint | Mistake)


def test_what_is_shown_or_stored_of_a_trouble_holds_no_key() -> None:
    shown = read_address(Kind.WECOM, f"https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key={KEY}")
    assert isinstance(shown, Endpoint)
    assert shown.shown == f"qyapi.weixin.qq.com …{KEY[-4:]}"
    said = f"see https://open.work.weixin.qq.com/a/b?key={KEY}\nwith {KEY} now"
    assert scrub(said, [KEY, ""]) == "see https://open.work.weixin.qq.com/… with … now"
