"""Thefts as the office sees them: one just reported, one late and confirmed, one charged, paid in part and appealed."""

from io import BytesIO

from django.db import transaction
from PIL import Image, ImageDraw

from central import clock
from central.campus.models import Account, Building, Room
from central.desk.debts.paying import pay_debt
from central.desk.debts.penalty_models import DebtPenalty
from central.losses.case_models import Case, CaseStep
from central.losses.theft import facts as f
from central.losses.theft.appealing import Appeal, appeal, ask_appeal_end
from central.losses.theft.charging import ask_penalty
from central.losses.theft.operations import Finding, Report, answer, judge, report
from central.office import approvals
from central.office.models import Approval, User
from central.office.roles import Role
from tests.browser.own_site import PASSWORD

MINUTE_MS = 60_000
BUILDING = "2"
"""No other seed uses its second floor."""
LOAD = {f.CURRENT_MA: 6_800, f.DAYS: 30, f.LEAST_HOURS: 2, f.MOST_HOURS: 6}


def picture(text: str, colour: str = "#5b6b4a") -> bytes:
    """A photograph that can be told from another."""
    made = Image.new("RGB", (800, 600), colour)
    pen = ImageDraw.Draw(made)
    pen.line((0, 500, 420, 180, 800, 240), fill="#e8d8a0", width=14)
    pen.text((30, 30), text, fill="white")
    file = BytesIO()
    made.save(file, "JPEG", quality=70)
    return file.getvalue()


def people() -> dict[str, User]:
    """Make the electrician, the warden of building 1 and the president, unless they are there; give everybody by name."""
    for name, role in (
        ("electrician", Role.ELECTRICIAN),
        ("warden", Role.WARDEN),
        ("president", Role.PRESIDENT),
        ("security", Role.SECURITY),
    ):
        if not User.objects.filter(username=name).exists():
            user = User.objects.create_user(name, password=PASSWORD, role=role, email=f"{name}@example.org")
            user.buildings.set(Building.objects.filter(code="1") if role == Role.WARDEN else [])
    return {one.username: one for one in User.objects.all()}


def thefts() -> None:
    """Make all of them; the cashier has a shift open."""
    with transaction.atomic():
        who, now_ms = people(), clock.now_ms()
        charged = found(who, "205", now_ms - 90 * MINUTE_MS, arrives_after=8)
        laid = penalty(charged, who, now_ms - 60 * MINUTE_MS)
        pay_debt("f" * 32, laid.account.code, 30_000, who["cashier"], now_ms=now_ms, penalty_id=laid.pk)
        said = Appeal("王小明", "国庆放假期间宿舍没有人，请求减少天数。", [picture("TICKET", "#4a5b6b")])
        appeal(charged, "a" * 32, said, actor=who["cashier"], now_ms=now_ms)
        ask_appeal_end(
            charged, "reduced", 600_000, "d" * 32, why="放假核实", actor=who["cashier"], now_ms=now_ms
        )
        found(who, "206", now_ms - 50 * MINUTE_MS, arrives_after=14)
        reported(who, None, "二楼东头配电箱旁", f.Seen.CABLE, now_ms - 4 * MINUTE_MS)


def reported(
    who: dict[str, User], label: str | None, place: str, seen: f.Seen, at_ms: int, code: str = BUILDING
) -> int:
    """Report one; give its number."""
    building = Building.objects.get(code=code)
    room = Room.objects.select_related("building").get(building=building, label=label) if label else None
    said = Report(building, room, place, seen, at_ms, "线从门缝进去，正在用电磁炉。", [picture("CABLE")])
    case = report(said, f"seed-{label or place}", actor=who["security"], now_ms=at_ms)
    assert isinstance(case, Case), case
    return case.pk


def found(who: dict[str, User], label: str, at_ms: int, arrives_after: int) -> int:
    """Report one, acknowledge it, arrive after so many minutes, confirm it; give its number."""
    number, wu = reported(who, label, "", f.Seen.CABLE, at_ms), who["electrician"]
    for kind, after in ((CaseStep.Kind.ACKNOWLEDGED, 2), (CaseStep.Kind.ARRIVED, arrives_after)):
        then_ms = at_ms + after * MINUTE_MS
        answer(number, kind, f"seed-{kind}-{number}", at_ms=then_ms, actor=wu, now_ms=then_ms)
    room = Room.objects.select_related("building").get(building__code=BUILDING, label=label)
    said = Finding(
        f.Verdict.CONFIRMED,
        at_ms + 20 * MINUTE_MS,
        "走廊应急灯回路私接到宿舍，带电磁炉。",
        room,
        "电磁炉 1500 W",
        "2.5 mm² 护套线",
        f.Seal.WHOLE,
        LOAD,
        [picture("CLAMP 6.8 A", "#6b4a4a"), picture("STOVE", "#3c3c3c")],
    )
    case = judge(number, said, f"seed-found-{number}", actor=wu, now_ms=said.at_ms)
    assert isinstance(case, Case), case
    return number


def penalty(number: int, who: dict[str, User], now_ms: int) -> DebtPenalty:
    """Ask for the penalty and let it be signed."""
    asked = ask_penalty(number, "b" * 32, why="电工鉴定属实", actor=who["cashier"], now_ms=now_ms)
    assert isinstance(asked, Approval), asked
    for name in ("director", "vice"):
        approvals.sign(asked.number, approve=True, reason="同意", actor=who[name], now_ms=now_ms)
    assert Account.objects.filter(penalties__case=number).exists(), Approval.objects.get(pk=asked.pk).outcome
    return DebtPenalty.objects.get(case=number)
