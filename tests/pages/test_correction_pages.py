"""The guided correction and the adjustment, clicked through without a browser (R-4.1.5)."""

import re
from html import unescape

import pytest
from django.test import Client

from central import clock
from central.desk.corrections.models import Adjustment, Correction
from central.desk.corrections.verification import verify_corrections
from central.desk.models import Payment, Receipt
from central.desk.operations import pay
from central.ledger import chart_of_accounts as chart
from central.ledger.queries import balance
from central.link.models import Gateway, Grant, TakeBackRequest
from central.office.dangerous import CONFIRMED_KEY
from central.office.models import Approval, DatedValue, User
from central.office.roles import Role

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
DAY_MS = 86_400_000
WRONG, RIGHT = "1-102", "1-106"
RULE = "A payment is corrected on its day only"


def signed_in(role: str, name: str = "") -> Client:
    user = User.objects.create_user(name or f"p-{role}", role=role)
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    session = client.session
    session[CONFIRMED_KEY] = clock.real_now_ms()
    session.save()
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def sold(cashier: Client) -> Receipt:
    """A receipt of 50 yuan for a wrong room."""
    return pay("p1", f"{WRONG}.1", 5_000, User.objects.get(username="cashier"), now_ms=clock.now_ms()).receipt


def text_of(answer: object) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", answer.content.decode()))


def hidden(page: str) -> dict[str, str]:
    form = re.search(r'<form method="post" action="[^"]*/correct/do/".*?</form>', page, re.DOTALL)[0]
    return {
        name: unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', form)
        if name != "csrfmiddlewaretoken"
    }


def room_id(room: str) -> int:
    from central.campus.models import Room

    return Room.objects.get(building__code="1", label=room.split("-")[1]).pk


def test_step_by_step(cashier: Client, sold: Receipt) -> None:
    page = cashier.get(f"/desk/receipts/{sold.number}/")
    assert "/correct/" in page.content.decode()
    first = text_of(cashier.get(f"/desk/receipts/{sold.number}/correct/"))
    assert "What is on record" in first
    assert "What was wrong?" in first
    found = cashier.get(f"/desk/receipts/{sold.number}/correct/", {"kind": "room", "q": RIGHT})
    assert "Right room" in text_of(found), "the only room that fits is chosen"
    several = cashier.get(f"/desk/receipts/{sold.number}/correct/", {"kind": "room", "q": "10"})
    assert several.content.decode().count("kind=room&amp;correction=") == 7, "the step itself, and six rooms"
    typed = {
        "kind": "room",
        "correction": "7d9f6c1e-5a55-4a0e-9a39-0a5a0f4e1c11",
        "room": room_id(RIGHT),
        "amount": "50",
        "reason": "typed 2 for 6",
    }
    back = cashier.get(f"/desk/receipts/{sold.number}/correct/read-back/", typed)
    assert back.status_code == 200
    assert "No money moves" in text_of(back)
    assert "is asked for the" in text_of(back)
    answer = cashier.post(f"/desk/receipts/{sold.number}/correct/do/", hidden(back.content.decode()))
    assert answer.status_code == 302, text_of(answer)
    assert answer.url == f"/desk/corrections/{sold.number}/"
    done = text_of(cashier.get(answer.url))
    assert "typed 2 for 6" in done
    assert "asked, not answered" in done
    again = cashier.post(
        f"/desk/receipts/{sold.number}/correct/do/", hidden(back.content.decode()), follow=True
    )
    assert "nothing was done twice" in text_of(again)
    assert (Correction.objects.count(), Receipt.objects.count()) == (1, 2)
    for lists in (f"/desk/rooms/{room_id(WRONG)}/", "/desk/"):
        assert text_of(cashier.get(lists)).count("void") == 1, "lists of payments say which are void"
    void = text_of(cashier.get(f"/desk/receipts/{sold.number}/"))
    assert "typed 2 for 6" in void
    assert "Correct this receipt" not in void
    new = text_of(cashier.get(f"/desk/receipts/{sold.number + 1}/"))
    assert "Issued in the place of" in new
    assert "Correct this receipt" in new, "the one in its place may be wrong, too"
    assert "typed 2 for 6" not in text_of(cashier.get("/desk/corrections/"))
    assert "wrong room" in text_of(cashier.get("/desk/corrections/"))
    assert not any(check.fault for check in verify_corrections())
    assert cashier.get(f"/desk/receipts/{sold.number}/correct/").status_code == 302


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"reason": " "}, "Write the reason"),
        ({"amount": "x"}, "digits"),
        ({"amount": ""}, "Type the right amount"),
        ({"amount": "1"}, "The least for this class is 10.00 yuan"),
        ({"room": "9999"}, "Choose the right room"),
        ({"kind": "palace"}, "What was wrong?"),
        ({"correction": "x"}, "What was wrong?"),
    ],
)
def test_what_is_typed_wrong_is_said_and_kept(
    cashier: Client, sold: Receipt, changed: dict[str, str], words: str
) -> None:
    typed = {
        "kind": "room",
        "correction": "7d9f6c1e-5a55-4a0e-9a39-0a5a0f4e1c11",
        "room": room_id(RIGHT),
        "amount": "47",
        "reason": "typed 2 for 6",
    }
    answer = cashier.get(f"/desk/receipts/{sold.number}/correct/read-back/", typed | changed)
    assert answer.status_code == 400
    assert words in text_of(answer)
    if set(changed) & {"reason", "amount"}:
        assert ("typed 2 for 6" in answer.content.decode()) == ("reason" not in changed)
    posted = cashier.post(f"/desk/receipts/{sold.number}/correct/do/", typed | changed)
    assert posted.status_code == 400
    assert not Correction.objects.exists()


