"""What is wrong with gateways, their lines and the commands that they owe an answer to. Pure."""

from collections.abc import Iterable, Iterator

from central.domain.health_facts import Finding, Gateway, Level, Limits, Part

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
SILENT = "gateway-silent"
NEVER_HEARD_MS = 24 * HOUR_MS
FEWEST_HOURS_LEFT = 72
"""A gateway must keep what it measures over a weekend without central."""


def judge_gateways(gateways: Iterable[Gateway], limits: Limits, *, hears: bool) -> list[Finding]:
    """Judge each gateway that is not revoked; while nobody hears any, their silence is nothing of theirs, and said once."""
    found = [finding for one in gateways if not one.is_revoked for finding in _judge_one(one, limits)]
    silent = [one for one in found if one.code == SILENT]
    if hears or not silent:
        return found
    unknown = Finding(Part.GATEWAYS, Level.LOOK, "gateways-unknown", "", {"gateways": len(silent)})
    return [unknown, *(one for one in found if one.code != SILENT)]


def _judge_one(one: Gateway, limits: Limits) -> Iterator[Finding]:
    if one.heard_age_ms is None:
        if one.enrolled_age_ms > NEVER_HEARD_MS:
            yield _found(one, Level.LOOK, "gateway-never-heard")
        return
    if one.heard_age_ms > limits.silent_ms:
        yield _found(one, Level.BAD, "gateway-silent", minutes=one.heard_age_ms // MINUTE_MS, elsewhere=True)
        return
    if one.clock_trusted is False:
        yield _found(one, Level.LOOK, "gateway-clock")
    if (one.outbox_oldest_ms or 0) > limits.gateway_behind_ms:
        minutes = (one.outbox_oldest_ms or 0) // MINUTE_MS
        yield _found(one, Level.BAD, "gateway-behind", minutes=minutes, rows=one.outbox_rows or 0)
    if one.store_hours_left is not None and one.store_hours_left < FEWEST_HOURS_LEFT:
        yield _found(one, Level.BAD, "gateway-store", hours=one.store_hours_left)
    yield from _judge_lines(one, limits)


def _judge_lines(one: Gateway, limits: Limits) -> Iterator[Finding]:
    for line in one.lines:
        subject = f"{one.name}/{line.name}"
        params: dict[str, int | str] = {"building": one.building, "line": line.name, "dead": line.dead}
        if line.percent is not None and line.percent < limits.line_answered_percent:
            params["percent"] = line.percent
            yield Finding(Part.GATEWAYS, Level.BAD, "line-answers-little", subject, params)
        elif line.dead:
            yield Finding(Part.GATEWAYS, Level.LOOK, "meters-dead", subject, params)


def judge_commands(gateways: Iterable[Gateway], limits: Limits) -> Iterator[Finding]:
    """Judge what waits for an answer: of a gateway that is heard it is a fault, of a silent one it waits by right."""
    silent = 0
    for one in gateways:
        if not one.unanswered or one.is_revoked:
            continue
        is_silent = one.heard_age_ms is None or one.heard_age_ms > limits.silent_ms
        silent += one.unanswered if is_silent else 0
        oldest_ms = one.unanswered_oldest_ms or 0
        if not is_silent and oldest_ms > limits.command_oldest_ms:
            params: dict[str, int | str] = {
                "building": one.building,
                "commands": one.unanswered,
                "minutes": oldest_ms // MINUTE_MS,
            }
            yield Finding(Part.COMMANDS, Level.BAD, "commands-stuck", one.name, params)
    if silent:
        yield Finding(Part.COMMANDS, Level.LOOK, "commands-wait", "", {"commands": silent})


def _found(one: Gateway, level: Level, code: str, *, elsewhere: bool = False, **params: int) -> Finding:
    return Finding(Part.GATEWAYS, level, code, one.name, {"building": one.building, **params}, elsewhere)
