"""Printed receipts and charge slips: what they say, that it fits, that the original is one, and that a forged one is found."""

import io
import re
import time

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from central import clock
from central.campus.models import Account
from central.desk.capital_numerals import in_capitals
from central.desk.models import Receipt
from central.desk.operations import Paid, pay
from central.desk.print_models import ReceiptPrint, ReceiptVoid
from central.desk.receipt_proof import digits_of
from central.desk.receipt_sheets import _forms, on_sheets
from central.desk.receipt_slips import Printing
from central.domain.receipt_prints import PrintLayout
from central.ledger.models import AuditEntry
from central.office.models import User
from central.papers import font as paper_fonts
from central.papers.boxes import GOES_ON, MM, SMALLEST, Box, fitted
from central.papers.font import NoFont, paper_font
from central.papers.slip import place
from tests.open_shifts import have_shift

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
PARTS = ("记账联", "存根联", "客户联")
SIZES = {"a4": (210, 297), "plies": (241, 140), "parts": (241, 140)}


def sell(number: int = 1, fen: int = 5_000) -> Receipt:
    account = Account.objects.order_by("code")[2]
    cashier = have_shift(User.objects.get(username="cashier"), clock.now_ms())
    paid = pay(f"paper-{number}", account.code, fen, cashier, now_ms=clock.now_ms())
    assert isinstance(paid, Paid), paid
    return paid.receipt


def post(client: Client, receipt: Receipt, what: str = "print", **typed: str) -> object:
    return client.post(f"/desk/receipts/{receipt.number}/{what}/", typed)


def pages(answer: object) -> list[str]:
    assert answer.status_code == 200, answer.content
    assert answer["Content-Type"] == "application/pdf"
    return [page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages]


BANK = {
    "1409.50": "壹仟肆佰零玖元伍角",
    "6007.14": "陆仟零柒元壹角肆分",
    "1680.32": "壹仟陆佰捌拾元叁角贰分",
    "107000.53": "壹拾万柒仟元伍角叁分",
    "16409.02": "壹万陆仟肆佰零玖元零贰分",
    "325.04": "叁佰贰拾伍元零肆分",
}
"""The central bank's own examples (正确填写票据和结算凭证的基本规定); where it allows two forms, the one without the zero."""


@pytest.mark.parametrize(("figures", "words"), BANK.items())
def test_capital_numerals_are_the_central_banks(figures: str, words: str) -> None:
    assert in_capitals(int(figures.replace(".", ""))) == f"人民币{words}"


@pytest.mark.parametrize(
    ("fen", "words"),
    [
        (1, "壹分"),
        (10, "壹角"),
        (100, "壹元整"),
        (1_000, "壹拾元整"),
        (1_005, "壹拾元零伍分"),
        (100_000_000, "壹佰万元整"),
        (1_000_000_100, "壹仟万零壹元整"),
        (9_999_999_999, "玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分"),
    ],
)
def test_capital_numerals_at_the_edges(fen: int, words: str) -> None:
    assert in_capitals(fen) == f"人民币{words}"


DIGITS = {word: value for value, word in enumerate("零壹贰叁肆伍陆柒捌玖")}
TENS = {"拾": 10, "佰": 100, "仟": 1_000}


def read_capitals(words: str) -> int:
    """Read capital numerals as a bank clerk would, without the library that wrote them; give fen."""
    yuan, _, rest = words.removeprefix("人民币").rpartition("元") if "元" in words else ("", "", words[3:])
    total = section = digit = 0
    for word in yuan:
        if word in DIGITS:
            digit = DIGITS[word]
        elif word == "万":
            total, section, digit = (section + digit) * 10_000, 0, 0
        else:
            section, digit = section + digit * TENS[word], 0
    fen, digit = (total + section + digit) * 100, 0
    for word in rest.rstrip("整"):
        if word in DIGITS:
            digit = DIGITS[word]
        else:
            fen += digit * {"角": 10, "分": 1}[word]
    return fen


@given(st.integers(1, 9_999_999_999))
def test_capital_numerals_say_the_same_as_the_figures(fen: int) -> None:
    words = in_capitals(fen)
    assert read_capitals(words) == fen
    assert words.endswith("整") == (fen % 100 == 0)
    assert "零零" not in words


