"""What ingest says about itself: that it runs, what it took, how late readings come, how far gateways' clocks are from ours.

Collected in memory, written every few seconds: noise costs no writes, and a scrape of /metrics reads it from the database, since
pages are another process. It also looks whether `notices` still beats, as `notices` looks at us.
"""

from collections import Counter
from typing import Final

from central import clock
from central.domain.health_facts import LAG_EDGES_S
from central.link.alarms import clear_alarm, raise_alarm
from central.link.models import Alarm
from central.link.pulse import beats
from central.link.pulse.models import ProcessBeat
from gateway.contract import topics

WRITE_EACH_S: Final = 10.0
KNOWN_LEAVES: Final = frozenset({topics.STATE, topics.BIRTH, topics.UP, topics.ANSWER})
NOTICES_STAND_MS: Final = 10 * 60_000
"""The sender looks once a minute; a look of a large campus takes a while."""
NOTICES_ALARM: Final = "notices-stand"


class IngestPulse:
    """Collects for one process. `name` tells several apart."""

    def __init__(self, name: str = beats.INGEST) -> None:
        self._name = name
        self._started_ms = clock.real_now_ms()
        self._counts: Counter[str] = Counter()
        self._gateways: dict[str, dict[str, int]] = {}
        self._last_message_ms = 0
        self._written_s = -WRITE_EACH_S

    def took_message(self, leaf: str) -> None:
        """Note that a message came, whoever it is from."""
        self._counts[f"messages-{leaf if leaf in KNOWN_LEAVES else 'other'}"] += 1
        self._last_message_ms = clock.real_now_ms()

    def took_batch(self, gateway_id: str, issued_ms: int, newest_ms: int | None, now_ms: int) -> None:
        """Note a batch that was committed. The freshest message tells most of a clock: what waited on its way came late."""
        seen = self._gateways.setdefault(gateway_id, {})
        seen["clock_off_ms"] = max(seen.get("clock_off_ms", issued_ms - now_ms), issued_ms - now_ms)
        seen["clock_seen_ms"] = now_ms
        if newest_ms is None:
            return
        lag_ms = max(0, now_ms - newest_ms)
        seen |= {"lag_ms": lag_ms, "lag_seen_ms": now_ms}
        self._counts[f"lag-{_edge(lag_ms)}"] += 1
        self._counts["lag-ms"] += lag_ms

    def write(self, *, queue: int, is_connected: bool, now_ms: int) -> None:
        """Write what was collected, every few seconds. Database failures pass through: it is written at the next call."""
        if clock.monotonic_s() - self._written_s < WRITE_EACH_S:
            return
        said = {"queue": queue, "connected": is_connected, "message_ms": self._last_message_ms}
        beats.beat(self._name, beats.INGEST, self._started_ms, said)
        beats.note_gateways(self._gateways)
        self._gateways = {}
        beats.count(beats.INGEST, self._counts)
        self._counts.clear()
        self._written_s = clock.monotonic_s()
        look_at_notices(now_ms)


def look_at_notices(now_ms: int) -> bool:
    """Raise or clear the alarm that the sender of notices stands still; say whether it does. It can't tell anybody itself."""
    row = ProcessBeat.objects.filter(pk=beats.NOTICES).first()
    stands = row is not None and clock.real_now_ms() - row.beat_real_ms > NOTICES_STAND_MS
    standing = Alarm.objects.filter(what=NOTICES_ALARM, cleared_ms=None).exists()
    if stands and not standing:
        why = "nobody is told of anything; on the server: systemctl restart cardroom-notices"
        raise_alarm("notices-stand", beats.NOTICES, now_ms=now_ms, detail=why)
    elif standing and not stands:
        clear_alarm(NOTICES_ALARM, beats.NOTICES, now_ms=now_ms)
    return stands


def _edge(lag_ms: int) -> str:
    return next((str(edge) for edge in LAG_EDGES_S if lag_ms <= edge * 1000), "inf")
