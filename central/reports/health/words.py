"""What findings say: a title without figures, a sentence with them, the next step. A test compares the codes with the judgement's.

Titles stand in notices and are put into each reader's language there, so all of them are kept as they stand in the source.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import gettext_noop as _

from central.domain.health_facts import Finding, Level, Part
from central.office.words import Badge


@dataclass(frozen=True, slots=True)
class Said:
    """A finding in words, as msgids; `why` and `next_step` may be empty."""

    title: str
    why: str = ""
    next_step: str = ""


PARTS = {
    Part.GATEWAYS: _("Gateways and lines"),
    Part.INGEST: _("Receiving (ingest)"),
    Part.COMMANDS: _("Commands to gateways"),
    Part.BROKER: _("Broker"),
    Part.DATABASES: _("Databases"),
    Part.DISK: _("Disks"),
    Part.CERTIFICATES: _("Certificates and keys"),
    Part.JOBS: _("What runs by itself"),
    Part.BACKUPS: _("Backups"),
    Part.NOTICES: _("Notices"),
    Part.WEB: _("Web pages"),
    Part.CLOCK: _("This server's clock"),
}
LEVELS = {
    Level.GOOD: Badge(lazy("in order"), "good", "done"),
    Level.LOOK: Badge(lazy("look at it"), "warn", "wait"),
    Level.BAD: Badge(pgettext_lazy("health", "bad"), "bad", "clash"),
}
HINDRANCES = {
    "away": lazy("it was away:"),
    "behind": lazy("it was behind:"),
    "no-replica": lazy("it takes writes itself:"),
    "other-books": lazy("it follows another server:"),
    "cancelled": lazy("it broke off:"),
    "writes": lazy("the report wanted to write:"),
}
"""Why a report was made on the primary after all."""
MARKS = {Level.GOOD: _("[ok]  "), Level.LOOK: _("[look]"), Level.BAD: _("[BAD] ")}
"""On a terminal, all of one width."""
FINDINGS: dict[str, Said] = {
    "gateways-good": Said(_("Every gateway is heard, and its lines answer.")),
    "gateway-never-heard": Said(
        _("A gateway was never heard"),
        _("%(building)s: enrolled more than a day ago, and nothing came yet."),
        _("On site: cardroom-gateway doctor. It names what is missing on the way to the broker."),
    ),
    "gateway-silent": Said(
        _("A gateway is silent"),
        _("%(building)s: last heard %(minutes)s minutes ago. Supply goes on there by its rules."),
        _("Is the building's power or network cut? Then on site: cardroom-gateway doctor."),
    ),
    "gateways-unknown": Said(
        _("Nobody knows how the gateways are"),
        _(
            "%(gateways)s were not heard lately, but receiving stands still or has no broker: mend that first."
        ),
    ),
    "gateway-clock": Said(
        _("A gateway does not trust its clock"),
        _("%(building)s: the lowest price is billed and trued up later; no time-table acts."),
        _("Look at the time server and the network there: cardroom-gateway clock."),
    ),
    "gateway-clock-off": Said(
        _("A gateway's clock is apart"),
        _(
            "%(building)s: %(minutes)s minutes from the others, or from this server's. "
            "It is believed there: prices and times go by it."
        ),
        _("There: cardroom-gateway clock; here: timedatectl. Which of the two is right?"),
    ),
    "gateway-behind": Said(
        _("A gateway is behind with its rows"),
        _("%(building)s: %(rows)s rows wait, the oldest for %(minutes)s minutes."),
        _("After a cut of the network wait until it has caught up. Else: cardroom-gateway doctor."),
    ),
    "gateway-store": Said(
        _("A gateway's card fills"),
        _("%(building)s: at the present pace it is full in %(hours)s hours."),
        _("On site: cardroom-gateway doctor. What central has acknowledged is thinned by itself."),
    ),
    "line-answers-little": Said(
        _("A line answers little"),
        _(
            "%(building)s, line %(line)s: %(percent)s %% of the questions were answered; meters that don't answer: %(dead)s."
        ),
        _("On site: cardroom-gateway doctor --line %(line)s. It tells noise, wires and dead meters apart."),
    ),
    "meters-dead": Said(
        _("Meters don't answer"),
        _("%(building)s, line %(line)s: meters that don't answer: %(dead)s; the others do."),
        _("Each is a fault of the workshop already, with its room: see Faults."),
    ),
    "ingest-good": Said(_("Messages are taken as they come.")),
    "ingest-never-ran": Said(
        _("Receiving has never run"), "", _("On the server: systemctl enable --now cardroom-ingest")
    ),
    "ingest-stands": Said(
        _("Receiving stands still"),
        _(
            "Its last sign of life is %(minutes)s minutes old. Gateways keep what they have; payments don't reach the rooms."
        ),
        _("On the server: systemctl status cardroom-ingest, then systemctl restart cardroom-ingest."),
    ),
    "ingest-queue": Said(
        _("Messages wait to be taken"),
        _("%(messages)s messages wait. Nothing is lost: the broker slows down, gateways send again."),
        _("Is another program busy on the server, or its disk slow? It clears by itself after an outage."),
    ),
    "ingest-lag": Said(
        _("Readings come late"),
        _("Of %(gateways)s gateways without anything waiting; the latest by %(minutes)s minutes."),
        _("Compare the clocks: this server's and the gateways'. Then look at the server's load."),
    ),
    "rows-quarantined": Said(
        _("Rows could not be taken"),
        _("%(rows)s rows are in quarantine. Each names its reason."),
        _("See Gateways, rows in quarantine."),
    ),
    "messages-refused": Said(
        _("Messages in a gateway's name were refused"),
        _(
            "%(building)s: signature or sender are wrong. Someone writes in its name, or its key was replaced."
        ),
        _("Was the card replaced? Else look at who reaches the broker; see the alarm."),
    ),
    "commands-good": Said(_("Every command is answered in time.")),
    "commands-stuck": Said(
        _("A gateway is heard and does not answer commands"),
        _(
            "%(building)s: %(commands)s commands wait, the oldest for %(minutes)s minutes. Payments may be among them."
        ),
        _("On site: cardroom-gateway status shows the last command that it took, and its refusals."),
    ),
    "commands-wait": Said(
        _("Commands wait for silent gateways"),
        _("%(commands)s commands go out when their gateways are heard again."),
        _("For a payment that can't wait: credit carried by hand, see Outage."),
    ),
    "broker-good": Said(_("Receiving is connected with the broker.")),
    "broker-gone": Said(
        _("Receiving is not connected with the broker"),
        _("It tries again by itself. Gateways keep what they have."),
        _("On the server: systemctl status mosquitto. A certificate that has ended stands below."),
    ),
    "broker-unknown": Said(
        _("Nobody knows how the broker is"), _("Receiving does not run, and it alone speaks with the broker.")
    ),
    "databases-good": Said(_("The databases have room.")),
    "commits-wait": Said(
        _("Payments wait for the database's replica"),
        _(
            "%(commits)s commits wait for a replica that does not answer; nothing is lost, and nothing is confirmed."
        ),
        _(
            "Start the replica. Until it runs, on the database server: ALTER SYSTEM SET synchronous_standby_names = ''; "
            "SELECT pg_reload_conf();"
        ),
    ),
    "database-fills": Said(
        _("A database fills its disk"),
        _("%(place)s: at the pace of the last month it is full in %(days)s days."),
        _("Give it a larger disk, or keep readings for a shorter time: see docs/operation.md."),
    ),
    "archive-waits": Said(
        _("A month of telemetry can't be archived"),
        _("%(month)s is still needed by %(why_word)s: %(names)s."),
        _(
            "Lock the periods, or set how many months telemetry waits for that (Settings). On the server: cardroom-central archive"
        ),
    ),
    "replica-away": Said(
        _("A replica can't be reached"),
        _(
            "%(name)s: reports are read from the primary meanwhile. Where commits wait for it, the desk waits."
        ),
        _("On its machine: systemctl status postgresql. Why it fails: journalctl -u cardroom-central."),
    ),
    "replica-behind": Said(
        _("A replica is behind"),
        _(
            "%(name)s: its last commit is %(minutes)s minutes old. Reports are read from the primary meanwhile."
        ),
        _("Look at its load and disk, and at the network between the two: see docs/scale.md."),
    ),
    "replica-takes-writes": Said(
        _("A replica is none"),
        _("%(name)s takes writes itself: it was promoted, or REPLICA_DATABASE_URL names the primary."),
        _("Let the other server follow it, and name that one: see docs/scale.md."),
    ),
    "replica-of-others": Said(
        _("A replica has other books"),
        _("%(name)s follows another server than the one that central writes to."),
        _("Set REPLICA_DATABASE_URL right: see docs/scale.md."),
    ),
    "disk-good": Said(_("The disks have room.")),
    "disk-full": Said(
        _("A disk is nearly full"),
        _("%(place)s: %(percent)s %% are free."),
        _("Make room before it is full: then nothing is sold and nothing is stored. See docs/operation.md."),
    ),
    "certificates-good": Said(_("Nothing ends soon.")),
    "authority-missing": Said(
        _("The certificate authority can't be read"), "", _("On the server: cardroom-central ca show")
    ),
    "certificate-ends": Said(
        _("A certificate ends soon"),
        _("Of %(whose)s, in %(days)s days."),
        _("See Enrolment and certificates. The authority's own: docs/link-security.md."),
    ),
    "key-not-believed": Said(
        _("Gateways don't know the key that signs"),
        _("%(gateways)s gateways, such as %(names)s, take no commands of this server."),
        _("On the server: cardroom-central signing-key list. See docs/link-security.md."),
    ),
    "jobs-good": Said(_("Nothing is late.")),
    "job-late": Said(
        _("Something that runs by itself is late"),
        _("%(job_word)s should have been run half an hour ago or more."),
        _("See Made by itself: it names the reason, and can be run again."),
    ),
    "jobs-given-up": Said(
        _("Runs were given up"),
        _("%(runs)s runs of the last two weeks did not work for three days."),
        _("See Made by itself."),
    ),
    "backups-good": Said(_("The last backup is young, and a backup was rehearsed.")),
    "backup-never": Said(
        _("No backup is on record"),
        _("A dead disk would take the books with it."),
        _(
            "On the server, once: cardroom-central backup --new-key. A timer makes one each night from then on: docs/backup.md."
        ),
    ),
    "backup-old": Said(
        _("The last backup is old"),
        _("It is %(hours)s hours old."),
        _(
            "On the server: systemctl status cardroom-central-backup.timer cardroom-central-backup. "
            "Is the disk there that it goes to?"
        ),
    ),
    "backup-failed": Said(
        _("The last backup failed"),
        _("%(why)s"),
        _("Then on the server: systemctl start cardroom-central-backup"),
    ),
    "rehearsal-failed": Said(
        _("A backup could not be restored for trial"),
        _("%(why)s"),
        _(
            "Don't rely on that file. On the server: systemctl start cardroom-central-rehearsal makes another one and tries it."
        ),
    ),
    "backup-same-disk": Said(
        _("Backups lie on the disk of the books"),
        _("They help against mistakes; when that disk dies, they die with it."),
        _("Set CARDROOM_BACKUP_FOLDER to a stick or another machine's folder: docs/backup.md."),
    ),
    "backup-not-rehearsed": Said(
        _("No backup was rehearsed lately"),
        _("None within %(days)s days. A backup that nobody has read back is a hope."),
        _("See docs/operation.md, how a backup is rehearsed."),
    ),
    "notices-good": Said(_("Notices go out.")),
    "notices-never-ran": Said(
        _("The sender of notices has never run"),
        _("It tells people, renews certificates and runs what runs by itself."),
        _("On the server: systemctl enable --now cardroom-notices"),
    ),
    "notices-stands": Said(
        _("The sender of notices stands still"),
        _(
            "Its last sign of life is %(minutes)s minutes old. Nobody is told of anything, nothing runs by itself."
        ),
        _("On the server: systemctl restart cardroom-notices"),
    ),
    "notices-overdue": Said(
        _("Notices are not sent"),
        _("%(messages)s messages should have gone out ten minutes ago or more."),
        _("See Notices: each names its trouble. Is the sender running?"),
    ),
    "notices-reach-nobody": Said(
        _("Nobody can be told of what is bad here"),
        _("Neither technicians nor administrators have a channel or a mail address."),
        _("See Notices, Channels; or each sets his address at Where your notices go."),
    ),
    "notices-given-up": Said(
        _("Notices were given up"),
        _("%(messages)s messages of the last two weeks reached nobody."),
        _("See Notices, and mend the channel."),
    ),
    "web-good": Said(_("Pages are answered without errors.")),
    "web-never-ran": Said(
        _("The web server has not counted anything yet"),
        "",
        _("On the server: systemctl status cardroom-central"),
    ),
    "web-stands": Said(
        _("The web server stands still"),
        _("Its last sign of life is %(minutes)s minutes old."),
        _("On the server: systemctl restart cardroom-central"),
    ),
    "web-errors": Said(
        _("Pages fail"),
        _("%(errors)s of %(requests)s pages of the last hour ended with an error of the server."),
        _("On the server: journalctl -u cardroom-central. Send the lines to the developer."),
    ),
    "clock-good": Said(_("It agrees with the gateways' clocks, as far as they are known.")),
    "clock-went-back": Said(
        _("This server's clock went back"),
        _("A process beat %(minutes)s minutes in the future. Prices, periods and expiries go by this clock."),
        _("On the server: timedatectl. Set the time server right before anything is sold."),
    ),
    "clock-slow": Said(
        _("This server's clock is slow"),
        _("By the clocks of %(gateways)s gateways it is %(minutes)s minutes behind."),
        _("On the server: timedatectl. Set the time server right before anything is sold."),
    ),
    "clock-fast": Said(
        _("This server's clock is fast"),
        _("By the clocks of %(gateways)s gateways it is %(minutes)s minutes ahead."),
        _("On the server: timedatectl. Set the time server right before anything is sold."),
    ),
}


def title_of(code: str) -> str:
    """Give a finding's title in the reader's language."""
    return gettext(FINDINGS[code].title) if code in FINDINGS else code


def sentences(code: str, params: Mapping[str, int | str]) -> tuple[str, str]:
    """Give the reason and the next step in the reader's language; either may be empty."""
    said = FINDINGS.get(code, Said(code))
    filled = {
        name: gettext(str(value)) if name.endswith("_word") else value for name, value in params.items()
    }
    return _filled(said.why, filled), _filled(said.next_step, filled)


def _filled(text: str, params: Mapping[str, int | str]) -> str:
    return gettext(text) % params if text else ""


def in_words(finding: Finding) -> tuple[str, str, str]:
    """Give title, reason and next step."""
    return title_of(finding.code), *sentences(finding.code, finding.params)
