"""Policies from the form to the gateway's rules: tried out, asked for, signed; nothing before, nothing lost, nothing by half."""

import re

import pytest
from django.db import connection
from django.test import Client

from central import clock
from central.campus.models import Account, Building, CustomerClass, MeteringPoint
from central.campus.rules import set_rules
from central.domain.rule_json import RuleKind
from central.ledger.models import AuditEntry
from central.link import policy_act
from central.link.models import AccountDecision, Gateway
from central.link.policy_change import Change, Doubt, Effect, Place, parts_now, try_out
from central.office import approvals
from central.office.models import Approval, User

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
CLASS, BUILDING = "/link/policies/classes/dormitory/", "/link/policies/buildings/1/"
ALWAYS = {
    "calendar": "always",
    "windows": [{"days": [1, 2, 3, 4, 5, 6, 7], "from_minute": 0, "to_minute": 1440}],
}


@pytest.fixture
def director(campus: None) -> Client:
    user = User.objects.get(username="director")
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.cookies["django_language"] = "en"
    return client


def sent(client: Client, address: str, **typed: object) -> dict[str, object]:
    """Give what the browser would send of a form with some of its fields filled in otherwise."""
    page = client.get(address).content.decode()
    form = page[page.index('<form class="stack"') :]
    fields: dict[str, object] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and ("checkbox" not in tag or "checked" in tag):
            fields.setdefault(name[1], []).append(value[1] if value else "")
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        fields[name] = chosen[1] if chosen else ""
    for name, text in re.findall(r'<textarea[^>]*name="([^"]+)"[^>]*>\n?(.*?)</textarea>', form, re.S):
        fields[name] = text
    return fields | {name.replace("__", "."): value for name, value in typed.items()}


def ask(client: Client, address: str, why: str = "exams", **typed: object):
    fields = sent(client, address, **typed)
    return client.post(address, {**fields, "do": "ask", "why": why, "key": "k1"})


def waiting() -> Approval:
    return Approval.objects.get(act="policy", state="waiting")


def sign(number: int, name: str = "director") -> Approval:
    return approvals.sign(
        number, approve=True, reason="", actor=User.objects.get(username=name), now_ms=clock.now_ms()
    )


def test_a_class_s_overdraft_is_tried_asked_signed_and_then_holds(admin, director):
    """Room 1-101 is cut at -1.24 yuan: an overdraft of 5 yuan would restore it, and nobody else."""
    typed = {"overdraft": "5"}
    page = admin.post(CLASS, {**sent(admin, CLASS, **typed), "do": "try"}).content.decode()
    assert "would be restored" in page
    rows = re.findall(r"<tr>.*?1-10\d.*?</tr>", page)
    assert len(rows) == 1
    assert "1-101" in rows[0]
    assert "-1.24 yuan" in rows[0]
    assert "Cut off: credit spent" in rows[0]
    assert not Approval.objects.exists()
    assert ask(admin, CLASS, **typed).status_code == 302
    assert CustomerClass.objects.get(code="dormitory").overdraft == 0
    row = waiting()
    assert row.content["was"] == {"class-overdraft": 0}
    shown = director.get(f"/office/approvals/{row.number}/").content.decode()
    assert "1-101" in shown
    assert "5 yuan" in shown
    assert sign(row.number).state == "approved"
    assert CustomerClass.objects.get(code="dormitory").overdraft == 5_000_000
    assert AuditEntry.objects.filter(action="set-class-overdraft", actor="manager").count() == 1


def test_the_signer_s_dry_run_is_of_now(admin, director):
    ask(admin, CLASS, overdraft="5")
    row = waiting()
    set_rules(RuleKind.CLASS_WARNINGS, "dormitory", [], actor="test", now_ms=clock.now_ms())
    MeteringPoint.objects.filter(code="1-101").update(protected=True)
    shown = director.get(f"/office/approvals/{row.number}/").content.decode()
    assert "<td>other reason only</td>" in shown, "it is protected by now, and supplied before and after"
    assert "<td>would be restored</td>" not in shown


def test_what_was_changed_meanwhile_is_not_overwritten(admin, director):
    ask(admin, CLASS, overdraft="5")
    set_rules(RuleKind.CLASS_OVERDRAFT, "dormitory", 7_000_000, actor="test", now_ms=clock.now_ms())
    done = sign(waiting().number)
    assert done.state == "failed"
    assert CustomerClass.objects.get(code="dormitory").overdraft == 7_000_000


def test_an_old_page_keeps_what_was_typed_and_asks_nothing(admin, director):
    fields = sent(admin, CLASS, overdraft="5")
    set_rules(RuleKind.CLASS_OVERDRAFT, "dormitory", 7_000_000, actor="test", now_ms=clock.now_ms())
    answer = admin.post(CLASS, {**fields, "do": "ask", "why": "x"})
    assert answer.status_code == 400
    assert "Somebody changed these rules" in answer.content.decode()
    assert 'name="overdraft" value="5"' in answer.content.decode()
    assert not Approval.objects.exists()


