"""Throws random and mutated bytes at both codecs, the drivers' listeners and the decode command's reader.

Run by `make fuzz`: `python -m tests.fuzz.fuzz_codecs --inputs 1000000 [--seed N]`. The same seed gives the same inputs on any
machine. Goals: nothing but documented results comes out, nothing raises, no buffer outgrows its bound, portions don't
matter, a good frame behind any input is found. The last line is `fuzz: N/N goals met`; the exit code is 0 only then.
"""

import argparse
import json
import os
import random
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path

from gateway.adapters.model_files import read_models
from gateway.protocols.dlt645 import content, edition1997
from gateway.protocols.dlt645 import frame as dlt645
from gateway.protocols.driver import Accepted, Answer, Damaged, Driver, Exchange, Foreign, MeterClock, Refused
from gateway.protocols.meters import make_driver
from gateway.protocols.modbus import content as modbus_content
from gateway.protocols.modbus import frame as modbus
from gateway.protocols.stream import Damage, Reason
from gateway.technician.decode import Named, decode_line
from tests.protocols.streams import is_found_behind

VECTORS = Path(__file__).parent.parent / "vectors"
BATCH = 20_000
BEHIND_EVERY = 4
TOLD_EVERY = 8
"""Dearer goals are tried on each fourth and eighth input, so that a million take minutes."""
LONGEST = 300
MARKS = (
    b"\x68",
    b"\x16",
    b"\xfe\xfe",
    b"\x00",
    b"\xff",
    b"\x68" + b"\x11" * 6 + b"\x68",
    b"\x01\x03",
    b"\x01\x04\x04",
)
GOOD_645 = dlt645.encode("123456789012", 0x91, bytes.fromhex("0000010078563412"))
GOOD_MODBUS = modbus.encode(1, 4, bytes.fromhex("0443663334"))
UNTIL = MeterClock(2099, 12, 31, 23, 59, 59)

GOALS = (
    "nothing raises",
    "only documented results",
    "buffers within their bound",
    "portions don't matter",
    "the good frame behind is found",
)


class Failure(Exception):
    """An input that missed a goal."""


