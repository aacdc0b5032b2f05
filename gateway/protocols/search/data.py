"""Ask one DL/T 645 meter for any identifier, its bytes left as they are: a search reads what no model row has yet.

Nothing is written and no relay is moved. What the bytes mean is `portrait`'s.
"""

from dataclasses import dataclass

from gateway.protocols.dlt645 import content, edition1997, functions
from gateway.protocols.dlt645.driver import BYTE_GAP_TIMEOUT_MS, FIRST_BYTE_TIMEOUT_MS, address_answers
from gateway.protocols.dlt645.frame import Decoder, Frame
from gateway.protocols.driver import Answer, Damaged, Exchange, Foreign, Refused, Values, Verdict
from gateway.protocols.search.ears import PREAMBLE_BYTES
from gateway.protocols.stream import Damage


@dataclass(frozen=True, slots=True)
class DataQuestion:
    """One identifier of one meter."""

    protocol: str
    address: str
    di: str

    @property
    def exchange(self) -> Exchange:
        """The bytes, with the standard's full waits."""
        read = edition1997.read if self.protocol == "dlt645-1997" else functions.read
        return Exchange(
            request=read(self.address, self.di, PREAMBLE_BYTES),
            expects_reply=True,
            first_byte_timeout_ms=FIRST_BYTE_TIMEOUT_MS,
            byte_gap_timeout_ms=BYTE_GAP_TIMEOUT_MS,
            silence_before_ms=0,
            label=f"{self.address} {self.di}",
        )


class DataEar:
    """Hears one data question (a `driver.Listener`); `body` is what was answered behind the identifier."""

    def __init__(self, question: DataQuestion) -> None:
        self.body: bytes | None = None
        self._question = question
        self._request = question.exchange.request
        is_1997 = question.protocol == "dlt645-1997"
        self._function = edition1997.READ if is_1997 else functions.READ
        self._refusal = edition1997.refusal if is_1997 else content.refusal
        self._di = bytes.fromhex(question.di)[::-1]
        self._decoder = Decoder()

    def feed(self, data: bytes) -> None:
        """Take bytes off the line."""
        self._decoder.feed(data)

    def next_verdict(self) -> Verdict | None:
        """Give the next verdict, None while more bytes are needed."""
        event = self._decoder.next_event()
        if event is None:
            return None
        return Damaged(event.reason.value, event.raw) if isinstance(event, Damage) else self._judge(event)

    def flush(self) -> Verdict | None:
        """The line fell silent."""
        self._decoder.flush()
        return self.next_verdict()

    def _judge(self, frame: Frame) -> Verdict:
        if not frame.is_reply:
            return Foreign("echo" if self._request.endswith(frame.raw) else "unexpected", frame.raw)
        if not address_answers(self._question.address, frame.address):
            return Foreign("other-meter", frame.raw)
        if frame.function != self._function:
            return Foreign("stale", frame.raw)
        if frame.is_abnormal:
            return Refused(self._refusal(frame), frame.raw)
        if not frame.data.startswith(self._di):
            return Foreign("stale", frame.raw)
        self.body = frame.data[len(self._di) :]
        return Answer(Values(), frame.raw)
