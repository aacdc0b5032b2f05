"""What ingest, notices and gateways leave behind is found by the health look; what is bad is told once, again after a day, and when
it ends."""

import ast
from pathlib import Path

import pytest

import central.domain
from central import clock
from central.domain.health_facts import Facts, Finding, Level, Part, Web
from central.domain.health_judgement import judge
from central.ingest.ingest_pulse import NOTICES_STAND_MS, IngestPulse, look_at_notices
from central.ingest.take_message import MessageTaker
from central.link.models import Alarm, Gateway
from central.link.pulse import beats
from central.link.pulse.models import ProcessBeat, Sample, StandingFinding
from central.office.models import Delivery, Notice, User
from central.office.notice_templates import render
from central.reports.archive.jobs import ARCHIVE_JOB
from central.reports.health import gathering, told
from central.reports.health.words import FINDINGS, in_words
from central.reports.schedule.models import JobWatch
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
