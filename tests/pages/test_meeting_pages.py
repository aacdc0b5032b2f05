"""Pages of meetings and improvement items: what is seen by whom, written down by form, refused in words, and closed."""

import re
import uuid
from datetime import timedelta

import pytest
from django.test import Client

from central import clock
from central.domain.meeting_days import week_spoken_of
from central.ledger.models import AuditEntry
from central.office.models import User
from central.office.roles import Role
from central.reports.meetings.jobs import make
from central.reports.meetings.models import Item, ItemStep, Meeting, MeetingEntry
from central.reports.schedule.jobs import Due
from central.reports.schedule.models import MadePaper, ScheduledRun
from tests.browser import seed_meetings
from tests.pages.conftest import _client as client_of

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def held(campus: None) -> None:
    seed_meetings.meetings()


def text_of(answer: object) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def running(kind: Meeting.Kind) -> Meeting:
    return Meeting.objects.get(kind=kind, state=Meeting.State.OPEN)


def post(client: Client, address: str, **said: object) -> object:
    return client.post(address, {"step": str(uuid.uuid4()), **said})


def test_the_front_page_shows_what_is_late_and_leads_to_the_packs(held: None) -> None:
    page = client_of("vice").get("/meetings/")
    said = text_of(page)
    assert "Late 2" in said
    assert "Done, to be checked 1" in said
    assert 'href="/papers/weekly-pack/?period=week:' in page.content.decode()
    assert "Takings by week" in said
    assert client_of("vice").get("/papers/weekly-pack/").status_code == 200
    assert "as it was made" not in said
    week = week_spoken_of(clock.campus_day(clock.now_ms()))
    now_ms = clock.now_ms()
    run = ScheduledRun.objects.create(
        job="weekly-pack", due=week.name, period=week.name, due_ms=now_ms, next_ms=now_ms
    )
    make(Due(week.name, now_ms, week.name), now_ms)
    kept = f'href="/runs/papers/{MadePaper.objects.get(run=run).pk}/"'
    assert kept in client_of("vice").get("/meetings/").content.decode()


def test_items_are_filtered_and_late_ones_say_so(held: None) -> None:
    client = client_of("director")
    late = text_of(client.get("/meetings/items/?show=late"))
    assert "26 days late" in late
    assert "21 days late" in late
    assert "备用模块" not in late
    asked = {
        "?show=to-check": ["2号楼值班"],
        "?office=logistics": ["备用模块库存不足"],
        "?q=交换机": ["3 号楼网关"],
        "?found=monthly": ["备用模块不足"],
        "?show=all&q=1": ["1号楼东侧"],
        "?mine=1": ["2号楼值班", "备用模块不足"],
        "?show=nonsense&office=x&found=y&page=999": ["1号楼东侧"],
    }
    for query, words in asked.items():
        said = text_of(client.get(f"/meetings/items/{query}"))
        assert all(word in said for word in words), query
    assert "No such item" in text_of(client.get("/meetings/items/?q=no+such+words"))


def test_who_sees_no_meetings_sees_his_own_items_and_takes_them_further(held: None) -> None:
    User.objects.create_user("wu", role=Role.ELECTRICIAN)
    wu, late = client_of("wu"), Item.objects.get(office=Role.ELECTRICIAN)
    assert wu.get("/meetings/").status_code == 403
    listed = text_of(wu.get("/meetings/items/"))
    assert "1号楼东侧" in listed
    assert "3 号楼网关" not in listed
    assert wu.get(f"/meetings/items/{Item.objects.get(office=Role.LOGISTICS).pk}/").status_code == 404
    address = f"/meetings/items/{late.pk}/step/"
    assert post(wu, address, act="done", text="").status_code == 400
    assert "Say it in words" in text_of(post(wu, address, act="done", text=" "))
    step = {"step": str(uuid.uuid4()), "act": "done", "text": "14 处已紧固"}
    for _twice in range(2):
        assert wu.post(address, step).status_code == 302
    assert ItemStep.objects.filter(item=late, kind="done").count() == 1, "a double click is one step"
    refused = post(wu, address, act="checked", text="x")
    assert refused.status_code == 400
    assert "Nobody checks his own work" in text_of(refused)
    assert "Change measure" not in text_of(wu.get(f"/meetings/items/{late.pk}/"))
    assert post(client_of("finance"), address, act="checked", text="现场看过").status_code == 302
    late.refresh_from_db()
    assert late.state == "checked"
    shown = text_of(client_of("finance").get(f"/meetings/items/{late.pk}/"))
    assert "Nothing can be done here by you now" in shown


def test_a_decision_becomes_an_item_with_an_owner(held: None) -> None:
    client, monthly = client_of("cashier"), running(Meeting.Kind.MONTHLY)
    decision = monthly.entries.get(kind="decision")
    form = client.get(f"/meetings/items/new/?from={decision.pk}")
    assert "每周二公布低余额名单" in form.content.decode()
    due = clock.campus_day(clock.now_ms()) + timedelta(days=3)
    said = {"source": decision.pk, "found": "monthly", "problem": "名单未公布", "measure": "每周二 18 点公布"}
    none = post(client, "/meetings/items/new/", **said, due=due)
    assert none.status_code == 400
    assert "Choose a person or an office that does it" in text_of(none)
    made = post(client, "/meetings/items/new/", **said, due=due, office="cashier")
    assert made.status_code == 302
    item = Item.objects.get(source=decision)
    assert f"/meetings/items/{item.pk}/" in client.get(f"/meetings/{monthly.pk}/").content.decode()
    for link in ("https://evil.example/x", "//evil.example"):
        evil = post(client, "/meetings/items/new/", **{**said, "due": due, "office": "cashier", "link": link})
        assert "no page of this site" in text_of(evil)