class Inputs:
    """A seeded supply: random bytes, published frames mutated, and fresh frames with a right sum over random content."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._seeds = [
            bytes.fromhex(vector["hex"])
            for file in sorted(VECTORS.glob("*.json"))
            for vector in json.loads(file.read_text(encoding="utf-8"))
        ]

    def __iter__(self) -> "Inputs":
        return self

    def __next__(self) -> bytes:
        return self._random.choice((self._noise, self._mutated, self._mutated, self._sound, self._mixed))()

    def cut(self, length: int) -> int:
        return self._random.randint(0, length)

    def _noise(self) -> bytes:
        return self._random.randbytes(self._random.randint(0, self._random.choice((8, 40, LONGEST))))

    def _mutated(self) -> bytes:
        raw = bytearray(self._random.choice(self._seeds))
        for _ in range(self._random.randint(1, 4)):
            at = self._random.randint(0, len(raw))
            match self._random.randint(0, 4):
                case 0:
                    raw[at:at] = self._random.choice(MARKS)
                case 1:
                    del raw[at : at + self._random.randint(1, 4)]
                case 2:
                    raw[at : at + 1] = self._random.randbytes(1)
                case 3:
                    raw = raw[:at]
                case _:
                    raw += self._random.choice(self._seeds)
        return bytes(raw[:LONGEST])

    def _sound(self) -> bytes:
        if self._random.random() < 0.4:
            body = self._random.randbytes(self._random.randint(1, 30))
            return modbus.encode(
                self._random.randint(0, 255), self._random.choice((1, 2, 3, 4, 5, 6, 15, 16, 0x83)), body
            )
        control = self._random.choice(
            (0x11, 0x91, 0x91, 0xB1, 0x92, 0xD1, 0x93, 0x9C, 0xDC, 0x1C, 0x81, 0xC1, self.cut(255))
        )
        di = bytes.fromhex(
            self._random.choice(("00000100", "00ff0100", "00010102", "00ff0202", "03050004", "02010004"))
        )
        data = (di if self._random.random() < 0.7 else b"") + self._random.randbytes(
            self._random.choice((0, 2, 3, 4, 7, 60))
        )
        return dlt645.encode("123456789012", control, data, self._random.randint(0, 5))

    def _mixed(self) -> bytes:
        return b"".join((self._noise()[:20], self._sound(), self._noise()[:20], self._mutated()))[:LONGEST]


def hear(decoder: dlt645.Decoder | modbus.Decoder, parts: list[bytes], bound: int) -> list:
    """Feed the parts, drain after each, check the bound; then the line falls silent."""
    events: list = []
    for part in parts:
        decoder.feed(part)
        while (event := decoder.next_event()) is not None:
            events.append(event)
        if decoder.pending_bytes > bound:
            raise Failure(f"{GOALS[2]}: {decoder.pending_bytes} bytes kept")
    decoder.flush()
    while (event := decoder.next_event()) is not None:
        events.append(event)
    if decoder.pending_bytes:
        raise Failure(f"{GOALS[2]}: {decoder.pending_bytes} bytes kept after the silence")
    return events


def try_codec(number: int, stream: bytes, parts: list[bytes], counts: Counter[str]) -> None:
    """Hear one input at once and in parts, with both codecs; read what every good frame says."""
    for make, good, bound in (
        (dlt645.Decoder, GOOD_645, dlt645.MAX_FRAME_BYTES),
        (modbus.Decoder, GOOD_MODBUS, modbus.MAX_FRAME_BYTES),
    ):
        events = hear(make(), [stream], bound)
        if hear(make(), parts, bound) != events:
            raise Failure(GOALS[3])
        for event in events:
            counts[say(event)] += 1
        if number % BEHIND_EVERY == 0 and not is_found_behind(hear(make(), [stream, good], bound), good):
            raise Failure(GOALS[4])


def say(event: object) -> str:
    """Name an event; reading its content must never raise."""
    match event:
        case Damage(reason=reason) if isinstance(reason, Reason):
            return reason.value
        case dlt645.Frame():
            content.read_content(event)
            edition1997.read_content(event)
            return "645 frame"
        case modbus.Frame():
            modbus_content.read_fields(event)
            return "modbus frame"
    raise Failure(f"{GOALS[1]}: {event!r}")


def exchanges() -> list[tuple[Driver, Exchange]]:
    """Every question of every shipped model."""
    pairs = []
    for row in read_models().values():
        driver = make_driver(row, "1" if row.protocol == "modbus-rtu" else "123456789012")
        pairs += [(driver, driver.read(item)) for item in sorted(driver.items)]
        pairs += [(driver, driver.switch(action, UNTIL)) for action in sorted(driver.relay_actions)]
    return pairs


def try_listener(driver: Driver, exchange: Exchange, parts: list[bytes], counts: Counter[str]) -> None:
    """Let one driver hear the input after its question."""
    listener = driver.listen(exchange, 2400)
    verdicts = []
    for part in parts:
        listener.feed(part)
        while (verdict := listener.next_verdict()) is not None:
            verdicts.append(verdict)
    verdict = listener.flush()
    while verdict is not None:
        verdicts.append(verdict)
        verdict = listener.next_verdict()
    for verdict in verdicts:
        if not isinstance(verdict, Answer | Accepted | Refused | Damaged | Foreign):
            raise Failure(f"{GOALS[1]}: {verdict!r}")
        counts[type(verdict).__name__] += 1


def try_all(
    number: int, stream: bytes, cut: int, pair: tuple[Driver, Exchange], counts: Counter[str]
) -> None:
    parts = [stream[:cut], stream[cut:]]
    try_codec(number, stream, parts, counts)
    try_listener(*pair, parts, counts)
    if number % TOLD_EVERY == 0:
        for fields in decode_line(stream.hex(), Named.AUTO):
            json.dumps(fields)


def fuzz_batch(batch: tuple[int, int]) -> tuple[Counter[str], dict[str, str]]:
    """Try one batch of inputs, made from its own seed; return what was heard and the first miss of each goal."""
    seed, size = batch
    inputs, pairs = Inputs(seed), exchanges()
    counts: Counter[str] = Counter()
    missed: dict[str, str] = {}
    for number, stream in enumerate(islice(inputs, size)):
        try:
            try_all(number, stream, inputs.cut(len(stream)), pairs[number % len(pairs)], counts)
        except Exception as error:
            goal = str(error).split(":")[0] if isinstance(error, Failure) else GOALS[0]
            missed.setdefault(goal, f"seed {seed}, input {number}, {stream.hex()}: {error!r}")
    return counts, missed


def main() -> int:
    """Fuzz on all processors; print progress, then the figures, last `fuzz: N/N goals met`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=645)
    args = parser.parse_args()
    sizes = [min(BATCH, args.inputs - start) for start in range(0, args.inputs, BATCH)]
    batches = [(args.seed * 1_000_000 + index, size) for index, size in enumerate(sizes)]
    counts: Counter[str] = Counter()
    missed: dict[str, str] = {}
    done, started = 0, time.monotonic()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for (_, size), (heard, misses) in zip(batches, pool.map(fuzz_batch, batches), strict=True):
            done += size
            counts += heard
            missed = misses | missed
            print(f"fuzz: {done:,} of {args.inputs:,} inputs, {time.monotonic() - started:.0f} s", flush=True)
    for name, count in sorted(counts.items()):
        print(f"  {name:>18} {count:,}")
    for goal, example in missed.items():
        print(f"MISSED {goal}: {example}")
    print(f"fuzz: {len(GOALS) - len(missed)}/{len(GOALS)} goals met")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
