"""The gateway's rules at central: one way in that names every mistake, a wall behind it, no traceback over what stood before."""

import ast
import json
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import translation

import gateway.domain
from central.campus import gateway_rules
from central.campus import rules as campus_rules
from central.campus.models import Building, CustomerClass, MeteringPoint, Price
from central.campus.operations import CampusRefusal, publish_price
from central.campus.rule_words import SENTENCES, mistake_words, sentence_words
from central.campus.rules import Mistaken, NoSuchThing, RulesSet, set_rules, stored_mistakes
from central.config.commands import running
from central.config.commands.rules import price as price_command
from central.config.commands.rules import rules as rules_command
from central.domain.rule_json import KEPT_APART, RuleFault, RuleKind
from central.link.configuration import build, publish_if_changed
from central.link.models import Alarm, Gateway
from tests.central.conftest import NOW_MS

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    with translation.override("en"):
        yield


NIGHT = {"calendar": "night", "windows": [{"days": [1, 2], "from_minute": 1380, "to_minute": 360}]}
STEPS = [{"above_wh": 200_000, "add_micro_yuan_per_kwh": 50_000}]


def put(kind: str, code: str, value: object) -> object:
    return set_rules(RuleKind(kind), code, value, actor="test", now_ms=NOW_MS)


@pytest.mark.parametrize(
    ("kind", "code", "value", "fault", "detail"),
    [
        ("class-limits", "dormitory", {"lights_outs": "night"}, "unknown-name", "lights_outs"),
        ("class-limits", "dormitory", {"power_cap": {"limit": 5}}, "unknown-name", "power_cap.limit"),
        ("class-limits", "dormitory", {"overdraft": 5}, "unknown-name", "overdraft"),
        ("point-limits", "1-301", {"pays_from": "1-302.1"}, "unknown-name", "pays_from"),
        (
            "class-limits",
            "dormitory",
            {"software": {"from_ms": 0, "wh_per_day": 1}},
            "unknown-name",
            "software",
        ),
        ("class-limits", "dormitory", {"lights_out": "night"}, "broken-rule", "there is no calendar night"),
        ("class-limits", "dormitory", {"no_cut_extra": -1}, "broken-rule", "a leeway is below zero"),
        ("class-limits", "dormitory", {"high_power": {"step_w": 0}}, "broken-rule", "not above zero"),
        ("class-limits", "dormitory", ["no_cut_extra"], "not-the-form", "Expected `object`"),
        ("class-warnings", "dormitory", [5, 10], "broken-rule", "the warning levels don't fall"),
        ("class-warnings", "dormitory", ["10"], "not-the-form", "Expected `int`"),
        ("point-limits", "1-301", {"no_cut": "x"}, "broken-rule", "there is no calendar x"),
        ("building-policy", "1", {"cut_guard": 1}, "unknown-name", "cut_guard"),
        ("building-policy", "1", {"calendars": [NIGHT | {"windows": [{}]}]}, "not-the-form", "days"),
        (
            "building-policy",
            "1",
            {"calendars": [NIGHT | {"utc_offset_minutes": 9999}]},
            "broken-rule",
            "offset",
        ),
        ("building-groups", "1", [{"group": "g", "kind": "floor", "master": "m", "subs": ["m"]}], "broken-rule", "twice"),
        (
            "building-groups",
            "1",
            [{"group": "g", "kind": "floor", "master": "m", "subs": [], "sub_groups": ["h"]}],
            "broken-rule",
            "there is no group h",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_refused_by_name_and_nothing_is_saved(campus, kind, code, value, fault, detail):
    before = list(Building.objects.order_by("code").values_list("revision", "policy", "groups"))
    refused = put(kind, code, value)
    assert isinstance(refused, Mistaken)
    assert {mistake.fault for mistake in refused.mistakes} == {RuleFault(fault)}
    assert detail in refused.mistakes[0].detail
    assert list(Building.objects.order_by("code").values_list("revision", "policy", "groups")) == before
    assert CustomerClass.objects.get(code="dormitory").limits == {}
    with translation.override("zh-hans"):
        assert any("一" <= sign <= "鿿" for sign in mistake_words(refused.mistakes[0]))


def test_what_is_sound_reaches_the_gateways_it_concerns(taker, twin):
    publish_if_changed(twin.name, NOW_MS)
    assert put("building-policy", "1", {"calendars": [NIGHT]}) == RulesSet(("1",))
    assert put("point-limits", "1-301", {"lights_out": "night"}) == RulesSet(("1",))
    assert put("class-limits", "dormitory", {"no_cut_extra": 5}) == RulesSet(("1", "2"))
    assert put("class-warnings", "dormitory", [9, 3]) == RulesSet(("1", "2"))
    assert publish_if_changed(twin.name, NOW_MS) is not None
    configure = build(Gateway.objects.select_related("building").get(pk=twin.name), 1)
    assert [rule.lights_out for rule in configure.accounts] == ["night", ""]
    assert [(rule.no_cut_extra, rule.warn_at) for rule in configure.accounts] == [(5, [9, 3])] * 2
    refused = put("building-policy", "1", {})
    assert isinstance(refused, Mistaken), "a calendar that a room needs went away"
    assert isinstance(put("class-limits", "nobody", {}), NoSuchThing)


def test_a_price_brings_its_windows_and_steps_with_it(campus):
    begins = {"actor": "test", "now_ms": NOW_MS}
    refused = publish_price("dormitory", "0.6", NOW_MS + 1, steps=[*STEPS, *STEPS], **begins)
    assert refused.why is CampusRefusal.BAD_RULES
    assert "rise" in refused.mistakes[0].detail
    priced = publish_price("dormitory", "0.6", NOW_MS + 1, steps=STEPS, **begins)
    assert Price.objects.get(pk=priced.pk).steps == STEPS


@pytest.mark.parametrize(
    "write",
    [
        lambda: CustomerClass.objects.update(limits={"lights_outs": ""}),
        lambda: CustomerClass.objects.filter(code="staff").update(warn_at=[1, 2]),
        lambda: MeteringPoint.objects.update(limits={"power_cap": 5}),
        lambda: Price.objects.update(steps=[{"above_wh": -1, "add_micro_yuan_per_kwh": 1}]),
        lambda: Price.objects.update(windows=[{}]),
        lambda: Building(code="9", name="9", policy=[]).save(),
        lambda: Building(code="9", name="9", groups=[{}]).full_clean(),
        lambda: Building.objects.bulk_create([Building(code="9", name="9", policy={"x": 1})]),
    ],
)
def test_nothing_else_writes_what_no_gateway_takes(campus, write):
    with pytest.raises(ValidationError):
        write()


def spoil(sql: str) -> None:
    """As a database that was written by other hands, or by a release without the wall."""
    with connection.cursor() as cursor:
        cursor.execute(sql)


def test_what_is_bad_already_is_named_at_start_and_is_no_traceback_when_it_is_published(
    taker, twin, capsys, monkeypatch
):
    assert stored_mistakes() == []
    spoil("UPDATE campus_customerclass SET limits = '{\"power_cap\": 5}' WHERE code = 'dormitory'")
    monkeypatch.setattr(running.data_folder, "is_initialised", lambda: True)
    assert running.is_ready()
    assert "class dormitory can't be read" in capsys.readouterr().err
    Building.objects.update(revision=99)
    assert publish_if_changed(twin.name, NOW_MS) is None
    alarm = Alarm.objects.get(what="rules-unusable", cleared_ms=None)
    assert "class dormitory" in alarm.detail
    assert put("class-limits", "dormitory", {}) == RulesSet(("1", "2"))
    assert publish_if_changed(twin.name, NOW_MS) is not None
    assert not Alarm.objects.filter(what="rules-unusable", cleared_ms=None).exists()
    assert stored_mistakes() == []


def test_the_command_shows_sets_and_tries_out(twin, tmp_path: Path, capsys):
    def run(kind: str, code: str, file: Path | None = None, *, dry: bool = False) -> int:
        return rules_command(Namespace(kind=kind, code=code, file=str(file) if file else None, dry_run=dry))

    always = {
        "calendar": "always",
        "windows": [{"days": [1, 2, 3, 4, 5, 6, 7], "from_minute": 0, "to_minute": 1440}],
    }
    policy, dark = tmp_path / "policy.json", tmp_path / "dark.toml"
    policy.write_text(json.dumps({"calendars": [always]}))
    dark.write_text('lights_out = "always"\n')
    assert run("building-policy", "1", policy) == 0
    capsys.readouterr()
    assert run("point-limits", "1-301", dark, dry=True) == 0
    assert "room 1-301: open credit-spent -> open lights-out" in capsys.readouterr().out
    assert MeteringPoint.objects.get(code="1-301").limits == {}
    assert run("point-limits", "1-301", dark) == 0
    assert run("point-limits", "1-301") == 0
    assert '"lights_out": "always"' in capsys.readouterr().out
    dark.write_text("lights_out = 5\n")
    assert run("point-limits", "1-301", dark) == 2
    assert "can't be read" in capsys.readouterr().err
    dark.write_text("lights_out = \n")
    assert run("point-limits", "1-301", dark) == 2
    assert run("point-limits", "9-999", policy) == 2
    warn = tmp_path / "warn.toml"
    warn.write_text("rules = [9, 3]\n")
    assert run("class-warnings", "staff", warn) == 0
    assert CustomerClass.objects.get(code="staff").warn_at == [9, 3]


def test_the_price_command(campus, tmp_path: Path, capsys):
    file = tmp_path / "price.toml"
    asked = Namespace(customer_class="dormitory", file=str(file))
    file.write_text(
        'yuan_per_kwh = "0.61"\nfrom = 2027-01-01\n[[steps]]\nabove_wh = 5\nadd_micro_yuan_per_kwh = 7\n'
    )
    assert price_command(asked) == 0
    assert Price.objects.get(micro_yuan_per_kwh=610_000).steps == [
        {"above_wh": 5, "add_micro_yuan_per_kwh": 7}
    ]
    assert price_command(asked) == 2
    assert "price-exists" in capsys.readouterr().err
    file.write_text('yuan_per_kwh = "0.61"\nfrom = "soon"\n')
    assert price_command(asked) == 2
    file.write_text('yuan_per_kwh = "0.61"\nfrom = 2028-01-01\nsteps = [5]\n')
    assert price_command(asked) == 2


def test_every_field_of_an_account_that_has_a_source_of_its_own_is_kept_apart_from_the_limits():
    source = Path(gateway_rules.__file__).read_text(encoding="utf-8")
    (made,) = (
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "AccountRule"
    )
    assert {given.arg for given in made.keywords} == KEPT_APART


def _sentences() -> set[str]:
    """Every sentence by which the gateway's rules name a mistake, a name put where one stands."""
    found = set()
    for module in ("configuration", "timetable", "calendar"):
        source = (Path(gateway.domain.__file__).parent / f"{module}.py").read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.JoinedStr):
                parts = [p.value if isinstance(p, ast.Constant) else "x" for p in node.values]
                found.add("".join(str(part) for part in parts))
    return {text for text in found if (" " in text and not text.endswith(" x")) or "there is no" in text}


def test_every_sentence_of_the_gateways_rules_has_words_in_chinese():
    found = _sentences()
    assert {"x: the overdraft is below zero", "account x: there is no calendar x"} <= found, (
        "nothing was collected"
    )
    with translation.override("zh-hans"):
        unsaid = {text for text in found if not any("一" <= sign <= "鿿" for sign in sentence_words(text))}
        assert all(any("一" <= sign <= "鿿" for sign in str(words)) for words in SENTENCES.values())
    assert unsaid == set()


def test_the_parts_that_can_be_set_are_the_command_s():
    from central.__main__ import SET_RULES

    assert {kind.value for kind in campus_rules.PLACES} == set(SET_RULES)
