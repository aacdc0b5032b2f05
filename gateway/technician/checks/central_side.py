"""Whether central hears us and we believe it: rows that wait, signatures of an unknown key, meters it counts on. Pure."""

from collections.abc import Iterator

from gateway.adapters.control_protocol import StatusReport
from gateway.technician.findings import Finding, Level
from gateway.words import say

CHECK = "central"
STUCK_S = 15 * 60
DISTRUSTED = ("unknown-key", "forged")


def judge_central(report: StatusReport) -> Iterator[Finding]:
    """Judge what the daemon tells of central."""
    unknown = sum(
        count
        for name, count in report.counters.items()
        if name.startswith("refused:") and name.rpartition(":")[2] in DISTRUSTED
    )
    if unknown:
        yield Finding(
            CHECK, Level.BAD, "central-key-unknown",
            say("{count} messages were refused: this gateway doesn't know the key they are signed with.", count=unknown),
            say("Central has a new signing key, or somebody else speaks in its name."),
            say("Compare [central] public_keys with central's (cardroom-central public-key); setup fetches them anew."),
            {"count": unknown},
        )  # fmt: skip
    waiting: dict[str, str | int] = {"rows": report.outbox_rows, "oldest_s": report.oldest_outbox_s or 0}
    if report.link_connected and (report.oldest_outbox_s or 0) > STUCK_S:
        yield Finding(
            CHECK, Level.BAD, "outbox-stuck",
            say("{rows} rows wait for central, the oldest for {minutes} min, though the broker is reached.",
                rows=report.outbox_rows, minutes=(report.oldest_outbox_s or 0) // 60),
            say("Central acknowledges nothing: its ingest is down, our key unknown, or the broker's access list in the way."),
            say("On the server: systemctl status cardroom-ingest; then compare cardroom-gateway key with central's page."),
            waiting,
        )  # fmt: skip
    elif not unknown:
        what = say("{rows} rows wait for central.", rows=report.outbox_rows)
        yield Finding(
            CHECK,
            Level.GOOD,
            "outbox-drains" if report.link_connected else "outbox-waits",
            what,
            facts=waiting,
        )
    if report.unbound_meters:
        yield Finding(
            CHECK, Level.BAD, "meters-missing",
            say("Central counts on meters that are on no line here: {meters}.", meters=", ".join(report.unbound_meters)),
            say("The registry doesn't have them: not entered yet, entered with another number, or removed."),
            say("Enter them: cardroom-gateway meters add; or correct the tie at central."),
            {"meters": " ".join(report.unbound_meters)},
        )  # fmt: skip
