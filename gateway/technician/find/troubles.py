"""What stands in a search's way, in words: what happened, why, what to do next."""

from gateway.technician.find.found import Trouble
from gateway.technician.findings import Finding, Level
from gateway.words import mark, say

CHECK = "find"

TROUBLES: dict[str, tuple[Level, str, str, str]] = {
    "port-missing": (
        Level.BAD,
        mark("{port} is not there."),
        mark("The system has no such port: {detail}."),
        mark("Plug the adapter in; `ls /dev/serial/by-id/` shows the ports."),
    ),
    "port-busy": (
        Level.BAD,
        mark("{port} is in use."),
        mark("Another program holds it; two masters on one line destroy each other's questions."),
        mark("Stop the daemon (systemctl stop cardroom-gateway), search, start it again afterwards."),
    ),
    "port-forbidden": (
        Level.BAD,
        mark("{port} may not be opened by this user."),
        mark("The system refuses it: {detail}."),
        mark("Put sudo before the command, or add the user to the group dialout and log in again."),
    ),
    "port-lost": (
        Level.BAD,
        mark("{port} went away during the search."),
        mark("The system says: {detail}."),
        mark("Check plug and cable, then give the same command: it goes on where it stopped."),
    ),
    "port-otherwise": (
        Level.BAD,
        mark("{port} can't be opened."),
        mark("The system says: {detail}."),
        mark("Give the path of a serial port (`ls /dev/serial/by-id/`) or socket://HOST:PORT."),
    ),
    "held-by-gateway": (
        Level.BAD,
        mark("{port} is in use by this gateway's daemon (process {process})."),
        mark("It polls the meters there; a search would disturb it."),
        mark(
            "systemctl stop cardroom-gateway, give the command again, then systemctl start cardroom-gateway."
        ),
    ),
    "held": (
        Level.BAD,
        mark("{port} is in use by {name} (process {process})."),
        mark("Two masters on one line destroy each other's questions."),
        mark("End that program, then give the command again."),
    ),
    "console": (
        Level.SKIPPED,
        mark("{port} was not searched: it is this machine's console."),
        mark("A login prompt speaks there, and would answer the meters."),
        mark(
            "To use it for meters, take the console off it (raspi-config, serial port), then name it with --port."
        ),
    ),
    "mini-uart": (
        Level.ASK,
        mark("{port} is the Pi's small UART, which has no parity."),
        mark("DL/T 645 wants even parity: its meters stay silent here."),
        mark("Use a USB adapter, or give the port the PL011 (dtoverlay=disable-bt in config.txt)."),
    ),
    "wrong-parity": (
        Level.ASK,
        mark("Bytes on {port} at {baud} {parity} look like another parity."),
        mark("Each byte came with the same parity: port and meter disagree about the parity bit."),
        mark("Check that the adapter has parity (the Pi's small UART has none)."),
    ),
    "unexplained": (
        Level.ASK,
        mark("On {port} at {baud} {parity} somebody answers to {address} who can't be told apart."),
        mark("Several meters answer at once and take no shortened address, or the line is noisy."),
        mark("Unplug half of the line and search again (--again), or enter the addresses from the plates."),
    ),
    "noisy": (
        Level.ASK,
        mark("{port} is noisy at {baud} {parity}: {places} places answered now so, now otherwise."),
        mark("Bytes are damaged on the way: shield, ends or wires."),
        mark("Check the 120 ohm at both ends, the shield and A/B, then search again (--again)."),
    ),
    "several-speeds": (
        Level.ASK,
        mark("{port} has meters at several speeds: {bauds}."),
        mark("A line is polled at one speed; the others would never be heard."),
        mark("Set all its meters to one speed, or give those of the other speed a line of their own."),
    ),
    "nothing-found": (
        Level.BAD,
        mark("No meter answers on {port}."),
        mark(
            "No power, A and B swapped, the line not connected, or a speed or protocol that is not searched for."
        ),
        mark("Check that a meter has power and swap A and B, then search again (--again)."),
    ),
}


def trouble_finding(trouble: Trouble) -> Finding:
    """Put a trouble into words."""
    level, *sentences = TROUBLES.get(trouble.code, TROUBLES["port-otherwise"])
    facts: dict[str, str | int] = {"port": trouble.port, **trouble.facts}
    what, why, next_step = (say(sentence, **facts) for sentence in sentences)
    return Finding(CHECK, level, trouble.code, what, why, next_step, facts)
