"""Pages of replacements, software control and true-ups: who sees and does what, on a phone and at the desk, bad input in words."""

from pathlib import Path
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import translation

from central import clock
from central.campus.models import Building
from central.campus.queries import occupant_names
from central.clock import campus_day
from central.desk.debts.true_up_models import DebtTrueUp
from central.domain.periods import PeriodKind
from central.link.models import Command
from central.losses.readings.sheets import month_of
from central.office.models import Approval, User
from central.office.roles import Role
from central.papers.accounting import period_of
from central.reports.agreement import sign_views
from central.reports.agreement.signing import SignRefusal
from central.workshop.replacements.models import ControlDecision, Replacement, TrueUp
from central.workshop.replacements.paper import build
from tests.browser import seed_replacements, seed_theft
from tests.pages.conftest import _client

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


@pytest.fixture
def who(cashier: Client, settings: object, tmp_path: Path) -> dict[str, Client]:
    settings.PHOTOS_FOLDER = tmp_path / "photos"
    seed_replacements.replacements()
    return {
        name: _client(name) for name in ("technician", "store", "finance", "cashier", "director", "manager")
    }


def page(client: Client, path: str) -> str:
    answer = client.get(f"/workshop/{path}")
    assert answer.status_code == 200, path
    return answer.content.decode()


def post(client: Client, path: str, **said: object) -> object:
    return client.post(f"/workshop/{path}", {"step": str(uuid4())} | said)


def row_of(control: str) -> TrueUp:
    return TrueUp.objects.get(interval=f"control:{control}")


def test_the_store_sees_what_it_must_complete_and_completes_it(who: dict[str, Client]) -> None:
    row = Replacement.objects.get()
    listed = page(who["store"], "replacements/")
    for words in ("1-106", "the store: module out", "the store: module in", "photographs", "solved or not"):
        assert words in listed
    one = f"replacements/{row.pk}/"
    assert "The store has no record of it" in page(who["store"], one)
    photo = SimpleUploadedFile("a.jpg", seed_theft.picture("412.34"), "image/jpeg")
    assert post(who["technician"], f"{one}say/", kind="photos", photos=photo).status_code == 302
    assert post(who["technician"], f"{one}say/", kind="solved", text="换后正常").status_code == 302
    assert post(who["technician"], f"{one}say/", kind="linked", ref="fault:7").status_code == 302
    assert '<a href="/workshop/faults/7/">fault 7</a>' in page(who["store"], one)
    for kind in ("device-out", "device-in"):
        assert post(who["store"], f"{one}devices/", kind=kind, why="旧账无记录").status_code == 302
    assert "Every replacement is complete" in page(who["store"], "replacements/")
    bad = SimpleUploadedFile("a.jpg", b"no picture", "image/jpeg")
    refused = post(who["technician"], f"{one}say/", kind="photos", photos=bad)
    assert refused.status_code == 400
    assert "is no photograph" in refused.content.decode()
    assert post(who["cashier"], f"{one}say/", kind="note", text="x").status_code == 403


def test_the_months_table_has_the_columns_of_the_procedure(who: dict[str, Client]) -> None:
    row = Replacement.objects.get()
    with translation.override("en"):
        paper = build(period_of(PeriodKind.MONTH, campus_day(row.at_ms)))
    (cells,) = [one.cells for one in paper.tables[0].rows]
    assert cells[1] == "1-106"
    assert (cells[3], cells[4], cells[5]) == (412_340, "202519990", 20)
    assert cells[6] == "typed by technician / read by the gateway"
    assert cells[8] == "not said yet"


def test_rooms_under_software_control_are_listed_with_their_estimate(who: dict[str, Client]) -> None:
    listed = page(who["store"], "controls/")
    assert "1-105" in listed
    assert "1-103" not in listed, "it ended"
    form = {"key": str(uuid4()), "room": "1-102", "why": "no spare", "decided_by": "director Wang"}
    assert who["technician"].post("/workshop/controls/new/", form | {"room": "9-9"}).status_code == 400
    for _again in range(2):
        assert who["technician"].post("/workshop/controls/new/", form).status_code == 302
    decision = ControlDecision.objects.get()
    assert (decision.decided_by, decision.why) == ("director Wang", "no spare")
    assert decision.wh_per_day > 0, "the estimate goes along"
    assert Command.objects.filter(kind="begin-software-control").count() == 1
    again = who["technician"].post("/workshop/controls/new/", form | {"key": str(uuid4()), "room": "1-105"})
    assert again.status_code == 400
    assert "under software control already" in again.content.decode()
    ended = who["technician"].post("/workshop/controls/end/", {"control": "sc-3", "why": "dried"})
    assert ended.status_code == 302
    wrong = who["technician"].post("/workshop/controls/end/", {"control": "nothing", "why": "x"})
    assert wrong.status_code == 400
    assert who["cashier"].post("/workshop/controls/end/", {"control": "sc-3", "why": "x"}).status_code == 403


