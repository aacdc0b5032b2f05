"""Whether the broker takes us, and where the way to it ends if it doesn't. Pure; the way is gone by `link_probe`."""

from gateway.technician.checks.link_probe import Probe
from gateway.technician.findings import Finding, Level
from gateway.words import mark, say

CHECK = "link"
WORDS: dict[str, tuple[str, str, str]] = {
    "name-unknown": (
        mark("The broker's name {host} is not known."),
        mark("DNS doesn't answer, or doesn't know it."),
        mark("Check the name in [mqtt] host, and the network's DNS: resolvectl query {host}"),
    ),
    "connection-refused": (
        mark("On {host} nobody listens at port {port}."),
        mark("The broker is down, or its port is another one (8883 with TLS, 1883 without)."),
        mark("On the server: systemctl status mosquitto. Then compare [mqtt] port."),
    ),
    "unreachable": (
        mark("{host}:{port} can't be reached."),
        mark("No cable, no route, or a firewall that drops what it doesn't like."),
        mark(
            "Is the link light on? Try: ping {host}; then ask who runs the network to let port {port} through."
        ),
    ),
    "tls-files": (
        mark("This gateway's certificate files can't be used."),
        mark("Certificate and key don't belong together, or a file is damaged."),
        mark("Get new ones: sudo cardroom-gateway setup"),
    ),
    "broker-expired": (
        mark("The broker's certificate has expired."),
        mark("Or this machine's clock is ahead."),
        mark(
            "Compare the clock first (date); then renew the broker's certificate on the server: cardroom-central ca"
        ),
    ),
    "broker-not-yet": (
        mark("The broker's certificate is not valid yet."),
        mark("This machine's clock is mostly behind."),
        mark("Set the clock: see that NTP runs (timedatectl) or that the RTC's battery is good."),
    ),
    "broker-other-name": (
        mark("The broker's certificate is not for {host}."),
        mark("It has another name or address in it: the server was moved, or this is another server."),
        mark("Use the name in the certificate as [mqtt] host, or issue it for this one."),
    ),
    "broker-untrusted": (
        mark("The broker's certificate is not from our authority."),
        mark("ca_file is an older one, or somebody else answers at this address."),
        mark(
            "Get the authority's file anew: sudo cardroom-gateway setup. If that doesn't help, ask who answers there."
        ),
    ),
    "hangs": (
        mark("{host}:{port} takes the connection and says nothing."),
        mark("The broker hangs, or its machine is overloaded."),
        mark("Look again in a minute; then ask who runs central to look at the broker, and to restart it."),
    ),
    "no-tls": (
        mark("{host}:{port} doesn't speak TLS."),
        mark("It is the broker's port without TLS, or another service."),
        mark("Compare [mqtt] port and tls with the broker's listener (8883 with TLS)."),
    ),
    "certificate-refused": (
        mark("The broker refuses this gateway's certificate."),
        mark("It has expired, was revoked, or comes from another authority."),
        mark("If this Pi should be the building's gateway: sudo cardroom-gateway setup gets a new one."),
    ),
    "wrong-password": (
        mark("The broker refuses the user name or its password."),
        mark("They are not those of the broker's password file."),
        mark("Check [mqtt] username and password_file."),
    ),
    "not-authorised": (
        mark("The broker doesn't give this gateway its topics."),
        mark("Its access list doesn't know gateway {gateway}, or knows it by another name."),
        mark("On the server: cardroom-central broker-config writes the list; then reload Mosquitto."),
    ),
    "no-answer": (
        mark("{host}:{port} takes the connection and doesn't speak MQTT."),
        mark("It is another service's port, or the broker wants TLS there."),
        mark("Compare [mqtt] port and tls with the broker's listener."),
    ),
    "lost": (
        mark("The broker ends the connection at once."),
        mark("It wants TLS or a certificate here, or another machine uses this gateway's name."),
        mark("Compare [mqtt] with the broker's listener; see that no second gateway {gateway} runs."),
    ),
    "refused": (
        mark("The broker refuses the connection."),
        mark("Its own word is in the reason."),
        mark("Look at the broker's log: journalctl -u mosquitto"),
    ),
}


def judge_link(probe: Probe, host: str, port: int, gateway: str) -> Finding:
    """Judge how far the way to the broker goes."""
    facts: dict[str, str | int] = {"host": host, "port": port, "gateway": gateway}
    if not probe.code:
        what = say("The broker {host}:{port} takes this gateway.", host=host, port=port)
        return Finding(CHECK, Level.GOOD, "link-good", what, facts=facts)
    what, why, next_step = WORDS.get(probe.code, WORDS["refused"])
    reason = say(why, **facts)
    return Finding(
        CHECK,
        Level.BAD,
        f"link-{probe.code}",
        say(what, **facts),
        f"{reason} ({probe.detail})" if probe.detail else reason,
        say(next_step, **facts),
        {**facts, "detail": probe.detail},
    )
