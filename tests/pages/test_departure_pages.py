"""Pages of refunds, departures, graduation runs and debts: asked, signed, answered, paid; mistakes lose nothing typed."""

import re
import uuid

import pytest
from django.test import Client
from django.urls import reverse
from pypdf import PdfReader

from central import clock
from central.campus.models import Account, Room
from central.desk.debts.models import DebtShare
from central.desk.departures.models import Departure, DepartureRun
from central.desk.departures.states import cases_with_all, standing_of
from central.desk.models import Payment
from central.ingest.take_message import MessageTaker
from central.link.models import Closing, Command, Gateway
from central.office import approvals
from central.office.dangerous import CONFIRMED_KEY
from central.office.models import Approval, User
from gateway.contract.facts import CommandOutcome, EntryCause, EntryKind
from tests.central.gateway_twin import GatewayTwin
from tests.pages.conftest import _client

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
ROOM = "1-102"


class Building:
    """The seeded building's gateway, taken over by a twin that answers what it is asked."""

    def __init__(self) -> None:
        self.twin = GatewayTwin(now_ms=clock.now_ms(), epoch="e-twin", boot="b-twin")
        Gateway.objects.filter(pk="gw-1").update(public_key=self.twin.public_key, epoch="")
        self.taker = MessageTaker(on_bench=False)
        self.taker.take(self.twin.topic("birth"), self.twin.birth(), clock.now_ms())

    def up(self, *facts) -> None:
        assert self.taker.take(self.twin.topic("up"), self.twin.batch(*facts), clock.now_ms()) is not None

    def closes(self, account: str, left: int, register_wh: int = 412_000) -> None:
        command = Command.objects.filter(kind="close-account", subject__in=_closings(account)).latest("pk")
        lines = []
        if left:
            entry = self.twin.entry(
                EntryKind.TAKEN_BACK, account, -left, cause=EntryCause.CLOSING, source=command.command_id
            )
            self.up(entry)
            lines = entry.lines
        said = self.twin.result(
            command.number,
            command.command_id,
            CommandOutcome.APPLIED,
            taken=lines,
            final_register_wh=register_wh,
        )
        self.up(said)


def _closings(account: str) -> list[str]:
    return list(Closing.objects.filter(account__code=account).values_list("pk", flat=True))


@pytest.fixture
def building(campus: None) -> Building:
    return Building()


def room_id(label: str = ROOM) -> int:
    code, _dash, name = label.partition("-")
    return Room.objects.get(building__code=code, label=name).pk


def wanted(**changes: str) -> dict[str, str]:
    typed = {
        "kind": "departure",
        "pay_by": "cash",
        "asked_for": "王小明",
        "why": "毕业离校",
        "case": str(uuid.uuid4()),
    }
    return {**typed, **changes}


def sign(key: str) -> Approval:
    request = Approval.objects.get(key=key)
    for name in ("finance", "director", "vice"):
        request.refresh_from_db()
        if request.state == "waiting":
            done = approvals.sign(
                request.number,
                approve=True,
                reason="",
                actor=User.objects.get(username=name),
                now_ms=clock.now_ms(),
            )
            assert isinstance(done, Approval), done
    request.refresh_from_db()
    return request


def asked(client: Client, label: str = ROOM, **changes: str) -> Departure:
    answer = client.post(reverse("desk:departure-new", args=[room_id(label)]), wanted(**changes))
    assert answer.status_code == 302, answer.content.decode()
    return Departure.objects.latest("asked_ms")


def text_of(client: Client, name: str, *args: object) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_departure_from_the_room_page_to_the_signed_slip(cashier: Client, building: Building) -> None:
    assert reverse("desk:departure-new", args=[room_id()]) in text_of(cashier, "desk:room", room_id())
    case = asked(cashier, parts_returned="on", parts="00000001")
    assert "waits for signatures" in text_of(cashier, "desk:room", room_id())
    sign(case.approval_key)
    assert "waits for the gateway" in text_of(cashier, "desk:departure", case.pk)
    building.closes("1-102.1", 3_870_000)
    page = text_of(cashier, "desk:departure", case.pk)
    assert "Count 3.87 yuan out to 王小明." in page
    assert "412.00" in page
    assert "Locked out since the departure" in text_of(cashier, "desk:room", room_id())
    for _click in range(2):
        assert cashier.post(reverse("desk:departure-cash", args=[case.pk])).status_code == 302
    assert cases_with_all().get(pk=case.pk).paid.amount_fen == 387
    words = [_pdf_text(cashier, case) for _print in range(2)]
    for said in ("电费退款凭单", "叁元捌角柒分", "领款人签字", "王小明", "00000001", "412.00 kWh"):
        assert said in words[0]
    assert words[0].count("领款人签字") == 2, "the customer signs both copies"
    assert "原件" in words[0]
    assert "第 1 次补打" in words[1]
    answer = cashier.post(reverse("desk:departure-next", args=[case.pk]), {"people": "S900 周杰\nS901 吴倩"})
    assert answer.status_code == 302
    assert Account.objects.filter(code="1-102.2", state="open").exists()
    assert "Locked out since" not in text_of(cashier, "desk:room", room_id())