def test_the_difference_is_shown(cashier: Client, sold: Receipt) -> None:
    typed = {"kind": "amount", "correction": "7d9f6c1e-5a55-4a0e-9a39-0a5a0f4e1c11", "reason": "misheard"}
    address = f"/desk/receipts/{sold.number}/correct/read-back/"
    assert re.search(r"Give back\s+30\.00", text_of(cashier.get(address, typed | {"amount": "20"})))
    assert re.search(r"Take more\s+10\.00", text_of(cashier.get(address, typed | {"amount": "60"})))


def test_a_refusal_is_said_and_nothing_is_done(cashier: Client, sold: Receipt) -> None:
    Gateway.objects.update(online=False)
    typed = {"kind": "none", "correction": "7d9f6c1e-5a55-4a0e-9a39-0a5a0f4e1c11", "reason": "twice"}
    assert cashier.get(f"/desk/receipts/{sold.number}/correct/read-back/", typed).status_code == 200
    answer = cashier.post(f"/desk/receipts/{sold.number}/correct/do/", typed)
    assert answer.status_code == 409
    assert "The money can't go back" in text_of(answer)
    assert not Correction.objects.exists()


def yesterday(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a day go by."""
    now_ms = clock.now_ms() + DAY_MS
    monkeypatch.setattr(clock, "now_ms", lambda: now_ms)


def test_on_a_later_day_the_rule_is_said_and_leads_to_the_adjustment(
    cashier: Client, sold: Receipt, monkeypatch: pytest.MonkeyPatch
) -> None:
    yesterday(monkeypatch)
    page = cashier.get(f"/desk/receipts/{sold.number}/correct/")
    assert RULE in text_of(page)
    assert f"/desk/receipts/{sold.number}/adjust/" in page.content.decode()
    cashier.cookies["django_language"] = "zh-hans"
    assert "隔日后需要修改房间电量或金额的情况不予受理" in text_of(
        cashier.get(f"/desk/receipts/{sold.number}/correct/")
    )
    cashier.cookies["django_language"] = "en"
    typed = {
        "kind": "amount",
        "correction": "7d9f6c1e-5a55-4a0e-9a39-0a5a0f4e1c11",
        "amount": "60",
        "reason": "w",
    }
    refused = cashier.post(f"/desk/receipts/{sold.number}/correct/do/", typed)
    assert refused.status_code == 409
    assert RULE in text_of(refused)
    assert cashier.get(f"/desk/receipts/{sold.number}/correct/read-back/", typed).status_code == 400


def test_a_book_page_goes_with_the_new_receipt(cashier: Client, campus: None) -> None:
    from central.desk.books import check_pages, receive_book, take_book

    anna, now_ms = User.objects.get(username="cashier"), clock.now_ms()
    DatedValue.objects.create(
        code="receipt.original", place="campus", value="page", from_ms=0, made_by="test", made_ms=0
    )
    book = receive_book("A-1", 1, 20, "", actor=anna, now_ms=now_ms)
    seals = ["档案馆公章", "财务专用章", "加盖财务专用章生效"]
    check_pages(book, 1, 20, seals, [], actor=anna, now_ms=now_ms)
    take_book(book, actor=anna, now_ms=now_ms)
    pay("p1", f"{WRONG}.1", 5_000, anna, now_ms=now_ms, page="1")
    typed = {
        "kind": "amount",
        "correction": "7d9f6c1e-5a55-4a0e-9a39-0a5a0f4e1c11",
        "amount": "60",
        "reason": "misheard",
    }
    back = cashier.get("/desk/receipts/1/correct/read-back/", typed)
    assert 'name="page" value="2"' in back.content.decode()
    wrong = cashier.post("/desk/receipts/1/correct/do/", hidden(back.content.decode()) | {"page": "7"})
    assert wrong.status_code == 409
    assert 'name="page" value="7"' in wrong.content.decode()
    done = cashier.post(
        "/desk/receipts/1/correct/do/", hidden(wrong.content.decode()) | {"page": "2"}, follow=True
    )
    assert "Mark page 1 of receipt book A-1 void" in text_of(done)
    assert "The new receipt is page 2 of book A-1" in text_of(done)


def test_a_refusing_gateway_is_asked_again_by_a_button(cashier: Client, sold: Receipt) -> None:
    typed = {
        "kind": "amount",
        "correction": "7d9f6c1e-5a55-4a0e-9a39-0a5a0f4e1c11",
        "amount": "60",
        "reason": "w",
    }
    assert cashier.post(f"/desk/receipts/{sold.number}/correct/do/", typed).status_code == 302
    TakeBackRequest.objects.update(state="refused", outcome="refused")
    page = cashier.get(f"/desk/corrections/{sold.number}/").content.decode()
    assert "refused by the gateway" in page
    address = re.search(r'action="(/desk/corrections/again/[^"]*)"', page)[1]
    assert "asked once more" in text_of(cashier.post(address, follow=True))
    assert "asked already" in text_of(cashier.post(address, follow=True))
    assert TakeBackRequest.objects.count() == 2


def ask(client: Client, number: int, **changed: str) -> object:
    typed = {
        "room": WRONG,
        "bucket": "paid",
        "way": "give",
        "amount": "12.50",
        "why": "the price list was typed wrong",
        "key": "7d9f6c1e-5a55-4a0e-9a39-0a5a0f4e1c22",
    }
    return client.post(f"/desk/receipts/{number}/adjust/", typed | changed)


def test_an_adjustment_is_signed_by_two_and_never_takings(cashier: Client, sold: Receipt) -> None:
    asked = ask(cashier, sold.number)
    assert asked.status_code == 302, text_of(asked)
    assert ask(cashier, sold.number).url == asked.url, "the same page asks once"
    number = Approval.objects.get(act="adjustment").number
    director, finance = signed_in(Role.DIRECTOR), signed_in(Role.FINANCE)
    shown = text_of(director.get(asked.url))
    assert "12.50" in shown
    assert "Payments of 1-102" in shown
    taken = balance(chart.cash())
    for client in (director, finance):
        assert not Adjustment.objects.exists()
        assert client.post(
            f"/office/approvals/{number}/sign/", {"answer": "yes", "reason": ""}
        ).status_code in (200, 302)
    adjusted = Adjustment.objects.get()
    grant = Grant.objects.get(source="adjustment")
    assert (adjusted.amount, adjusted.signed_by, grant.amount) == (
        12_500_000,
        "p-director、p-finance",
        12_500_000,
    )
    assert (balance(chart.cash()), balance(chart.subsidy("yuan")), balance(chart.college_errors("yuan"))) == (
        taken,
        balance(chart.subsidy("yuan")),
        12_500_000,
    )
    assert Payment.objects.count() == 1
    assert not any(check.fault for check in verify_corrections())
    assert "12.50" in text_of(cashier.get("/desk/corrections/"))
    assert "Adjustment" in text_of(cashier.get(f"/desk/receipts/{sold.number}/"))


def test_an_adjustment_that_waits_is_seen_before_it_is_asked_for_twice(
    cashier: Client, sold: Receipt
) -> None:
    ask(cashier, sold.number)
    number = Approval.objects.get(act="adjustment").number
    for address in ("/desk/corrections/", f"/desk/receipts/{sold.number}/adjust/"):
        assert f'href="/office/approvals/{number}/"' in cashier.get(address).content.decode(), address


def test_credit_that_is_adjusted_away_is_asked_of_the_gateway(cashier: Client, sold: Receipt) -> None:
    assert ask(cashier, sold.number, way="take").status_code == 302
    number = Approval.objects.get(act="adjustment").number
    for role in (Role.DIRECTOR, Role.FINANCE):
        signed_in(role).post(f"/office/approvals/{number}/sign/", {"answer": "yes", "reason": ""})
    assert Adjustment.objects.get().amount == -12_500_000
    assert TakeBackRequest.objects.get().request_id == f"ad-{number}"
    assert balance(chart.college_errors("yuan")) == -12_500_000
    assert not any(check.fault for check in verify_corrections())
    assert "asked, not answered" in text_of(cashier.get("/desk/corrections/"))


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"room": "1-999"}, "No room of this name"),
        ({"room": "10"}, "No room of this name"),
        ({"amount": "0"}, "above zero"),
        ({"amount": "9999999"}, "below a million"),
        ({"why": ""}, "Say what the error was"),
        ({"way": "x"}, "valid choice"),
        ({"bucket": "gold"}, "valid choice"),
    ],
)
def test_an_adjustment_that_can_not_be_is_said_and_kept(
    cashier: Client, sold: Receipt, changed: dict[str, str], words: str
) -> None:
    answer = ask(cashier, sold.number, **changed)
    assert answer.status_code == 400
    assert words in text_of(answer)
    assert not Approval.objects.exists()


def test_corrections_are_for_cashiers(cashier: Client, sold: Receipt) -> None:
    auditor = signed_in(Role.AUDITOR)
    assert auditor.get("/desk/corrections/").status_code == 200
    assert auditor.get(f"/desk/receipts/{sold.number}/correct/").status_code == 403
    assert "Correct this receipt" not in text_of(auditor.get(f"/desk/receipts/{sold.number}/"))


def test_a_correction_asks_for_the_password_again(cashier: Client, sold: Receipt) -> None:
    """One person alone takes money out of the drawer by it."""
    session = cashier.session
    session[CONFIRMED_KEY] = 0
    session.save()
    typed = {"kind": "none", "correction": "7d9f6c1e-5a55-4a0e-9a39-0a5a0f4e1c19", "reason": "sold twice"}
    answer = cashier.post(f"/desk/receipts/{sold.number}/correct/do/", typed)
    assert 'name="password_again"' in answer.content.decode()
    assert "sold twice" in answer.content.decode(), "what was typed goes along"
    assert not Correction.objects.exists()
