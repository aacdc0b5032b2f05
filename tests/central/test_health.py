"""What ingest, notices and gateways leave behind is found by the health look; what is bad is told once, again after a day, and when
it ends."""

import argparse
import ast
import re
import threading
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import OperationalError, connection
from django.utils import translation

import central.domain
from central import clock
from central.__main__ import _parser
from central.config.commands import health
from central.domain.health_facts import Facts, Finding, Level, Part, Store, Web
from central.domain.health_judgement import judge
from central.ingest.ingest_pulse import NOTICES_STAND_MS, IngestPulse, look_at_notices
from central.ingest.take_message import MessageTaker
from central.ledger.monthly_tables import month_at, month_name
from central.link.backups import Outcome, note_run
from central.link.models import Alarm, Gateway
from central.link.pulse import beats
from central.link.pulse.models import ProcessBeat, Sample, StandingFinding
from central.link.restored_words import POINTS
from central.office.models import Delivery, Notice, User
from central.office.notice_templates import render
from central.reports.archive.jobs import ARCHIVE_JOB, NEEDED
from central.reports.archive.needs import Why
from central.reports.archive.words import NEED_MSGIDS
from central.reports.health import gathering, places, told
from central.reports.health.gathering import gather, limits
from central.reports.health.words import FINDINGS, in_words
from central.reports.schedule.models import JobWatch, ScheduledRun
from gateway.contract.facts import Health
from tests.central.conftest import NOW_MS
from tests.central.gateway_twin import GatewayTwin

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
STANDS = Finding(Part.INGEST, Level.BAD, "ingest-stands", "ingest", {"minutes": 7})


def codes_in_the_rules() -> set[str]:
    """Every code that a judgement names: the text constants of its findings, and what is made of a process's kind."""
    names = set()
    for path in Path(central.domain.__file__).parent.glob("health_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            called = isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Finding", "_found")
            if called and len(node.args) > 2 and isinstance(node.args[2], ast.Constant):
                names.add(node.args[2].value)
    kinds = ("ingest", "notices", "web")
    made = {f"{kind}-{what}" for kind in kinds for what in ("never-ran", "stands")}
    return names | made | {f"{part.value}-good" for part in Part} | {"clock-slow", "clock-fast"}


def test_every_finding_has_words() -> None:
    found = codes_in_the_rules()
    assert {"gateway-silent", "disk-full", "commands-stuck"} <= found, "nothing was collected"
    assert found == FINDINGS.keys()


def taken(taker: MessageTaker, twin: GatewayTwin, *reported: object) -> None:
    taker.take(twin.topic("up"), twin.batch(*reported), NOW_MS)


def test_lines_clock_and_lag_of_a_gateway_are_seen(taker: MessageTaker, twin: GatewayTwin) -> None:
    for asked, answered in ((100, 100), (300, 150)):
        counters = {"line:a:exchanges": asked, "line:a:answers": answered, "outbox:oldest-s": 7200}
        taken(taker, twin, Health(twin.at(), counters))
    twin.now_ms -= 20 * MINUTE_MS
    taken(taker, twin, twin.reading(5_000))
    taker.pulse.write(queue=3, is_connected=True, now_ms=NOW_MS)
    facts = gathering.gather(NOW_MS)
    (one,) = facts.gateways
    assert [(line.name, line.asked, line.answered) for line in one.lines] == [("a", 200, 50)]
    assert (one.lag_ms, one.clock_trusted) == (20 * MINUTE_MS, True)
    assert one.clock_off_ms == 0, "the freshest message tells, not the one that says that it is old"
    assert {"line-answers-little", "gateway-behind"} <= {
        finding.code for finding in judge(facts, gathering.limits(NOW_MS))
    }
    assert [process.queue for process in facts.processes] == [3]


def test_lines_of_a_broken_gateway_are_bounded(taker: MessageTaker, twin: GatewayTwin) -> None:
    counters = {f"line:{n}:exchanges": 1 for n in range(500)} | {f"line:{'x' * 900}:exchanges": 1, "line:": 1}
    taken(taker, twin, Health(twin.at(), counters))
    (one,) = gathering.gather(NOW_MS).gateways
    assert len(one.lines) == beats.MOST_LINES


