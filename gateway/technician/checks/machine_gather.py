"""Gather what the machine says of itself: ports, clock, disk, rights. `system` is where /sys and /dev lie, for a rehearsal."""

from collections.abc import Iterator
from pathlib import Path

from gateway.adapters.kernel_clock import kernel_clock
from gateway.adapters.key_file import KEY_NAME
from gateway.adapters.system_clock import RealTime
from gateway.technician.checks.card_errors import judge_card_errors, read_card_errors
from gateway.technician.checks.machine_clock import judge_clock, read_clock_facts
from gateway.technician.checks.machine_disk import judge_disk, read_disk
from gateway.technician.checks.machine_ports import judge_ports, read_ports
from gateway.technician.checks.machine_rights import Rights, daemon_user, judge_rights, owned
from gateway.technician.findings import Finding, Level
from gateway.technician.site import Site
from gateway.words import say


def machine_findings(site: Site, config: Path, system: Path = Path("/")) -> Iterator[Finding]:
    """Judge the machine that this building's gateway runs on."""
    there = [line.port for line in site.lines if Path(line.port).exists()]
    found = judge_ports(read_ports(system), site.lines, there)
    # A building whose lines are all behind serial servers needs no port of the machine's own.
    yield from (finding for finding in found if not site.lines or finding.code != "no-port")
    kernel = kernel_clock()
    is_kept = kernel is not None and kernel.is_synchronised
    yield from judge_clock(read_clock_facts(is_kept, RealTime().wall_ms() // 1000, system))
    try:
        yield from judge_disk(read_disk(site.folder, system))
    except OSError as error:
        what = say("The disk can't be looked at: {why}.", why=f"{site.folder}: {error.strerror}")
        yield Finding("disk", Level.SKIPPED, "disk-unseen", what)
    yield from judge_card_errors(read_card_errors(system))
    key, read = owned(site.folder / KEY_NAME), owned(config)
    ports = [owned(Path(port)) for port in there]
    rights = Rights(
        daemon_user(),
        owned(site.folder),
        (key,) if key else (),
        (read,) if read else (),
        tuple(port for port in ports if port),
    )
    yield from judge_rights(rights)