def test_a_form_sent_back_as_it_came_asks_for_nothing(admin):
    policy = {
        "calendars": [ALWAYS | {"exceptions": [{"from_ms": 0, "to_ms": 5}]}],
        "clocks": [{}],
        "isolated_after_s": 90,
    }
    put("building-policy", "1", policy)
    put(
        "class-limits",
        "dormitory",
        {"no_cut": "", "power_cap": {"limit_w": 900, "night": "always"}, "emergency": None},
    )
    put(
        "point-limits",
        "1-105",
        {"power_cap": None, "software": {"from_ms": 1_790_000_000_123, "wh_per_day": 2500}},
    )
    put("building-groups", "1", [{"group": "all", "kind": "building", "master": "m", "subs": ["a", "b"]}])
    for address in (CLASS, BUILDING, f"{BUILDING}groups/", f"/link/policies/rooms/{room('1-105')}/change/"):
        answer = admin.post(address, {**sent(admin, address), "do": "try"})
        assert answer.status_code == 400, address
        assert "Nothing is different" in answer.content.decode(), address


def put(kind: str, code: str, value: object) -> None:
    done = set_rules(RuleKind(kind), code, value, actor="test", now_ms=clock.now_ms())
    assert hasattr(done, "buildings"), done


def room(code: str) -> int:
    return MeteringPoint.objects.get(code=code).room_id


def test_a_new_calendar_by_rows_and_a_room_s_own_lights_out(admin, director):
    typed = {
        "calendars__0__calendar": "夜间",
        "calendars__0__windows__0__days": ["1", "2", "3", "4", "5", "6", "7"],
        "calendars__0__windows__0__from_minute": "00:00",
        "calendars__0__windows__0__to_minute": "24:00",
    }
    more = admin.post(BUILDING, {**sent(admin, BUILDING, **typed), "add": "calendars.0.windows"})
    assert 'name="calendars.0.windows.3.from_minute"' in more.content.decode()
    assert 'value="夜间"' in more.content.decode()
    ask(admin, BUILDING, **typed)
    assert sign(waiting().number).state == "approved"
    night = Building.objects.get(code="1").policy["calendars"][0]
    assert night["windows"] == ALWAYS["windows"]
    address = f"/link/policies/rooms/{room('1-106')}/change/"
    assert 'value="=夜间"' in admin.get(address).content.decode()
    page = admin.post(address, {**sent(admin, address, lights_out="=夜间"), "do": "try"}).content.decode()
    assert "would be cut" in page
    assert "lights out by the time-table" in page
    rules = admin.get(f"/link/policies/rooms/{room('1-106')}/").content.decode()
    assert "夜间" in rules


def test_every_mistake_is_named_in_words_and_asked_for_is_nothing(admin):
    put("building-policy", "1", {"calendars": [ALWAYS]})
    put("class-limits", "dormitory", {"lights_out": "always"})
    answer = admin.post(
        BUILDING, {**sent(admin, BUILDING, calendars__0__remove="1"), "do": "ask", "why": "x"}
    )
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "building 1: there is no calendar always (6 rooms: 1-101, 1-102, 1-103, 1-104, 1-105 …)" in page
    assert not Approval.objects.exists()
    wrong = {"overdraft": "-5", "warn_at": "1;2", "power_cap__limit_w": "900"}
    page = admin.post(CLASS, {**sent(admin, CLASS, **wrong), "do": "try"})
    assert page.status_code == 400
    text = page.content.decode()
    assert "Too small: at least 0 yuan." in text
    assert "Write the highest level first" in text
    assert "Choose “set here”" in text
    assert 'value="-5"' in text
    assert 'value="1;2"' in text


@pytest.mark.parametrize(
    ("place", "code", "kind", "value"),
    [
        (Place.CLASS, "dormitory", "class-limits", {"lights_outs": "night"}),
        (Place.CLASS, "dormitory", "class-limits", {"lights_out": "night"}),
        (Place.CLASS, "dormitory", "class-limits", {"no_cut_extra": -1}),
        (Place.CLASS, "dormitory", "class-limits", {"software": {"from_ms": 0, "wh_per_day": 1}}),
        (Place.CLASS, "dormitory", "class-limits", ["x"]),
        (Place.CLASS, "dormitory", "class-warnings", [5, 10]),
        (Place.CLASS, "dormitory", "class-overdraft", -1),
        (Place.CLASS, "dormitory", "class-overdraft", "5"),
        (Place.CLASS, "dormitory", "class-overdraft", 10**17),
        (Place.ROOM, "1-101", "point-limits", {"no_cut": "x"}),
        (Place.ROOM, "1-101", "point-power", 0),
        (Place.BUILDING, "1", "building-policy", {"cut_guard": 1}),
        (Place.BUILDING, "1", "building-policy", {"period_day": 31}),
        (
            Place.BUILDING,
            "1",
            "building-groups",
            [{"group": "g", "kind": "floor", "master": "m", "subs": ["m"]}],
        ),
    ],
)
def test_a_dry_run_names_what_setting_it_would_name(campus, place, code, kind, value):
    refused = set_rules(RuleKind(kind), code, value, actor="test", now_ms=clock.now_ms())
    tried = try_out(Change(place, code, {kind: value}, {}), clock.now_ms())
    assert tried.mistakes == list(refused.mistakes)
    assert tried.rooms == []