def test_dead_meters_are_counted_on_the_lines_of_the_last_birth(twin: GatewayTwin) -> None:
    row = Gateway.objects.get(pk=twin.name)
    Alarm.objects.create(gateway=row, code="silent:m1", what="meter-silent", subject="m1", raised_ms=NOW_MS)
    for birth_ms, line in ((None, "a"), (None, "b"), (NOW_MS, "b"), (NOW_MS + 1, "c")):
        row.birth_issued_ms, row.meters_seen = birth_ms, [["m1", line, "dlt645", "1"], ["m2", line, "", "2"]]
        row.save()
        for _look in range(2):
            (one,) = gathering.gather(NOW_MS).gateways
            assert [(said.name, said.dead) for said in one.lines] == [(line, 1)]


def people() -> None:
    for name, role in (("tech", "technician"), ("boss", "admin"), ("anna", "cashier")):
        User.objects.create_user(name, role=role, email=f"{name}@example.org")


def look(found: list[Finding], now_ms: int) -> list[str]:
    """Give what was told by this look."""
    before = Notice.objects.count()
    told.note(found, now_ms)
    told.tell(now_ms, set())
    return [one.template for one in Notice.objects.order_by("pk")[before:]]


def test_what_is_bad_is_told_after_its_time_each_day_and_when_it_ends() -> None:
    people()
    assert look([STANDS], NOW_MS) == [], "it may be a restart"
    assert look([STANDS], NOW_MS + 10 * MINUTE_MS) == [told.BAD]
    told_to = Delivery.objects.values_list("channel__person__username", flat=True)
    assert sorted(told_to) == ["boss", "tech"]
    assert look([STANDS], NOW_MS + 60 * MINUTE_MS) == []
    assert look([STANDS], NOW_MS + DAY_MS + 11 * MINUTE_MS) == [told.BAD]
    assert look([], NOW_MS + DAY_MS + 12 * MINUTE_MS) == [told.OVER]
    assert look([], NOW_MS + DAY_MS + 13 * MINUTE_MS) == []
    again_ms = NOW_MS + 2 * DAY_MS
    assert look([STANDS], again_ms) == []
    assert StandingFinding.objects.get(ended_ms=None).since_ms == again_ms
    assert look([], again_ms + MINUTE_MS) == [], "what nobody was told of is over without a word"


def test_a_notice_says_what_why_and_what_to_do_in_both_languages() -> None:
    people()
    look([STANDS], NOW_MS)
    look([STANDS], NOW_MS + 10 * MINUTE_MS)
    notice = Notice.objects.get()
    english, chinese = (render(notice.template, notice.params, language) for language in ("en", "zh-hans"))
    assert english.title == "Receiving stands still"
    assert "7 minutes" in english.text
    assert "systemctl restart cardroom-ingest" in english.text
    assert chinese.title == "接收进程停滞"
    assert "systemctl restart cardroom-ingest" in chinese.text


def test_what_another_look_tells_of_is_not_told_twice() -> None:
    people()
    silent = Finding(Part.GATEWAYS, Level.BAD, "gateway-silent", "gw", {"building": "1", "minutes": 40}, True)
    for minutes in (0, 10, 20):
        told.note([silent], NOW_MS + minutes * MINUTE_MS)
        told.tell(NOW_MS + minutes * MINUTE_MS, {("gateway-silent", "gw")})
    assert not Notice.objects.exists()


def test_ingest_and_notices_look_at_each_other() -> None:
    beats.beat(beats.NOTICES, beats.NOTICES, 0)
    assert not look_at_notices(NOW_MS)
    ProcessBeat.objects.update(beat_real_ms=clock.real_now_ms() - NOTICES_STAND_MS - 1_000)
    for _minute in range(2):
        assert look_at_notices(NOW_MS)
    assert [alarm.what for alarm in Alarm.objects.filter(cleared_ms=None)] == ["notices-stand"]
    beats.beat(beats.NOTICES, beats.NOTICES, 0)
    assert not look_at_notices(NOW_MS)
    assert not Alarm.objects.filter(cleared_ms=None).exists()
    beats.beat(beats.INGEST, beats.INGEST, 0)
    ProcessBeat.objects.filter(pk="ingest").update(beat_real_ms=clock.real_now_ms() - 6 * MINUTE_MS)
    told.look_at_health(NOW_MS)
    assert StandingFinding.objects.get(code="ingest-stands").level == "bad"