def _pdf_text(client: Client, case: Departure) -> str:
    import io

    answer = client.post(reverse("desk:departure-slip", args=[case.pk]))
    assert answer["Content-Type"] == "application/pdf"
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)
    return re.sub(r"[ \t]+", " ", text)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"kind": "refund", "amount": "1e5"}, "Type the sum with digits"),
        ({"kind": "refund", "amount": "0"}, "The sum must be above zero."),
        ({"kind": "refund", "amount": "3.88"}, "That is more than the room has."),
        ({"kind": "room-change", "new_room": "9-999"}, "The new room has no open, prepaid account."),
        ({"kind": "room-change", "new_room": ROOM}, "That is the room itself."),
        ({"pay_by": "bank"}, "Write the bank account that finance pays to."),
        ({"asked_for": ""}, "Write who asks for it"),
        ({"why": ""}, "Give the reason"),
        ({"case": "x"}, "UUID"),
    ],
)
def test_a_mistake_says_what_to_do_and_loses_nothing(cashier, building, said, words):
    typed = wanted(bank_account="", parts="0000 kept", **said)
    answer = cashier.post(reverse("desk:departure-new", args=[room_id()]), typed)
    page = answer.content.decode()
    assert answer.status_code == 400
    assert words in page or words == "UUID"
    assert "0000 kept" in page
    assert not Departure.objects.exists()


def test_finance_notes_its_payment_and_a_room_change_credits_the_new_room(cashier, building) -> None:
    finance = _client("finance")
    case = asked(cashier, pay_by="bank", bank_account="6222 0000 王小明")
    change = asked(cashier, "1-103", kind="room-change", new_room="1-106")
    for one in (case, change):
        sign(one.approval_key)
    building.closes("1-102.1", 3_870_000)
    building.closes("1-103.1", 5_000_001)
    address = reverse("desk:departure-bank", args=[case.pk])
    bad = finance.post(address, {"bank_reference": "B-77", "k3_voucher": ""})
    assert bad.status_code == 400
    assert "B-77" in bad.content.decode()
    assert cashier.post(address, {"bank_reference": "B", "k3_voucher": "K"}).status_code == 403
    assert finance.post(address, {"bank_reference": "B-77", "k3_voucher": "记-12"}).status_code == 302
    assert "记-12" in text_of(finance, "desk:departure", case.pk)
    assert cashier.post(reverse("desk:departure-move", args=[change.pk])).status_code == 302
    assert cases_with_all().get(pk=change.pk).paid.moved == 5_000_001
    assert "1-102" in text_of(finance, "desk:departures")


def test_a_graduation_is_previewed_asked_watched_and_resumed(cashier, building) -> None:
    nothing = cashier.get(reverse("desk:graduation") + "?building=&rooms=")
    assert "Choose a building, or name rooms." in nothing.content.decode()
    preview = cashier.get(reverse("desk:graduation") + "?rooms=1-101+1-102+9-9").content.decode()
    assert preview.count("can be closed") == 2
    assert preview.count("left out</span>") == 1
    form = {"rooms": "1-101 1-102 9-9", "pay_by": "bank", "why": "毕业", "run": str(uuid.uuid4())}
    bad = cashier.post(reverse("desk:graduation-ask"), {**form, "why": ""})
    assert (bad.status_code, Departure.objects.count()) == (400, 0)
    for _click in range(2):
        assert cashier.post(reverse("desk:graduation-ask"), form).status_code == 302
    run = DepartureRun.objects.get()
    assert run.cases.count() == 2
    assert sign(run.approval_key).state == "approved"
    assert "0 of 2 rooms" in text_of(cashier, "desk:graduation-run", run.pk)
    building.closes("1-102.1", 3_870_000, 5_000)
    building.closes("1-101.1", 0, 6_000)
    now = text_of(cashier, "desk:graduation-now", run.pk)
    assert "2 of 2 rooms" in now
    assert "1.24" in now, "what 1-101 owes"
    assert cashier.post(reverse("desk:graduation-resume", args=[run.pk])).status_code == 302
    assert Command.objects.filter(kind="close-account").count() == 2
    for report in ("departures", "arrears"):
        sheet = cashier.get(reverse("papers:report", args=[report]) + "?kind=month").content.decode()
        assert "1-101" in sheet
        assert "1.24" in sheet