def test_a_dry_run_writes_nothing(campus):

    writes = []

    def watch(execute, sql, params, many, context):
        if not sql.lstrip().upper().startswith("SELECT"):
            writes.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        tried = try_out(Change(Place.CLASS, "dormitory", {"class-overdraft": 9_000_000}, {}), clock.now_ms())
    assert tried.counts[Effect.RESTORED] == 1
    assert writes == []


def test_an_unprotecting_asks_for_the_password(admin, director):
    address = f"/link/policies/rooms/{room('1-105')}/change/"
    session = admin.session
    session.pop("password_confirmed_ms")
    session.save()
    answer = ask(admin, address, protected="no")
    assert "Your password again" in answer.content.decode()
    assert not Approval.objects.exists()
    assert ask(admin, address, max_power_w="3000").status_code == 302, "no emergency, no password"
    assert sign(waiting().number).state == "approved"
    assert MeteringPoint.objects.get(code="1-105").max_power_w == 3000
    fields = sent(admin, address, protected="no")
    done = admin.post(
        address,
        {**fields, "do": "ask", "why": "moved out", "key": "k2", "password_again": "tall-lamp-quiet-42"},
    )
    assert done.status_code == 302
    assert sign(waiting().number).state == "approved"
    assert not MeteringPoint.objects.get(code="1-105").protected
    assert AuditEntry.objects.filter(action="unprotect", subject="1-105", detail="moved out").exists()


def test_asking_wants_a_reason_and_somebody_else(admin):
    answer = ask(admin, CLASS, why=" ", overdraft="5")
    assert answer.status_code == 400
    assert "the reason stays on record" in answer.content.decode()
    assert 'name="overdraft" value="5"' in answer.content.decode(), "what was typed goes along"
    User.objects.filter(username="director").update(is_active=False)
    assert "Nobody could sign this" in ask(admin, CLASS, overdraft="5").content.decode()
    assert not Approval.objects.exists()


def test_uncertain_buildings_say_why(campus):
    now_ms = clock.now_ms()
    change = Change(Place.CLASS, "dormitory", {"class-overdraft": 9_000_000}, {})

    def doubts() -> tuple[Doubt, ...]:
        return try_out(change, now_ms).buildings[0].doubts

    Gateway.objects.update(online=True, last_seen_ms=now_ms, config_version=3, applied_config_version=3)
    assert doubts() == ()
    Gateway.objects.update(online=True, last_seen_ms=now_ms - 16 * 60_000)
    assert doubts() == (Doubt.OLD,)
    Gateway.objects.update(online=False, config_version=4)
    assert doubts() == (Doubt.SILENT, Doubt.BEHIND)


def test_a_guard_that_would_hold_the_cuts_is_said(campus):
    put("building-policy", "1", {"cut_guard_count": 2, "calendars": [ALWAYS]})
    tried = try_out(
        Change(Place.CLASS, "dormitory", {"class-limits": {"lights_out": "always"}}, {}), clock.now_ms()
    )
    assert tried.counts[Effect.CUT] == 5
    assert tried.buildings[0].guarded == 2
    _counts, mind = policy_act.building_tables(tried)
    assert "the guard holds the others" in str(mind.rows[0].cells[1])


def test_the_later_hours_of_today_are_looked_at(campus):
    """Noon: nothing is cut while the desk is closed from 13:30 on, if the leeway says so; the cut room is not given back."""
    noon_ms = 1_790_000_000_000 // 86_400_000 * 86_400_000 + 4 * 3_600_000
    AccountDecision.objects.filter(account="1-101.1").update(decision="close", reason="credit-left")
    change = Change(Place.CLASS, "dormitory", {"class-limits": {"no_cut_extra": 5_000_000}}, {})
    (one,) = try_out(change, noon_ms).rooms
    assert (one.change.room, one.effect) == ("1-101", Effect.RESTORED)
    assert clock.local(one.change.at_ms).strftime("%H:%M") == "13:30"
    AccountDecision.objects.filter(account="1-101.1").update(decision="open", reason="credit-spent")
    assert try_out(change, noon_ms).rooms == [], "a leeway that only spares gives no cut room back"