@pytest.mark.parametrize("layout", SIZES)
def test_a_receipt_says_all_that_it_must(cashier: Client, layout: str) -> None:
    receipt = sell()
    cashier.cookies["printer"] = f"{layout}:0:0"
    answer = post(cashier, receipt)
    found = pages(answer)
    assert len(found) == (3 if layout == "parts" else 1)
    box = PdfReader(io.BytesIO(answer.content)).pages[0].mediabox
    assert (round(float(box.width) / MM), round(float(box.height) / MM)) == SIZES[layout]
    text = "\n".join(found)
    assert [text.count(part) for part in PARTS] == ([0] * 3 if layout == "plies" else [1] * 3)
    copies = 1 if layout == "plies" else 3
    for said in (
        "№ 00000001",
        receipt.room,
        receipt.occupants,
        receipt.class_name,
        "预缴电费",
        "0.5583 元/kWh",
        "89.56 kWh",
        "人民币伍拾元整",
        "￥50.00",
        "原件",
        "班次",
    ):
        assert text.count(said) == copies, said
    day = clock.local(receipt.at_ms).strftime("%Y年%m月%d日")
    assert [text.count("cashier"), text.count(day)] == [2 * copies] * 2, "taken and printed: by whom and when"


def test_the_charge_slip_goes_to_the_files_signed_and_to_the_customer(cashier: Client) -> None:
    receipt = sell()
    filed, given_out = pages_of_two(cashier, receipt)
    for text in (filed, given_out):
        assert "充值前余额" in text
        assert "充值后余额" in text
        assert "送电情况" in text
        assert "正在下发" in text, "the supply as it stood when it was printed"
    assert "客户签字" in filed
    assert "客户签字" not in given_out
    assert ReceiptPrint.objects.get().delivery in filed.replace("\n", "")


def pages_of_two(cashier: Client, receipt: Receipt) -> list[str]:
    cashier.cookies["printer"] = "parts:0:0"
    found = pages(post(cashier, receipt, "slip"))
    assert len(found) == 2
    return found


def test_the_original_comes_once_and_a_copy_has_a_reason(cashier: Client, admin: Client) -> None:
    receipt = sell()
    assert "原件" in pages(post(cashier, receipt))[0]
    again = post(admin, receipt)
    assert again.status_code == 409
    assert "Nothing was printed now" in again.content.decode()
    assert post(admin, receipt, reason="  ").status_code == 409
    assert ReceiptPrint.objects.count() == 1
    copy = pages(post(admin, receipt, reason="打印机卡纸"))[0]
    assert copy.count("副本（第 1 次补打）") == 3
    assert copy.count("打印机卡纸") == 3
    assert "原件" not in copy
    assert "manager" in copy
    assert [(p.copy, p.by.username, p.reason) for p in ReceiptPrint.objects.order_by("pk")] == [
        (0, "cashier", ""),
        (1, "manager", "打印机卡纸"),
    ]
    assert list(AuditEntry.objects.filter(action="print-receipt").values_list("detail", flat=True)) == [
        "a4 original",
        "a4 copy 1: 打印机卡纸",
    ]


def test_the_slip_has_its_own_first_print(cashier: Client) -> None:
    receipt = sell()
    pages(post(cashier, receipt, "slip"))
    assert "原件" in pages(post(cashier, receipt))[0]


