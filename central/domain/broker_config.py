"""The whole of a Mosquitto's configuration, as text: who may come in, what each may say and hear, how much waits (R-G5).

Pure. One listener, by TLS 1.2 or newer, that asks everybody for a certificate of our authority. The name in it is the user's name,
by which the access list keeps every gateway to its own topics; it is the client's id, too, so that no gateway can take another's
connection, or central's, from it.
"""

from central.domain.certificates import ingest_names
from gateway.contract import topics

FROM_GATEWAYS = (topics.STATE, topics.BIRTH, topics.UP, topics.ANSWER)
TO_GATEWAYS = (topics.ACK, topics.DOWN)
CONFIGURATION, ACCESS_LIST = "mosquitto.conf", "access.acl"
AUTHORITY, CERTIFICATE, REVOKED = "ca.pem", "server.pem", "revoked.crl"
"""The broker's certificate and its key are one file: they change together."""
MOST_PACKET_BYTES = 1_048_576
"""An envelope has 1,000,000 bytes at most; what is larger is nobody's."""
IN_FLIGHT = 200
"""As ingest takes at once (`max_inflight_messages_set`); 20, the broker's default, stalls a backlog."""
QUEUED = 100_000
"""For a building that drains three days while ingest is busy; 1,000, the default, would drop it."""


def configuration(folder: str, port: int, store: str, own_lines: tuple[str, ...] = ()) -> str:
    """Give `mosquitto.conf`: `folder` is where these files lie, `store` where the broker keeps what is retained."""
    lines = [
        "# Written by `cardroom-central broker-config`, and written again by it: change nothing here.",
        "",
        "# One door. Everybody shows a certificate of the card room's authority; one that was revoked opens nothing.",
        f"listener {port}",
        "tls_version tlsv1.2",
        f"cafile {folder}/{AUTHORITY}",
        f"certfile {folder}/{CERTIFICATE}",
        f"keyfile {folder}/{CERTIFICATE}",
        f"crlfile {folder}/{REVOKED}",
        "require_certificate true",
        "allow_anonymous false",
        "# The certificate's name is the user, for the access list, and the client's id: nobody takes another's session.",
        "use_identity_as_username true",
        "use_username_as_clientid true",
        f"acl_file {folder}/{ACCESS_LIST}",
        "",
        "# Small messages don't wait up to 40 ms for each other.",
        "set_tcp_nodelay true",
        "# A building that was cut off drains days of readings; the defaults (20 and 1000) would stall or drop them.",
        f"max_inflight_messages {IN_FLIGHT}",
        f"max_queued_messages {QUEUED}",
        f"max_packet_size {MOST_PACKET_BYTES}",
        "",
        "# What is retained (births, states) outlives a restart.",
        "persistence true",
        f"persistence_location {store}",
        "autosave_interval 60",
        "",
        "# To the journal, which has a time of its own; who came and who was turned away is in it.",
        "log_dest stderr",
        "log_timestamp false",
        "log_type error",
        "log_type warning",
        "log_type notice",
        "sys_interval 0",
        *own_lines,
    ]
    return "\n".join(lines) + "\n"


def access_list() -> str:
    """Give the access list: central by its name, gateways by the name in their certificate."""
    lines = [
        "# Written by `cardroom-central broker-config`. What is not named here, nobody says and nobody hears.",
        *(line for name in ingest_names() for line in _of_central(name)),
        "# %u is the name in the certificate: a gateway's id.",
        *(f"pattern write {topics.ROOT}/%u/{leaf}" for leaf in FROM_GATEWAYS),
        *(f"pattern read {topics.ROOT}/%u/{leaf}" for leaf in TO_GATEWAYS),
    ]
    return "\n".join(lines) + "\n"


def _of_central(name: str) -> list[str]:
    return [
        f"user {name}",
        *(f"topic read {topics.all_gateways(leaf)}" for leaf in FROM_GATEWAYS),
        *(f"topic write {topics.all_gateways(leaf)}" for leaf in TO_GATEWAYS),
        "",
    ]