def test_ingest_that_became_workers_stands_nowhere_and_a_worker_that_is_missing_does() -> None:
    """Going from one process to two is a step of docs/scale.md: the one that was is no fault, the one that is not started is."""
    real_ms = clock.real_now_ms()
    for name, age_ms in (("ingest", DAY_MS), ("ingest-2/3", 9 * DAY_MS), ("ingest-1/2", 0)):
        ProcessBeat.objects.create(
            pk=name, kind="ingest", started_real_ms=real_ms - 10 * DAY_MS, beat_real_ms=real_ms - age_ms
        )
    found = judge(gathering.gather(NOW_MS), gathering.limits(NOW_MS))
    assert [one.subject for one in found if one.code == "ingest-stands"] == ["ingest-2/2"]


def test_growth_is_known_after_a_day_and_samples_are_forgotten() -> None:
    beats.sample({"database:default": 1_000, "web:requests": 10}, NOW_MS)
    beats.sample({"database:default": 9_999}, NOW_MS + MINUTE_MS)
    assert Sample.objects.count() == 2, "one an hour"
    for hours, size in ((12, 2_000), (48, 5_000)):
        beats.sample({"database:default": size}, NOW_MS + hours * 3_600_000)
    samples = beats.samples_since(0)["database:default"]
    assert gathering.places.grows_a_day(samples[:2]) is None
    assert gathering.places.grows_a_day(samples) == 2_000
    beats.sample({"database:default": 6_000}, NOW_MS + 40 * DAY_MS)
    assert Sample.objects.count() == 1


def test_pages_that_fail_stand_on_when_the_hour_is_sampled() -> None:
    gathering.keep_samples(NOW_MS)
    beats.count(beats.WEB, {"status-500": 60})
    sampled_ms = NOW_MS + 61 * MINUTE_MS
    gathering.keep_samples(sampled_ms)
    assert gathering.gather(sampled_ms).web == Web(60, 60)
    assert gathering.gather(sampled_ms + 31 * MINUTE_MS).web == Web(0, 0), "an hour later nothing fails"


def test_only_what_was_due_while_nobody_looked_is_late() -> None:
    night_ms = clock.start_of_day_ms(clock.campus_day(NOW_MS)) + 3 * HOUR_MS
    watch = JobWatch.objects.create(job=ARCHIVE_JOB.code, begun_ms=0, seen_until_ms=night_ms + HOUR_MS)
    assert gathering.jobs(night_ms + 4 * HOUR_MS).late == ()
    JobWatch.objects.filter(pk=watch.pk).update(seen_until_ms=night_ms - HOUR_MS)
    assert gathering.jobs(night_ms + 4 * HOUR_MS).late == ("Archives of telemetry",)


def test_what_ingest_counts_is_written_now_and_then() -> None:
    pulse = IngestPulse()
    pulse.write(queue=0, is_connected=True, now_ms=NOW_MS)
    for leaf in ("up", "up", "nonsense"):
        pulse.took_message(leaf)
    pulse.write(queue=0, is_connected=True, now_ms=NOW_MS)
    assert beats.counts_of(beats.INGEST) == {}, "not with every message"
    pulse._written_s = -1_000
    pulse.write(queue=0, is_connected=True, now_ms=NOW_MS)
    assert beats.counts_of(beats.INGEST) == {"messages-up": 2, "messages-other": 1}


def test_nothing_known_is_a_page_all_the_same() -> None:
    found = judge(Facts(), gathering.limits(NOW_MS))
    assert all(in_words(one)[0] for one in found)


