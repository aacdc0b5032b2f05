"""Sign-in, language, errors and import: each refusal says what to do next."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings

from central import clock
from central.campus.models import MeteringPoint, Room
from central.link.shared_balance import merge
from central.office.dangerous import CONFIRMED_KEY, PASSWORD_FIELD
from tests.browser import seed

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])


def sign_in(client: Client, password: str):
    return client.post("/office/sign-in/", {"username": "cashier", "password": password})


def test_sign_in_and_out(campus: None, client: Client) -> None:
    assert sign_in(client, seed.PASSWORD).url == "/"
    assert client.get("/").status_code == 200
    client.post("/office/sign-out/")
    assert client.get("/").status_code == 302


def test_a_wrong_password_is_explained_without_telling_which_was_wrong(campus: None, client: Client) -> None:
    client.cookies["django_language"] = "en"
    assert "The name or the password is wrong" in sign_in(client, "wrong").content.decode()


def test_after_five_wrong_ones_the_page_says_when_to_try_again(campus: None, client: Client) -> None:
    client.cookies["django_language"] = "en"
    answers = [sign_in(client, "wrong") for _ in range(5)]
    assert answers[-1].status_code == 429
    page = sign_in(client, seed.PASSWORD).content.decode()
    assert "Try again in 15 minutes, at " in page


def test_chinese_comes_first_whatever_the_browser_prefers(client: Client) -> None:
    answer = client.get("/office/sign-in/", headers={"Accept-Language": "en"})
    assert '<html lang="zh-hans">' in answer.content.decode()
    assert "登录" in answer.content.decode()


def test_the_language_switch_stays_on_the_page_and_is_remembered(cashier: Client) -> None:
    cashier.cookies.pop("django_language")
    answer = cashier.post("/i18n/setlang/", {"language": "en", "next": "/buildings/1/?show=low"})
    assert answer.url == "/buildings/1/?show=low"
    assert "Low balance" in cashier.get(answer.url).content.decode()


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(campus: None, client: Client) -> None:
    client.cookies["django_language"] = "en"
    page = "http://testserver/desk/days/?month=2026-09"
    answer = client.post("/desk/days/close/", {"day": "2026-09-01"}, headers={"Referer": page})
    assert answer.url == "/office/sign-in/?next=/desk/days/%3Fmonth%3D2026-09"
    assert "was not done" in client.get(answer.url).content.decode()
    for foreign in ("http://elsewhere.example/x/", "http://testserver@elsewhere.example/", ""):
        answer = client.post("/desk/days/close/", headers={"Referer": foreign})
        assert answer.url == "/office/sign-in/?next=/"


def test_an_address_that_takes_only_forms_says_so(cashier: Client) -> None:
    answer = cashier.get("/desk/days/close/")
    assert answer.status_code == 405
    assert answer["Allow"] == "POST"
    assert "only takes what a form sends" in answer.content.decode()


@pytest.mark.parametrize("page", ["/desk/rooms/%s/", "/rooms/%s/", "/link/policies/rooms/%s/"])
def test_a_number_too_large_for_the_database_is_no_such_page(cashier: Client, page: str) -> None:
    assert cashier.get(page % 10**24).status_code == 404


def test_a_room_too_large_for_the_database_has_no_rules(admin: Client) -> None:
    for what in ("change", "meter"):
        assert admin.get(f"/link/policies/rooms/{10**24}/{what}/").status_code == 404


def test_what_does_not_exist_says_where_to_look(cashier: Client) -> None:
    answer = cashier.get("/rooms/999999/")
    assert answer.status_code == 404
    assert "Look for the room" in answer.content.decode()


def test_a_failing_server_says_what_became_of_the_payment(
    cashier: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("planted")

    monkeypatch.setattr("central.desk.views.find_points", fail)
    cashier.raise_request_exception = False
    answer = cashier.get("/desk/", {"q": "1"})
    assert answer.status_code == 500
    page = answer.content.decode()
    assert "The same page pays only once" in page
    assert "planted" not in page
    assert "Traceback" not in page


def test_an_old_form_is_refused_with_what_to_do(campus: None) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies["django_language"] = "en"
    answer = strict.post("/office/sign-in/", {"username": "cashier", "password": seed.PASSWORD})
    assert answer.status_code == 403
    assert "reload the page" in answer.content.decode()


def test_no_page_allows_outside_hosts_or_inline_script(cashier: Client) -> None:
    policy = cashier.get("/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy
    assert "unsafe-eval" not in policy


LIST = "building,room,class,meter\n7,701,dormitory,m-701\n7,702,{},m-702\n"


def upload(client: Client, text: str):
    return client.post("/office/import/", {"file": SimpleUploadedFile("campus.csv", text.encode())})


def digest_in(page: str) -> str:
    return page.split('name="digest" value="')[1].split('"')[0]


def test_a_bad_row_is_named_and_nothing_is_imported(admin: Client) -> None:
    answer = upload(admin, LIST.format("no-such"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "row 3" in page
    assert "no-such" in page
    assert "Carry it out" not in page
    assert not Room.objects.filter(building__code="7").exists()


def test_what_was_shown_is_what_is_imported(admin: Client) -> None:
    page = upload(admin, LIST.format("dormitory")).content.decode()
    assert "Carry it out" in page
    assert not Room.objects.filter(building__code="7").exists(), "looking changes nothing"
    content = {"digest": digest_in(page), "name": "campus.csv"}
    assert "Imported: 2 rooms" in admin.post("/office/import/confirm/", content, follow=True).content.decode()
    assert Room.objects.filter(building__code="7").count() == 2
    again = admin.post("/office/import/confirm/", content, follow=True).content.decode()
    assert "Upload it once more" in again


def test_an_import_asks_for_the_password_again(admin: Client) -> None:
    content = {
        "digest": digest_in(upload(admin, LIST.format("dormitory")).content.decode()),
        "name": "campus.csv",
    }
    session = admin.session
    del session[CONFIRMED_KEY]
    session.save()
    asked = admin.post("/office/import/confirm/", content)
    assert f'name="{PASSWORD_FIELD}"' in asked.content.decode()
    assert not Room.objects.filter(building__code="7").exists()
    sent = {**content, PASSWORD_FIELD: seed.PASSWORD}
    assert "Imported: 2 rooms" in admin.post("/office/import/confirm/", sent, follow=True).content.decode()


def test_a_list_that_no_gateway_would_take_is_refused_on_the_page(admin: Client) -> None:
    payer, member = MeteringPoint.objects.filter(room__building__code="1").order_by("code")[:2]
    assert isinstance(merge(payer.code, [member.code], actor="t", now_ms=clock.now_ms()), list)
    row = f"1,{member.room.label},{member.customer_class.code},monthly\n"
    page = upload(admin, "building,room,class,billing\n" + row).content.decode()
    answer = admin.post("/office/import/confirm/", {"digest": digest_in(page), "name": "campus.csv"})
    assert answer.status_code == 422
    assert "is not prepaid; no gateway would take" in answer.content.decode()
    member.refresh_from_db()
    assert member.billing == "prepaid"


@pytest.mark.parametrize("digest", ["", "0" * 64, "../../etc/passwd"])
def test_a_digest_that_was_never_shown_imports_nothing(admin: Client, digest: str) -> None:
    answer = admin.post("/office/import/confirm/", {"digest": digest}, follow=True)
    assert "Upload it once more" in answer.content.decode()


def test_no_file_and_an_empty_file_are_told_apart(admin: Client) -> None:
    assert "Choose a file first" in admin.post("/office/import/", {}).content.decode()
    assert "The file is empty" in upload(admin, "").content.decode()


@override_settings(ALLOWED_HOSTS=["testserver"])
def test_sign_in_returns_only_to_our_own_pages(campus: None, client: Client) -> None:
    answer = client.post(
        "/office/sign-in/",
        {"username": "cashier", "password": seed.PASSWORD, "next": "https://evil.example/"},
    )
    assert answer.url == "/"


@pytest.mark.parametrize(
    ("page", "lit"),
    [
        ("/desk/go-live/", "The office"),
        ("/link/policies/rooms/1/", "The office"),
        ("/desk/days/", "Cash"),
        ("/desk/", "Desk"),
    ],
)
def test_the_menu_lights_the_room_that_a_page_belongs_to(cashier: Client, page: str, lit: str) -> None:
    menu = cashier.get(page).content.decode().split("</nav>")[0]
    assert f'aria-current="page">{lit}' in menu


def test_the_offices_front_page_leads_to_the_cash_and_to_ones_own_notices(cashier: Client) -> None:
    page = cashier.get("/office/").content.decode().split("</nav>")[1]
    for address in (
        "/desk/shifts/",
        "/desk/days/",
        "/desk/hand-ins/",
        "/desk/roster/",
        "/office/by-hand/",
        "/office/own-mail/",
    ):
        assert f'href="{address}"' in page
    assert 'href="/office/channels/"' not in page