def test_a_debt_is_split_paid_and_written_off(cashier, building) -> None:
    case = asked(cashier, "1-101")
    sign(case.approval_key)
    building.closes("1-101.1", 0)
    assert standing_of(cases_with_all().get(pk=case.pk), clock.now_ms()).state == "empty"
    assert "1.24" in text_of(cashier, "desk:debts")
    here = reverse("desk:debt", args=["1-101.1"])
    room = Room.objects.get(building__code="1", label="101")
    assert f'href="{here}"' in cashier.get(reverse("desk:room", args=[room.pk])).content.decode(), (
        "its room says so"
    )
    page = text_of(cashier, "desk:debt", "1-101.1")
    proposal = re.search(r"<textarea[^>]*>\s*([^<]+)</textarea>", page)[1]
    assert [line.rpartition(" ")[2] for line in proposal.split("\n")] == ["0.62", "0.62"]
    typed = {"shares": "王小明 1.00\n李丽 0.25", "why": "毕业", "split": str(uuid.uuid4())}
    bad = cashier.post(reverse("desk:debt-split", args=["1-101.1"]), typed)
    assert "exactly the debt" in bad.content.decode()
    assert "李丽 0.25" in bad.content.decode()
    typed["shares"] = "王小明 1.00\n李丽 0.24"
    for _click in range(2):
        assert cashier.post(reverse("desk:debt-split", args=["1-101.1"]), typed).status_code == 302
    wang, li = DebtShare.objects.all()
    pay = {"amount": "1.00", "method": "cash", "payment": str(uuid.uuid4()), "share": wang.pk}
    over = cashier.post(reverse("desk:debt-pay", args=["1-101.1"]), {**pay, "amount": "1.01"})
    assert "At most 1.00 yuan." in over.content.decode()
    for _click in range(2):
        answer = cashier.post(reverse("desk:debt-pay", args=["1-101.1"]), pay)
        assert answer.status_code == 302
    assert Payment.objects.filter(purpose="debt").count() == 1
    assert answer["Location"] == reverse("desk:receipt", args=[1])
    off = {"amount": "0.24", "why": "出国", "share": li.pk, "key": str(uuid.uuid4())}
    assert cashier.post(reverse("desk:debt-write-off", args=["1-101.1"]), off).status_code == 302
    assert sign(f"debt-write-off:{uuid.UUID(off['key']).hex}").state == "approved"
    page = text_of(cashier, "desk:debt", "1-101.1")
    assert "/desk/receipts/" in cashier.get(here).content.decode()
    User.objects.create_user("students", role=User.Role.STUDENTS)
    theirs = _client("students").get(here)
    assert (theirs.status_code, "/desk/receipts/" in theirs.content.decode()) == (200, False), (
        "no door they can't open"
    )
    assert "Nothing is owed here any more." in page
    assert "Written off" in page


def test_a_collection_is_asked_from_the_debts_page(cashier, building) -> None:
    from django.db import transaction

    from central.ledger import chart_of_accounts as chart
    from central.ledger.operations import Draft, book

    with transaction.atomic():
        side = chart.owed("1-102.1", "yuan")
        book([Draft("d", side, chart.rounding(), 1_000_000, "t", clock.now_ms())], clock.now_ms())
    assert "Ask the gateway" in text_of(cashier, "desk:debt", "1-102.1")
    key = {"key": uuid.uuid4().hex}
    for _click in range(2):
        assert cashier.post(reverse("desk:debt-collect", args=["1-102.1"]), key).status_code == 302
    assert "has not answered" in text_of(cashier, "desk:debt", "1-102.1")
    assert Command.objects.filter(kind="take-back").count() == 1


def test_a_write_off_asks_for_the_password_again(cashier, building) -> None:
    session = cashier.session
    session[CONFIRMED_KEY] = 0
    session.save()
    off = {"amount": "0.24", "why": "出国", "key": str(uuid.uuid4())}
    answer = cashier.post(reverse("desk:debt-write-off", args=["1-101.1"]), off)
    assert 'name="password_again"' in answer.content.decode()
    assert not Approval.objects.exists()