def test_the_record_of_prints_can_not_be_changed(cashier: Client) -> None:
    pages(post(cashier, sell()))
    for statement in ("UPDATE desk_receiptprint SET copy = 7", "DELETE FROM desk_receiptprint"):
        with (
            pytest.raises(DatabaseError, match="immutable"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(statement)


def test_what_could_not_be_drawn_was_not_printed(cashier: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    receipt = sell()
    monkeypatch.setenv(paper_fonts.FONT_VARIABLE, "/nowhere.ttf")
    paper_fonts.paper_font.cache_clear()
    answer = post(cashier, receipt)
    assert answer.status_code == 503
    assert NoFont.what_to_do in answer.content.decode()
    assert not ReceiptPrint.objects.exists()
    monkeypatch.undo()
    paper_fonts.paper_font.cache_clear()
    assert "原件" in pages(post(cashier, receipt))[0]


def test_the_page_shows_what_was_printed_and_asks_for_a_reason(cashier: Client) -> None:
    receipt = sell()
    path = f"/desk/receipts/{receipt.number}/"
    before = cashier.get(path).content.decode()
    assert 'data-key="p"' in before
    assert "Not printed yet" in before
    pages(post(cashier, receipt))
    after = cashier.get(path).content.decode()
    assert 'data-key="p"' not in after
    assert 'data-key="s"' in after
    assert "original" in after
    assert 'name="reason"' in after
    assert "Not printed yet" not in cashier.get(f"{path}printing/").content.decode()


def test_central_proves_its_receipt_to_a_stranger(cashier: Client, client: Client) -> None:
    receipt = sell()
    client.cookies["django_language"] = "en"
    path = f"/desk/proof/{receipt.number}/{digits_of(receipt)}/"
    page = client.get(path).content.decode()
    assert "is ours and holds" in page
    assert receipt.room in page
    assert "50.00" in page
    assert receipt.occupants.split("、")[0] not in page, "no names for strangers"
    forged = path.replace(digits_of(receipt), "0" * 16)
    for wrong in (forged, path.replace("/1/", "/2/"), path[:-2] + "/"):
        answer = client.get(wrong)
        assert answer.status_code == 404, wrong
        assert receipt.room not in answer.content.decode()


def test_the_code_on_the_paper_is_the_proofs_address(
    cashier: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = []
    monkeypatch.setattr("central.papers.slip_pdf.draw_code", lambda *at: drawn.append(at[-1]))
    receipt = sell()
    pages(post(cashier, receipt))
    assert set(drawn) == {f"http://testserver/desk/proof/1/{digits_of(receipt)}/"}


def test_a_row_changed_behind_the_triggers_no_longer_agrees_with_its_paper(
    cashier: Client, client: Client
) -> None:
    receipt = sell()
    path = f"/desk/proof/{receipt.number}/{digits_of(receipt)}/"
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER desk_receipt_no_update" + on_table("desk_receipt"))
        cursor.execute("UPDATE desk_receipt SET amount_fen = 500000")
    assert client.get(path).status_code == 404


def on_table(table: str) -> str:
    return f" ON {table}" if connection.vendor == "postgresql" else ""


def test_a_void_receipt_says_so_and_the_new_one_names_it(cashier: Client, client: Client) -> None:
    old, new = sell(1), sell(2, 6_000)
    by = User.objects.get(username="cashier")
    ReceiptVoid.objects.create(receipt=old, replaced_by=new, reason="交错房间", by=by, at_ms=clock.now_ms())
    client.cookies["django_language"] = "en"
    page = client.get(f"/desk/proof/{old.number}/{digits_of(old)}/").content.decode()
    assert "it is void" in page
    assert "00000002" in page
    assert "作废收据 №00000001，原因：交错房间" in pages(post(cashier, new))[0].replace("\n", "")
    assert "本收据已作废" in pages(post(cashier, old))[0]
    assert "交错房间" in cashier.get(f"/desk/receipts/{old.number}/").content.decode()


# ------------------------------------------------------------------ it fits

WORDS = st.text(
    st.one_of(
        st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF),
        st.characters(min_codepoint=0x20, max_codepoint=0x7E),
        st.sampled_from("、（）·\u3000\U0002a6d6\U0001f600"),
    ),
    max_size=200,
)


def boxes_hold(lines: list[object]) -> None:
    font = paper_font()
    for line in lines:
        box = line.box
        assert line.x >= box.left - 0.01
        assert line.x + font.width(line.text, line.size) <= box.right + 0.01, line
        assert line.y - 0.24 * line.size >= box.bottom - 0.35, line
        assert line.y + 0.8 * line.size <= box.top + 0.35, line


@given(
    WORDS,
    st.floats(20, 500),
    st.floats(6, 60),
    st.floats(SMALLEST, 20),
)
def test_a_text_never_leaves_its_box(text: str, width: float, height: float, size: float) -> None:
    lacking: set[str] = set()
    lines = fitted(text, Box(10, 20, width, height), paper_font(), lacking, size)
    boxes_hold(lines)
    font = paper_font()
    shown = "".join(line.text for line in lines)
    wanted = font.printable(" ".join(text.split()), set())
    if not shown.endswith(GOES_ON) or wanted.endswith(GOES_ON):
        assert shown.replace(" ", "") == wanted.replace(" ", ""), "nothing is dropped without a sign"
    else:
        assert all(line.size - 0.5 < SMALLEST for line in lines), "cut only when it can't be smaller"


def unsaved(**content: object) -> Receipt:
    filled = {"number": 1, "payment_id": "p", "credited": 1, "unit": "yuan", "micro_yuan_per_kwh": 558_300}
    return Receipt(**filled, **content)


@settings(deadline=None, max_examples=60)
@given(
    room=WORDS.map(lambda text: text[:64]),
    occupants=WORDS,
    names=WORDS.map(lambda text: text[:150]),
    fen=st.sampled_from([1, 5_000, 9_999_999_999]),
    balance=st.sampled_from([-99_999_999_990_000, 0, 99_999_999_990_000]),
    paper=st.sampled_from(["receipt", "slip"]),
    layout=st.sampled_from(PrintLayout),
    copy=st.integers(0, 99),
)
def test_whatever_a_receipt_says_it_stays_in_its_boxes(
    room: str, occupants: str, names: str, fen: int, balance: int, paper: str, layout: PrintLayout, copy: int
) -> None:
    receipt = unsaved(
        room=room,
        occupants=occupants,
        class_name=names[:80],
        cashier_name=names,
        amount_fen=fen,
        balance_before=balance,
        balance_after=balance,
        at_ms=1_790_000_000_000,
    )
    entry = ReceiptPrint(
        paper=paper, copy=copy, by_name=names, at_ms=1_790_000_000_000, reason=names[:120], delivery=occupants
    )
    void = ReceiptVoid(receipt_id=99_999_999, reason=occupants)
    printing = Printing(
        entry,
        "http://card.example.edu.cn/desk/proof/1/0123456789abcdef/",
        void,
        None,
        PARTS,
        "收据本 1 第 2 页",
    )
    for sheet in on_sheets(_forms(receipt, printing, layout), layout):
        for slip, frame in sheet.forms:
            placed = place(slip, frame, paper_font())
            boxes_hold(placed.lines)
            for line in placed.lines:
                assert frame.left - 0.01 <= line.box.left
                assert line.box.right <= frame.right + 0.01
                assert frame.bottom - 0.01 <= line.box.bottom
                assert line.box.top <= frame.top + 0.01
            boxes = {id(line.box): line.box for line in placed.lines}.values()
            assert not overlapping(list(boxes))
            if placed.code:
                assert not [box for box in boxes if overlap(box, placed.code)]


def overlapping(boxes: list[Box]) -> list[tuple[Box, Box]]:
    return [
        (one, other)
        for number, one in enumerate(boxes)
        for other in boxes[number + 1 :]
        if one != other and overlap(one, other)
    ]


def overlap(one: Box, other: Box) -> bool:
    return (
        min(one.right, other.right) - max(one.left, other.left) > 0.01
        and min(one.top, other.top) - max(one.bottom, other.bottom) > 0.01
    )


def test_the_longest_real_receipt_is_not_cut() -> None:
    """As long as the columns of the tables allow."""
    font, long = paper_font(), "阿卜杜热西提·买买提艾力、" * 20
    receipt = unsaved(
        room="明德书院研究生公寓东区十二号楼西单元1108室" * 4,
        occupants=long[:200],
        class_name=long[:80],
        cashier_name=long[:150],
        amount_fen=9_999_999_999,
        balance_before=0,
        balance_after=0,
        at_ms=1,
    )
    entry = ReceiptPrint(paper="receipt", copy=9, by_name=long[:150], at_ms=1, reason=long[:120])
    printing = Printing(entry, "http://c/", ReceiptVoid(receipt_id=1, reason=long[:200]), parts=PARTS)
    for layout in PrintLayout:
        for sheet in on_sheets(_forms(replace_room(receipt), printing, layout), layout):
            for slip, frame in sheet.forms:
                assert GOES_ON not in "".join(line.text for line in place(slip, frame, font).lines)


def replace_room(receipt: Receipt) -> Receipt:
    receipt.room = receipt.room[:64]
    return receipt


def test_a_character_without_a_glyph_is_named(cashier: Client) -> None:
    from central.desk.receipt_sheets import draw
    from central.domain.receipt_prints import Workstation

    receipt = sell()
    receipt.occupants = "王\U0002a6d6"
    entry = ReceiptPrint(paper="receipt", copy=0, by_name="x", at_ms=1)
    pdf = draw([(receipt, Printing(entry, "http://c/", parts=PARTS))], Workstation())
    text = PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    assert text.count("[U+2A6D6]") == 3
    assert text.count("字库缺字：U+2A6D6") == 3


# ----------------------------------------------------------- the workstation


def test_a_workstation_keeps_its_printer_and_its_offset_moves_the_print(cashier: Client) -> None:
    receipt = sell()
    typed = {"layout": "parts", "right": "0.0", "down": "0.0", "from_left": "47.5", "from_top": "51.2"}
    assert cashier.post("/desk/printer/", typed).status_code == 302
    assert cashier.cookies["printer"].value == "parts:25:-12"
    assert cashier.cookies["printer"]["httponly"]
    moved = where_of_title(post(cashier, receipt).content)
    cashier.cookies["printer"] = "parts:0:0"
    still = where_of_title(post(cashier, receipt, reason="x").content)
    assert [round((a - b) / MM, 1) for a, b in zip(moved, still, strict=True)] == [2.5, 1.2]


def where_of_title(content: bytes) -> tuple[float, float]:
    seen = {}

    def visit(text: str, cm: list[float], tm: list[float], *rest: object) -> None:
        if "收款收据" in text:
            seen["at"] = (cm[4] + tm[4], cm[5] + tm[5])

    PdfReader(io.BytesIO(content)).pages[0].extract_text(visitor_text=visit)
    return seen["at"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"right": "x"}, "Write millimetres with one decimal"),
        ({"right": "0.25"}, "Write millimetres with one decimal"),
        ({"right": "35"}, "more than 20 mm"),
        ({"from_left": "50"}, "Measure both distances"),
        ({"layout": "a3"}, ""),
        ({"down": ""}, "Fill this in"),
    ],
)
def test_a_bad_offset_is_said_and_nothing_typed_is_lost(
    cashier: Client, changes: dict[str, str], said: str
) -> None:
    typed = {"layout": "a4", "right": "1.5", "down": "0", **changes}
    answer = cashier.post("/desk/printer/", typed)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert said in page
    assert f'value="{typed["right"]}"' in page
    assert "printer" not in cashier.cookies


def test_the_calibration_sheet_is_printed_on_the_workstations_stock(cashier: Client) -> None:
    for layout, size in SIZES.items():
        cashier.cookies["printer"] = f"{layout}:15:-8"
        answer = cashier.get("/desk/printer/calibration/")
        text = pages(answer)[0]
        assert "向右 1.5 mm，向下 -0.8 mm" in text
        box = PdfReader(io.BytesIO(answer.content)).pages[0].mediabox
        assert (round(float(box.width) / MM), round(float(box.height) / MM)) == size


def test_a_print_is_there_at_once(cashier: Client) -> None:
    """A bound against accidents; the figures are in docs/receipts.md."""
    receipt = sell()
    post(cashier, receipt)
    times = []
    for number in range(5):
        began = time.process_time()
        answer = post(cashier, receipt, reason=str(number))
        times.append(time.process_time() - began)
        assert len(answer.content) < 100_000
    assert min(times) < 1, times


def test_digits_are_of_this_receipt_alone(cashier: Client) -> None:
    one, two = sell(1), sell(2)
    assert digits_of(one) != digits_of(two)
    assert re.fullmatch(r"[0-9a-f]{16}", digits_of(one))