def test_rooms_on_another_room_s_balance_are_judged_by_it(campus):
    payer = Account.objects.get(code="1-106.1")
    Account.objects.filter(code="1-101.1").update(pays_from=payer)
    change = Change(Place.CLASS, "dormitory", {"class-overdraft": 9_000_000}, {})
    assert try_out(change, clock.now_ms()).rooms == [], "1-106 has credit for both"


def test_what_no_field_can_hold_is_shown_and_kept(admin, director):
    put("point-limits", "1-106", {"no_cut_extra": 10**16})
    address = f"/link/policies/rooms/{room('1-106')}/change/"
    page = admin.get(address).content.decode()
    assert "no_cut_extra = 10000000000000000" in page
    assert 'name="no_cut_extra"' not in page, "a field that would not count"
    ask(admin, address, lights_out="=")
    assert sign(waiting().number).state == "approved"
    assert MeteringPoint.objects.get(code="1-106").limits == {"lights_out": "", "no_cut_extra": 10**16}


def test_groups_of_meters_by_rows(admin, director):
    typed = {
        "groups__0__group": "floor-1",
        "groups__0__kind": "floor",
        "groups__0__master": "M1",
        "groups__0__subs": "S1\r\nS2, S3",
        "groups__0__tolerance_ppm": "2.5",
    }
    ask(admin, f"{BUILDING}groups/", **typed)
    assert sign(waiting().number).state == "approved"
    assert Building.objects.get(code="1").groups == [
        {
            "group": "floor-1",
            "kind": "floor",
            "master": "M1",
            "subs": ["S1", "S2", "S3"],
            "tolerance_ppm": 25_000,
        }
    ]


def test_the_whole_list_of_rooms_is_a_file(admin):
    answer = admin.post(CLASS, {**sent(admin, CLASS, overdraft="5"), "do": "list"})
    assert answer["Content-Type"].startswith("text/csv")
    assert "1-101" in answer.content.decode()


def test_who_decides_what(cashier, admin):
    put("class-limits", "dormitory", {"isolated_extra": 3_000_000})
    put("point-limits", "1-105", {"no_cut_extra": 2_000_000})
    page = cashier.get(f"/link/policies/rooms/{room('1-105')}/").content.decode()
    labels = ["Protected room", "Leeway in hours without cuts", "Lights out", "Cuts before the guard"]
    labels.append("Leeway while the server is out of reach")
    row = {
        label: re.sub(r"<[^>]+>", " ", found)
        for label in labels
        for found in re.findall(rf"<tr><th scope=\"row\">{label}<.*?</tr>", page)
    }
    assert "yes   room" in row["Protected room"]
    assert "2 yuan   room" in row["Leeway in hours without cuts"]
    assert "3 yuan   class" in row["Leeway while the server is out of reach"]
    assert "none   default" in row["Lights out"]
    assert "20   default" in row["Cuts before the guard"]
    assert "Change this room" not in page
    assert cashier.get(CLASS).status_code == 403
    assert "Change this room" in admin.get(f"/link/policies/rooms/{room('1-105')}/").content.decode()


def test_the_list_finds_rooms(cashier):
    page = cashier.get("/link/policies/?q=1-10").content.decode()
    assert page.count("/link/policies/rooms/") == 6
    assert parts_now(MeteringPoint.objects.get(code="1-105"))["point-protected"] is True


def test_what_other_hands_spoilt_is_mended_from_the_page(admin, director):
    """A part that is no table at all: the pages open, say so where it matters, and setting it anew is not refused for it."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE campus_customerclass SET limits = '[5]' WHERE code = 'dormitory'")
    for address in (CLASS, BUILDING, f"/link/policies/rooms/{room('1-101')}/"):
        assert admin.get(address).status_code == 200, address
    tried = admin.post(CLASS, {**sent(admin, CLASS, no_cut_extra="2"), "do": "try"})
    assert tried.status_code == 200
    assert "its rules can&#x27;t be read" in tried.content.decode()
    ask(admin, CLASS, no_cut_extra="2")
    assert sign(waiting().number).state == "approved"
    assert CustomerClass.objects.get(code="dormitory").limits == {"no_cut_extra": 2_000_000}


def test_many_groups_are_not_too_many_fields(admin):
    groups = [
        {"group": f"g{n}", "kind": "riser", "master": f"m{n}", "subs": [f"s{n}"], "own_use_w": n}
        for n in range(150)
    ]
    put("building-groups", "1", groups)
    answer = admin.post(
        f"{BUILDING}groups/", {**sent(admin, f"{BUILDING}groups/", groups__7__own_use_w="99"), "do": "try"}
    )
    assert answer.status_code == 200
    page = answer.content.decode()
    assert "Group 8" in page
    assert "Group 9" not in page
