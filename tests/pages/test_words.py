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
from gateway.app.orders import LOCKED_OUT
from gateway.application.power import WAITS
from gateway.application.software_control import SOFTWARE_CONTROL
from gateway.domain.caps import NIGHT_CAP, POWER_CAP
from gateway.domain.cutoff import HELD_BY_GUARD, RULINGS
from gateway.domain.high_power import HIGH_POWER
from gateway.domain.leeway import REASONS
from gateway.domain.timetable import LIGHTS_OUT
from gateway.loops.keep_health import TROUBLES
from gateway.protocols.dlt645.relay import REFUSED_BITS
from tests.browser import seed

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])

WHERE_NAMES_STAND = {"raise_alarm": (0, 1), "note": (1,), "_alarm": (0,)}
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
    return {name for name in names if name} | TROUBLES | {LOCKED_OUT, WAITS, SOFTWARE_CONTROL}


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