def test_a_true_up_shows_its_rule_and_goes_from_check_to_debt(who: dict[str, Client]) -> None:
    row = row_of("sc-2")
    one = f"true-ups/{row.pk}/"
    shown = page(who["finance"], one)
    for words in (
        "By its own past",
        "By its peers",
        "Joined",
        "in 9 of 10 cases",
        "The old module counted meanwhile",
    ):
        assert words in shown
    assert "Tell the customer" not in shown
    mistyped = post(who["finance"], f"{one}check/", figure="lots", method="person", why="x")
    assert mistyped.status_code == 400
    assert 'value="lots"' in mistyped.content.decode(), "what was typed comes back"
    assert post(who["finance"], f"{one}check/", figure="5").status_code == 400, (
        "a figure has its method and reason"
    )
    assert post(who["finance"], f"{one}tell/", words="slip").status_code == 400, "nobody has checked it"
    assert post(who["finance"], f"{one}check/").status_code == 302
    assert "Tell the customer" in page(who["cashier"], one)
    assert post(who["cashier"], f"{one}tell/", words="").status_code == 400
    assert post(who["cashier"], f"{one}tell/", words="slip handed over").status_code == 302
    assert DebtTrueUp.objects.get(name=row.name).amount == row.amount
    for debts in ("", f"{row.account.code}/"):
        said = who["cashier"].get(f"/desk/debts/{debts}").content.decode()
        assert "a true-up in it, not collected before" in said
    assert f"True-up {row.name}: " in said, "the debt's history says what it is of"
    assert "Nothing is taken from your credit before" in page(who["cashier"], f"{one}slip/")
    assert post(who["cashier"], f"{one}dispute/", words="we were away").status_code == 302
    assert "we were away" in page(who["finance"], one)
    assert post(who["cashier"], f"{one}reverse/", words="they were away").status_code == 302
    assert Approval.objects.filter(act="true-up-reversal").count() == 1
    assert post(who["store"], f"{one}tell/", words="x").status_code == 403


def test_a_figure_far_off_waits_for_a_signature(who: dict[str, Client]) -> None:
    row = row_of("sc-2")
    answer = post(
        who["technician"],
        f"true-ups/{row.pk}/check/",
        figure="123.45",
        method="register",
        why="read on the bench",
    )
    assert answer.status_code == 302
    waiting = Approval.objects.get(act="true-up-figure")
    shown = who["director"].get(f"/office/approvals/{waiting.number}/").content.decode()
    assert "123.45" in shown
    assert "1-104" in shown


def test_a_module_that_counted_wrong_is_typed_in_per_cent(who: dict[str, Client]) -> None:
    said = {"meter": "no-such", "error": "2.5", "last_good": "2020-01-01", "until": "2020-02-01"}
    unknown = who["finance"].post("/workshop/true-ups/miscount/", said)
    assert unknown.status_code == 400
    assert "No room was billed by this meter" in unknown.content.decode()
    for error in ("x", "0", "1e9", "nan"):
        assert who["finance"].post("/workshop/true-ups/miscount/", said | {"error": error}).status_code == 400


def test_the_resident_sees_what_he_was_told(who: dict[str, Client]) -> None:
    from central.dashboard.my_room.queries import my_room

    account = seed_replacements.account_of("103")
    (told,) = my_room(account, clock.now_ms()).true_ups
    assert told.pk == row_of("sc-1").pk
    assert my_room(seed_replacements.account_of("104"), clock.now_ms()).true_ups == [], "nobody was told yet"


def test_the_office_says_why_a_period_is_not_signed(
    who: dict[str, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_views, "ask_for_signatures", lambda *_said, **_more: SignRefusal.TRUE_UPS)
    month, building = (
        month_of(period_of(PeriodKind.ACCOUNTING, campus_day(clock.now_ms()))),
        Building.objects.get(code="1"),
    )
    answer = who["cashier"].post(reverse("agreement:sign", args=[month, building.pk]))
    assert "page of true-ups" in answer.content.decode()
    assert 'href="/workshop/true-ups/">True-ups</a>' in answer.content.decode()
    assert Building.objects.filter(true_ups__state="computed").exists()


def test_the_workshop_sees_no_names_and_an_electrician_no_other_building(who: dict[str, Client]) -> None:
    row = TrueUp.objects.exclude(state__in=(TrueUp.State.NO_FIGURE, TrueUp.State.COMPUTED)).first()
    assert row is not None
    names = occupant_names(row.account, row.to_ms - 1)
    assert names
    assert names[0] in page(who["finance"], f"true-ups/{row.pk}/")
    assert names[0] in page(who["finance"], f"true-ups/{row.pk}/slip/")
    for name in ("technician", "store"):
        assert names[0] not in page(who[name], f"true-ups/{row.pk}/")
        assert who[name].get(f"/workshop/true-ups/{row.pk}/slip/").status_code == 403
    electrician = User.objects.create_user("elsewhere", role=Role.ELECTRICIAN)
    replaced = Replacement.objects.get()
    addresses = (f"true-ups/{row.pk}/", f"replacements/{replaced.pk}/")
    client = _client("elsewhere")
    for one in addresses:
        page(client, one)
    electrician.buildings.set([Building.objects.create(code="9", name="Nine")])
    for one in addresses:
        assert client.get(f"/workshop/{one}").status_code == 404
    room = replaced.room.full_label
    for one in ("true-ups/", "replacements/", "controls/"):
        assert "1-1" not in page(client, one).replace(row.name, ""), (one, room)