def test_commits_that_wait_for_a_replica_are_said_with_the_way_out(monkeypatch) -> None:
    """The desk hangs then, and with it every page that keeps something: `doctor` only reads."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no replica")
    monkeypatch.setattr(places, "WAITS_S", 0)
    where = connection.get_connection_params()
    where = {name: where[name] for name in ("dbname", "user", "host", "port", "password") if where.get(name)}
    with (
        psycopg.connect(**where, autocommit=True) as server,
        psycopg.connect(**where, autocommit=True) as desk,
    ):
        server.execute("CREATE TABLE sold (n int)")
        closed = threading.Event()
        selling = threading.Thread(target=sell, args=[desk, closed])
        selling.start()
        try:
            server.execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'")
            server.execute("SELECT pg_reload_conf()")
            while not places.waiting_commits():
                with (
                    connection.cursor() as cursor
                ):  # a test is one transaction, which sees others' states once
                    cursor.execute("SELECT pg_stat_clear_snapshot()")
            found = judge(gathering.gather(NOW_MS), gathering.limits(NOW_MS))
            assert "commits-wait" in {one.code for one in found if one.level is Level.BAD}
        finally:
            closed.set()
            server.execute("ALTER SYSTEM RESET synchronous_standby_names")
            server.execute("SELECT pg_reload_conf()")
            selling.join()
            server.execute("DROP TABLE sold")


def sell(desk: psycopg.Connection, closed: threading.Event) -> None:
    while not closed.is_set():
        desk.execute("INSERT INTO sold VALUES (1)")


def test_why_a_backup_failed_and_where_backups_lie_is_said(tmp_path: Path, settings: Any) -> None:
    settings.SIGNING_KEY_FILE = str(tmp_path / "signing.key")
    for kind, good, detail in (
        ("backup", True, ""),
        ("rehearsal", True, ""),
        ("rehearsal", False, "verify: x"),
    ):
        note_run(kind, Outcome(good, str(tmp_path / "one.backup"), detail=detail), NOW_MS)
    found = {one.code: one for one in judge(gather(NOW_MS), limits(NOW_MS)) if one.part is Part.BACKUPS}
    assert found.keys() == {"rehearsal-failed", "backup-same-disk"}
    assert "verify: x" in in_words(found["rehearsal-failed"])
    note_run("rehearsal", Outcome(True, str(tmp_path / "gone" / "two.backup")), NOW_MS)
    note_run("backup", Outcome(True, str(tmp_path / "gone" / "two.backup")), NOW_MS)
    assert [one.code for one in judge(gather(NOW_MS), limits(NOW_MS)) if one.part is Part.BACKUPS] == [
        "backups-good"
    ]


def test_a_month_that_waits_for_long_is_said_on_the_page_and_by_the_doctor() -> None:
    month = month_at(NOW_MS)
    for over, said in ((16, False), (17, True)):
        params = {"month": month_name(month - over), "why_word": NEED_MSGIDS[Why.PERIOD], "names": "1, 2"}
        ScheduledRun.objects.create(
            job="telemetry-archive", due=f"day:{over}", due_ms=NOW_MS + over, next_ms=0, state="done",
            code=NEEDED, params=params,
        )  # fmt: skip
        found = [one for one in judge(gather(NOW_MS), limits(NOW_MS)) if one.code == "archive-waits"]
        assert bool(found) is said, over
    with translation.override("en"):
        assert "accounting periods that aren't locked: 1, 2" in in_words(found[0])[1]


COMMANDS = re.compile(r"cardroom-central((?: [a-z][a-z-]*)+)")


@pytest.mark.parametrize("page", ["words", "operation.md", "backup.md", "telemetry.md", "scale.md"])
def test_each_command_that_a_reader_is_sent_to_is_there(page: str) -> None:
    """A next step that answers "There is no command" is the worst moment to learn of it."""
    if page == "words":
        text = "\n".join(f"{said.why}\n{said.next_step}" for said in FINDINGS.values())
        text += "\n".join(str(words.how) for words in POINTS.values())
    else:
        text = (Path(__file__).parents[2] / "docs" / page).read_text(encoding="utf-8")
    known = _actions(_parser())
    named = {tuple(match.split()) for match in COMMANDS.findall(text)}
    assert named, "nothing was collected"
    for first, *more in named:
        if first.startswith("cardroom"):
            continue  # the next unit in a list of services
        assert first in known, first
        if more and (actions := _actions(known[first])):
            assert more[0] in actions, (first, more)


def _actions(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    found = [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]
    return dict(found[0].choices) if found else {}


def test_a_system_that_can_tell_nobody_says_so(db: None) -> None:
    def said() -> bool:
        return any(one.code == "notices-reach-nobody" for one in judge(gather(NOW_MS), limits(NOW_MS)))

    User.objects.create(username="t", role="technician")
    assert said()
    User.objects.update(email="t@example.org")
    assert not said()


def test_a_doctor_without_a_database_still_tells_of_the_disk(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def away() -> bool:
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(health, "is_ready", away)
    monkeypatch.setattr(
        health, "disks", lambda: (Store("data", 99, 1, None, 100), Store("other", 1, 99, None, 100))
    )
    with translation.override("en"), pytest.raises(OperationalError):
        health.doctor(argparse.Namespace(json=False))
    said = capsys.readouterr().out
    assert "[BAD]  Disks: A disk is nearly full" in said
    assert "data: 1 % are free" in said
    assert said.count("[BAD]") == 1