def test_a_review_is_filled_in_cell_by_cell_and_closed_by_the_chair(held: None) -> None:
    client, review = client_of("director"), running(Meeting.Kind.REVIEW)
    cell, say = f"/meetings/{review.pk}/cells/1/2/", f"/meetings/{review.pk}/say/"
    assert "收据本第 23 页缺章" in client.get(cell).content.decode()
    assert client.get(f"/meetings/{review.pk}/cells/9/1/").status_code == 404
    here = {"row": 1, "column": 2}
    poor = post(client, say, kind="finding", **here, rating="poor", text="")
    assert poor.status_code == 400
    assert "Say it in words" in text_of(poor)
    kept = post(client, say, kind="finding", **here, rating="fair", text="缺章两页")
    assert (kept.status_code, kept.url) == (302, cell)
    assert post(client, say, kind="closed").status_code == 404, "who keeps it can't close it"
    assert client.post(f"/meetings/{review.pk}/close/").status_code == 403
    vice = client_of("vice")
    early = vice.post(f"/meetings/{review.pk}/close/", follow=True)
    assert "First write down on which day it was held" in text_of(early)
    today = clock.campus_day(clock.now_ms())
    assert post(client, say, kind="held", day=today, text="张副校长\n陈静").status_code == 302
    assert "It is closed" in text_of(vice.post(f"/meetings/{review.pk}/close/", follow=True))
    late = post(client, say, kind="finding", **here, rating="good", text="")
    assert late.status_code == 400
    assert "nothing is changed any more" in text_of(late)
    add = f"/meetings/{review.pk}/add/"
    assert post(client, add, kind="added", text="x", why="y").status_code == 403
    assert post(vice, add, kind="added", text="刘科长列席", why="漏记").status_code == 302
    paper = text_of(vice.get(f"/papers/quality-review/?period={review.period}"))
    assert "缺章两页" in paper
    assert "刘科长列席" in paper
    assert AuditEntry.objects.filter(action="meeting-closed", subject=f"meeting {review.pk}").count() == 1


def test_a_meeting_is_opened_once_for_its_month(held: None) -> None:
    client, count = client_of("finance"), Meeting.objects.count()
    today = clock.campus_day(clock.now_ms())
    opened = client.post("/meetings/open/", {"kind": "monthly", "day": today})
    assert opened.url == f"/meetings/{running(Meeting.Kind.MONTHLY).pk}/"
    ahead = client.post("/meetings/open/", {"kind": "review", "day": today + timedelta(days=9)}, follow=True)
    assert "has not begun" in text_of(ahead)
    for day in ("", "0001-01-01", "9999-12-31", "x"):
        assert "Choose" in text_of(client.post("/meetings/open/", {"kind": "x", "day": day}, follow=True))
    assert Meeting.objects.count() == count


def test_the_rows_behind_a_packs_figures(held: None) -> None:
    client = client_of("finance")
    pack = client.get(f"/papers/weekly-pack/?kind=week&day={clock.campus_day(clock.now_ms())}")
    rows = re.findall(r'href="(/meetings/weeks/[^"]+)"', pack.content.decode())
    assert {address.split("/")[4] for address in rows} == {"use", "left-yuan"}
    for address in rows:
        said = text_of(client.get(address.replace("&amp;", "&")))
        assert "1-10" in said, address
    for wrong in ("week:2026-W99/use", "month:2026-11/use", "week:2026-W48/rooms"):
        assert client.get(f"/meetings/weeks/{wrong}/").status_code == 404
    assert client.get("/meetings/weeks/week:2026-W48/use/?page=10000000000000000000000").status_code == 200


def test_huge_and_odd_input_is_refused_in_words(held: None) -> None:
    client, monthly = client_of("director"), running(Meeting.Kind.MONTHLY)
    say = f"/meetings/{monthly.pk}/say/"
    odd = [
        {"kind": "minutes", "text": "字" * 2_001},
        {"kind": "decision", "text": "x", "number": 10**30},
        {"kind": "decision", "text": "x", "number": 8},
        {"kind": "call", "whom": "x", "text": "y", "day": "9999-99-99", "at": "25:61"},
        {"kind": "call", "whom": "x", "text": "y", "day": "2199-12-31", "at": "10:00"},
        {"kind": "held", "text": "x", "day": "1066-10-14"},
        {"kind": "minutes", "text": "x", "row": 10**30, "column": -1},
    ]
    before = MeetingEntry.objects.count()
    for said in odd:
        answer = post(client, say, **said)
        assert answer.status_code == 400, said
        assert 'class="errorlist"' in answer.content.decode() or 'role="alert"' in answer.content.decode()
    assert client.post(say, {"kind": "minutes", "text": "x", "step": "no-uuid"}).status_code == 400
    assert MeetingEntry.objects.count() == before
    assert client.get(f"/meetings/items/new/?from={10**30}&link=javascript:x").status_code == 200
