"""Every name that a gateway or this server can put on a page has words: the names are collected from their code and tables."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.test import Client
from django.utils import translation

import central
import gateway
from central.campus.models import Room
from central.office.alarm_details import detail_words
from central.office.words import ALARMS, WHY, name_of, why_words
from gateway.application.control_state import SOFTWARE_CONTROL
from gateway.application.groups import LOSS_ALARMS
from gateway.application.power import WAITS
from gateway.application.relay_state import LOCKED_OUT
from gateway.domain.caps import NIGHT_CAP, POWER_CAP
from gateway.domain.cutoff import HELD_BY_GUARD, RULINGS
from gateway.domain.high_power import HIGH_POWER
from gateway.domain.leeway import REASONS
from gateway.domain.timetable import LIGHTS_OUT
from gateway.loops.keep_health import TROUBLES
from gateway.protocols.dlt645.relay import REFUSED_BITS
from tests.browser import seed

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

WHERE_NAMES_STAND = {"raise_alarm": (0, 1), "note": (1,), "_alarm": (0,), "_tell": (1,)}
"""Function -> places of the alarm's name: in the gateway after the journal, in central first."""
RESTS = {"_rest": 3, "_no_effect": 3}
"""Function of the relay's driving -> the place of its reason."""


def calls(package: object) -> Iterator[tuple[str, list[ast.expr]]]:
    for path in Path(package.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield getattr(node.func, "id", getattr(node.func, "attr", "")), node.args


def text_at(arguments: list[ast.expr], place: int) -> str:
    argument = arguments[place] if len(arguments) > place else None
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else ""


def alarm_names() -> set[str]:
    names = {
        text_at(arguments, place)
        for package in (gateway, central)
        for name, arguments in calls(package)
        for place in WHERE_NAMES_STAND.get(name, ())
    }
    return {name for name in names if name} | TROUBLES | LOSS_ALARMS | {LOCKED_OUT, WAITS, SOFTWARE_CONTROL}


def reasons() -> set[str]:
    ruled = {ruling.reason for table in RULINGS.values() for ruling in table.values()} | {
        HELD_BY_GUARD.reason
    }
    rests = {text_at(arguments, RESTS[name]) for name, arguments in calls(gateway) if name in RESTS}
    ruled |= REASONS | {LIGHTS_OUT, POWER_CAP, NIGHT_CAP, HIGH_POWER}
    return ruled | {reason for reason in rests if reason} | set(REFUSED_BITS) | {"commanded", "silent"}


def test_every_alarm_has_words() -> None:
    names = alarm_names()
    assert {"meter-silent", "store-full", "account-released", "unknown-grant", "cut-guard"} <= names, (
        "nothing was collected"
    )
    assert names - ALARMS.keys() == set()


def test_every_reason_has_words() -> None:
    found = reasons()
    assert {"credit-spent", "no-effect", "keep-power", "newly-bound"} <= found, "nothing was collected"
    assert found - WHY.keys() == set()


@pytest.mark.parametrize(
    ("detail", "chinese"),
    [
        ("no answer for 900 s; look at the meter and its line", "900 秒无应答；请检查电表及其线路"),
        (
            "2026-11-23 16:00 UTC to 2026-11-24 16:00 UTC: 2.40 kWh of 24.00 kWh are missing, uncertainty 0.33 kWh",
            "2026-11-23 16:00 UTC 至 2026-11-24 16:00 UTC：总表 24.00 kWh 中缺失 2.40 kWh，不确定度 0.33 kWh",
        ),
        (
            "to 2026-11-24 16:00 UTC, 3 periods: 6.10 kWh more than usual are missing, uncertainty 1.20 kWh, z 5.1",
            "截至 2026-11-24 16:00 UTC，3 个时段：比平常多缺失 6.10 kWh，不确定度 1.20 kWh，z 5.1",
        ),
        (
            "the master counted 0.18 kWh, its subs 2.57 kWh: check the list of subs, the phases and the transformer ratio",
            "总表计 0.18 kWh，分表合计 2.57 kWh：请检查分表清单、相别和互感器变比",
        ),
        (
            "its register counts backwards: check its wires before any loss is judged",
            "其表码倒走：请先检查接线，再判断线损",
        ),
        ("the cover was opened 4 times, 1 since the last look", "表盖共开启 4 次，上次查看后 1 次"),
        (
            "broadcast: 2026-11-24 04:05:10 (+70 s) became 2026-11-24 04:04:00 (+0 s)",
            "广播校时：2026-11-24 04:05:10（+70 秒）改为 2026-11-24 04:04:00（+0 秒）",
        ),
        (
            "li: it was years off: 2000-01-01 00:00:00 (-9 s) became 2026-11-24 04:04:00 (+0 s)",
            "li: it was years off：2000-01-01 00:00:00（-9 秒）改为 2026-11-24 04:04:00（+0 秒）",
        ),
        (
            "broadcast at 2026-11-24 04:04:00: 2 meters were off, 206 by less",
            "2026-11-24 04:04:00 广播校时：2 块表偏差超限，206 块偏差较小",
        ),
        (
            "its clock is 40 s off: set it by hand, it does not follow the broadcast",
            "其时钟偏差 40 秒：请人工校时，该表不响应广播校时",
        ),
        (
            "40 Wh flowed backwards since the last look: check its wires",
            "上次查看后反向走电 40 Wh：请检查接线",
        ),
        ("the meter says that energy flows backwards: check its wires", "电表报告反向走电：请检查接线"),
        (
            "at least 500 mA for 8000 s, and not one step of the register: look for a bypass",
            "至少 500 mA 持续 8000 秒，表码一步未走：请查找旁路",
        ),
        (
            "the meter keeps 53100 Wh of the period's end, the gateway read 52500 Wh: +600 Wh, 520 Wh are explained; "
            "look at its clock, and whether it is the same meter",
            "电表自存结算表码 53100 Wh，网关抄得 52500 Wh：相差 +600 Wh，可解释的为 520 Wh；"
            "请检查其时钟，并确认是否同一块电表",
        ),
        (
            "it was told to move from 1 to 9 and answers at neither; look at its wires and its display",
            "已令其地址由 1 改为 9，两处均无应答；请检查接线和电表显示",
        ),
        (
            "it was told to move from 1 to 9; a meter answers there, but nothing proves that it is this one: look at its "
            "display, and if it is, enter it: cardroom-gateway meters readdress m1 9",
            "已令其地址由 1 改为 9；该处有电表应答，但不能证明就是这一块：请看电表显示，确是它则在网关上登记："
            "cardroom-gateway meters readdress m1 9",
        ),
        (
            "refused; try it by hand: cardroom-gateway renew",
            "refused；请在网关上手动试一次：cardroom-gateway renew",
        ),
        ("the parts of an interval don't add up to its energy", "各段电量之和不等于该时段电量"),
        ("the money of an entry is not its energy times its price", "一笔流水的金额不等于电量乘电价"),
        ("the same id came again with other content", "再次收到，但内容不同"),
        ("phase A, C: no voltage at the meter", "A, C 相：电表无电压"),
        (
            "its clock is -400 s off: set it by hand, the broadcast only mends 300 s",
            "其时钟偏差 -400 秒：请手工校时，广播校时只能修正 300 秒以内",
        ),
        (
            "3 answers ran into each other: look for a second meter with this address",
            "3 次应答相撞：请查找相同地址的另一块电表",
        ),
        (
            "20 of 100 questions failed, of the others' 0 of 200: look at its module",
            "100 次询问中失败 20 次，其他表 200 次中失败 0 次：请检查其模块",
        ),
        (
            "the relay should be open: no-effect, after 1 tries",
            "继电器应断开：已发命令，但没有变化（已试 1 次）",
        ),
        ("credit-spent", "余额用完"),
        (
            "high-power: restored 3 times within a day; a person must close it",
            "使用大功率电器：一天内已自动恢复 3 次；须人工合闸",
        ),
        ("a sentence of a later gateway", "a sentence of a later gateway"),
        ("", ""),
    ],
)
def test_a_detail_is_told_in_the_readers_language(detail: str, chinese: str) -> None:
    with translation.override("zh-hans"):
        said = str(detail_words(detail))
    assert said == chinese
    with translation.override("en"):
        assert not detail or detail_words(detail)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("credit-low-2", "credit low (warning 2)"),
        ("locked out by front desk", "locked out by front desk"),
        ("password+expired", "the meter refuses the password; the command came too late"),
        ("password+bit-9", "password+bit-9"),
        ("told by the warden", "told by the warden"),
    ],
)
def test_a_reason_with_parts_is_told_whole(reason: str, words: str) -> None:
    with translation.override("en"):
        assert str(why_words(reason)) == words
        assert name_of(ALARMS, "a-name-of-later-years") == "a-name-of-later-years"


def test_an_open_alarm_and_an_open_account_are_two_words(cashier: Client) -> None:
    cashier.cookies["django_language"] = "zh-hans"
    room = Room.objects.get(label=seed.WELDED.removeprefix("1-"))
    page = cashier.get(f"/rooms/{room.pk}/").content.decode()
    assert "未解除" in page
    assert "正常" not in page
