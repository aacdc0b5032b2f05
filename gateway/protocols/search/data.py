"""Ask one DL/T 645 meter for any identifier, its bytes left as they are: a search reads what no model row has yet.

Nothing is written and no relay is moved. What the bytes mean is `portrait`'s.
"""

from dataclasses import dataclass

from gateway.protocols.dlt645.driver import (
    BYTE_GAP_TIMEOUT_MS,
    EDITIONS,
    FIRST_BYTE_TIMEOUT_MS,
    ReplyListener,
)
from gateway.protocols.dlt645.frame import Frame
from gateway.protocols.driver import Answer, Exchange, Foreign, Values, Verdict
from gateway.protocols.search.ears import PREAMBLE_BYTES


@dataclass(frozen=True, slots=True)
class DataQuestion:
    """One identifier of one meter."""

    protocol: str
    address: str
    di: str

    @property
    def exchange(self) -> Exchange:
        """The bytes, with the standard's full waits."""
        return Exchange(
            request=EDITIONS[self.protocol].read(self.address, self.di, PREAMBLE_BYTES),
            expects_reply=True,
            first_byte_timeout_ms=FIRST_BYTE_TIMEOUT_MS,
            byte_gap_timeout_ms=BYTE_GAP_TIMEOUT_MS,
            silence_before_ms=0,
            label=f"{self.address} {self.di}",
        )


class DataEar(ReplyListener):
    """Hears one data question (a `driver.Listener`); `body` is what was answered behind the identifier."""

    def __init__(self, question: DataQuestion) -> None:
        edition = EDITIONS[question.protocol]
        super().__init__(
            question.address, edition, question.exchange.request, edition.read_function, self._take
        )
        self.body: bytes | None = None
        self._di = bytes.fromhex(question.di)[::-1]

    def _take(self, frame: Frame) -> Verdict:
        if not frame.data.startswith(self._di):
            return Foreign("stale", frame.raw)
        self.body = frame.data[len(self._di) :]
        return Answer(Values(), frame.raw)
