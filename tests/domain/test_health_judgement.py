"""The judgement of the system's running: what is beyond its limit is found, what is within it is not, whatever else there is."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from central.domain.health_facts import (
    ArchiveWaits,
    Backups,
    Certificate,
    Facts,
    Gateway,
    Jobs,
    Level,
    Limits,
    Line,
    Notices,
    Part,
    Process,
    Store,
    Web,
)
from central.domain.health_judgement import judge

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
LIMITS = Limits(
    silent_ms=30 * MINUTE_MS,
    process_still_ms=5 * MINUTE_MS,
    gateway_behind_ms=HOUR_MS,
    line_answered_percent=80,
    lag_ms=15 * MINUTE_MS,
    command_oldest_ms=15 * MINUTE_MS,
    disk_free_percent=10,
    full_within_days=30,
    certificate_days=21,
    backup_age_ms=36 * HOUR_MS,
    clock_off_ms=2 * MINUTE_MS,
)
GOOD_GATEWAY = Gateway(
    *("gw", "North"),
    heard_age_ms=MINUTE_MS,
    clock_trusted=True,
    clock_off_ms=0,
    outbox_rows=0,
    store_hours_left=900,
    lines=(Line("a", 100, 99, 5000, 4900, 0),),
    lag_ms=1_000,
)
GOOD = Facts(
    gateways=tuple(replace(GOOD_GATEWAY, name=f"gw-{n}") for n in range(4)),
    processes=tuple(Process(kind, kind, 1_000, HOUR_MS) for kind in ("ingest", "notices", "web")),
    databases=(Store("default", 10**9, 10**11, 10**6),),
    disks=(Store("data", 10**10, 9 * 10**10, None, 10**11),),
    certificates=(Certificate("authority", 300 * DAY_MS),),
    jobs=Jobs(3, last_run_age_ms=HOUR_MS),
    backups=Backups(HOUR_MS, DAY_MS),
    web=Web(1_000, 0),
)


def codes(facts: Facts, level: Level = Level.BAD) -> list[str]:
    return [one.code for one in judge(facts, LIMITS) if one.level is level]


def with_gateway(**changes: object) -> Facts:
    return replace(GOOD, gateways=(replace(GOOD_GATEWAY, **changes), *GOOD.gateways[1:]))


def with_processes(**changes: object) -> Facts:
    return replace(GOOD, processes=tuple(replace(one, **changes) for one in GOOD.processes))


def test_a_system_in_order_is_said_to_be_so_part_by_part() -> None:
    found = judge(GOOD, LIMITS)
    assert [one.part for one in found] == list(Part)
    assert {one.level for one in found} == {Level.GOOD}


@pytest.mark.parametrize(
    ("facts", "level", "code"),
    [
        (with_gateway(heard_age_ms=31 * MINUTE_MS), Level.BAD, "gateway-silent"),
        (with_gateway(heard_age_ms=None, enrolled_age_ms=2 * DAY_MS), Level.LOOK, "gateway-never-heard"),
        (with_gateway(clock_trusted=False), Level.LOOK, "gateway-clock"),
        (with_gateway(outbox_rows=9, outbox_oldest_ms=61 * MINUTE_MS), Level.BAD, "gateway-behind"),
        (with_gateway(store_hours_left=71), Level.BAD, "gateway-store"),
        (with_gateway(lines=(Line("a", 100, 79, 0, 0, 0),)), Level.BAD, "line-answers-little"),
        (with_gateway(lines=(Line("a", 100, 99, 0, 0, 2),)), Level.LOOK, "meters-dead"),
        (with_gateway(lag_ms=16 * MINUTE_MS), Level.LOOK, "ingest-lag"),
        (with_gateway(quarantined=1), Level.LOOK, "rows-quarantined"),
        (with_gateway(is_refused=True), Level.LOOK, "messages-refused"),
        (with_gateway(unanswered=1, unanswered_oldest_ms=16 * MINUTE_MS), Level.BAD, "commands-stuck"),
        (with_processes(beat_age_ms=6 * MINUTE_MS), Level.BAD, "ingest-stands"),
        (with_processes(beat_age_ms=6 * MINUTE_MS), Level.BAD, "notices-stands"),
        (with_processes(beat_age_ms=6 * MINUTE_MS), Level.BAD, "web-stands"),
        (with_processes(beat_age_ms=6 * MINUTE_MS), Level.LOOK, "broker-unknown"),
        (with_processes(queue=1_000), Level.BAD, "ingest-queue"),
        (with_processes(is_connected=False), Level.BAD, "broker-gone"),
        (with_processes(beat_age_ms=-3 * MINUTE_MS), Level.BAD, "clock-went-back"),
        (replace(GOOD, processes=()), Level.LOOK, "ingest-never-ran"),
        (replace(GOOD, databases=(Store("d", 1, 29 * 10**6, 10**6),)), Level.LOOK, "database-fills"),
        (replace(GOOD, databases=(Store("d", 1, 6 * 10**6, 10**6),)), Level.BAD, "database-fills"),
        (replace(GOOD, disks=(Store("d", 91, 9, None, 100),)), Level.BAD, "disk-full"),
        (replace(GOOD, certificates=(Certificate("gw", 20 * DAY_MS),)), Level.LOOK, "certificate-ends"),
        (replace(GOOD, certificates=(Certificate("gw", -DAY_MS),)), Level.BAD, "certificate-ends"),
        (replace(GOOD, has_authority=False), Level.LOOK, "authority-missing"),
        (replace(GOOD, keys_not_believed=("gw",)), Level.LOOK, "key-not-believed"),
        (replace(GOOD, jobs=Jobs(3, ("Takings",))), Level.BAD, "job-late"),
        (replace(GOOD, jobs=Jobs(3, given_up=1)), Level.LOOK, "jobs-given-up"),
        (replace(GOOD, notices=Notices(reaches_nobody=True)), Level.LOOK, "notices-reach-nobody"),
        (replace(GOOD, backups=Backups()), Level.LOOK, "backup-never"),
        (replace(GOOD, backups=Backups(37 * HOUR_MS, DAY_MS)), Level.BAD, "backup-old"),
        (replace(GOOD, backups=Backups(books_age_ms=8 * DAY_MS)), Level.BAD, "backup-never"),
        (replace(GOOD, backups=Backups(1, 1, backup_failed="")), Level.BAD, "backup-failed"),
        (replace(GOOD, backups=Backups(1, 1, rehearsal_failed="x")), Level.BAD, "rehearsal-failed"),
        (replace(GOOD, backups=Backups(1, 1, on_books_disk=True)), Level.LOOK, "backup-same-disk"),
        (replace(GOOD, archive_waits=ArchiveWaits("2026-11", "x", "1")), Level.LOOK, "archive-waits"),
        (replace(GOOD, backups=Backups(1, 101 * DAY_MS)), Level.LOOK, "backup-not-rehearsed"),
        (replace(GOOD, notices=Notices(3, overdue=1)), Level.BAD, "notices-overdue"),
        (replace(GOOD, notices=Notices(0, given_up=1)), Level.LOOK, "notices-given-up"),
        (replace(GOOD, web=Web(1_000, 10)), Level.BAD, "web-errors"),
    ],
)
def test_each_thing_beyond_its_limit_is_found(facts: Facts, level: Level, code: str) -> None:
    assert code in codes(facts, level)


def test_a_silent_gateway_is_judged_by_nothing_that_it_said_before() -> None:
    silent = with_gateway(
        heard_age_ms=HOUR_MS,
        clock_trusted=False,
        outbox_rows=9,
        outbox_oldest_ms=DAY_MS,
        unanswered=2,
        unanswered_oldest_ms=HOUR_MS,
    )
    assert codes(silent) == ["gateway-silent"]
    assert codes(silent, Level.LOOK) == ["commands-wait"], "its commands wait by right"


@pytest.mark.parametrize("changes", [{"beat_age_ms": HOUR_MS}, {"is_connected": False}])
def test_while_nobody_hears_gateways_their_silence_is_said_once_and_is_not_theirs(
    changes: dict[str, object],
) -> None:
    deaf = tuple(replace(one, **changes) if one.kind == "ingest" else one for one in GOOD.processes)
    silent = tuple(replace(one, heard_age_ms=2 * HOUR_MS) for one in GOOD.gateways)
    facts = replace(GOOD, gateways=silent, processes=deaf)
    assert codes(facts)[0] in ("ingest-stands", "broker-gone")
    assert "gateway-silent" not in codes(facts)
    assert codes(facts, Level.LOOK).count("gateways-unknown") == 1
    second = replace(deaf[0], name="ingest@2", beat_age_ms=1_000, is_connected=True)
    assert codes(replace(facts, processes=(*deaf, second))).count("gateway-silent") == 4, (
        "another worker hears: who is silent then is silent"
    )


def test_a_revoked_gateway_is_nobodys_business() -> None:
    assert codes(with_gateway(is_revoked=True, heard_age_ms=DAY_MS, unanswered=1)) == []


@pytest.mark.parametrize(
    ("offs", "code"),
    [
        ((3, 4, 5), "clock-slow"),
        ((-3, -4, -5), "clock-fast"),
        ((3, 0, 0), ""),
        ((9, 9), ""),
    ],
)
def test_our_clock_is_wrong_when_most_of_three_gateways_say_so(offs: tuple[int, ...], code: str) -> None:
    gateways = tuple(
        replace(GOOD_GATEWAY, name=f"gw-{n}", clock_off_ms=off * MINUTE_MS) for n, off in enumerate(offs)
    )
    assert codes(replace(GOOD, gateways=gateways)) == ([code] if code else [])
    assert codes(replace(GOOD, gateways=gateways, is_bench=True)) == []


@pytest.mark.parametrize(
    ("offs", "apart"),
    [((9, 0, 0, 0), ["gw-0"]), ((9, 9), ["gw-0", "gw-1"]), ((9, 9, 9), []), ((9, 8, 2), ["gw-2"])],
)
def test_a_clock_apart_from_the_others_is_named(offs: tuple[int, ...], apart: list[str]) -> None:
    gateways = tuple(
        replace(GOOD_GATEWAY, name=f"gw-{n}", clock_off_ms=off * MINUTE_MS) for n, off in enumerate(offs)
    )
    found = judge(replace(GOOD, gateways=gateways), LIMITS)
    assert [one.subject for one in found if one.code == "gateway-clock-off"] == apart


@given(st.integers(0, 3 * HOUR_MS))
def test_an_age_is_bad_from_its_limit_on_and_for_ever(age_ms: int) -> None:
    waits = with_gateway(unanswered=1, unanswered_oldest_ms=age_ms, outbox_rows=1, outbox_oldest_ms=age_ms)
    found = codes(replace(with_processes(beat_age_ms=age_ms), gateways=waits.gateways))
    assert ("commands-stuck" in found) is (age_ms > LIMITS.command_oldest_ms)
    assert ("gateway-behind" in found) is (age_ms > LIMITS.gateway_behind_ms)
    for kind in ("ingest", "notices", "web"):
        assert (f"{kind}-stands" in found) is (age_ms > LIMITS.process_still_ms)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_line_is_judged_once_enough_was_asked(asked: int, answered: int) -> None:
    line = Line("a", asked, min(asked, answered), asked, answered, 0)
    is_bad = asked >= 20 and min(asked, answered) * 100 // asked < 80
    assert ("line-answers-little" in codes(with_gateway(lines=(line,)))) is is_bad
