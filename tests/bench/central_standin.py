"""A central that only stores: each batch into SQLite (FULL), then a signed acknowledgement. No roll-ups, no books, no pages.

A process of its own, so that it does not take the gateway's processor time for its own:
    python -m tests.bench.central_standin PORT FILE
"""

import sqlite3
import sys
import time
from typing import Any

import msgspec
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion

from gateway.contract.commands import CENTRAL, Ack
from gateway.contract.envelope import Refusal, body_of, keyring_from_hex, seal, unseal
from gateway.contract.facts import UpBatch
from gateway.contract.topics import ACK, UP, topic
from tests.simulate.link import GATEWAY, signer


class StandIn:
    """Takes rows in order."""

    def __init__(self, path: str) -> None:
        self._rows = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._rows.execute("PRAGMA journal_mode = WAL")
        self._rows.execute("PRAGMA synchronous = FULL")
        self._rows.execute("CREATE TABLE row (seq INTEGER PRIMARY KEY, fact BLOB NOT NULL)")
        self._signer = signer(1)
        self._ring = keyring_from_hex([signer(2).private_key.public_key().public_bytes_raw().hex()])
        self._last = 0

    def heard(self, client: Client, _: Any, message: Any) -> None:
        opened = unseal(message.payload, self._ring, kind=UP, sender=GATEWAY, recipient=CENTRAL)
        batch = opened if isinstance(opened, Refusal) else body_of(opened, UpBatch)
        if isinstance(batch, Refusal):
            raise SystemExit(f"refused: {batch}")
        new = [(row.seq, bytes(row.fact)) for row in batch.rows if row.seq > self._last]
        if new and new[0][0] != self._last + 1:
            return self._acknowledge(client, batch.epoch, expected=self._last + 1)
        if new:
            self._rows.execute("BEGIN")
            self._rows.executemany("INSERT INTO row VALUES (?, ?)", new)
            self._rows.execute("COMMIT")
            self._last = new[-1][0]
        return self._acknowledge(client, batch.epoch)

    def _acknowledge(self, client: Client, epoch: str, expected: int | None = None) -> None:
        now_ms = time.time_ns() // 1_000_000
        body = msgspec.json.encode(Ack(epoch, self._last, now_ms, expected))
        ack = seal(
            self._signer,
            kind=ACK,
            sender=CENTRAL,
            recipient=GATEWAY,
            message_id=f"a{self._last}",
            issued_ms=now_ms,
            body=body,
        )
        client.publish(topic(GATEWAY, ACK), ack, qos=1)


def main() -> None:
    port, path = int(sys.argv[1]), sys.argv[2]
    central = StandIn(path)
    client = Client(CallbackAPIVersion.VERSION2, client_id="central")
    client.on_message = central.heard
    client.on_connect = lambda *_: client.subscribe(topic(GATEWAY, UP), qos=1)
    client.on_subscribe = lambda *_: print("ready", flush=True)
    client.connect("127.0.0.1", port)
    client.loop_forever()


if __name__ == "__main__":
    main()
