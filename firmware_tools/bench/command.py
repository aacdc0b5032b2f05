"""`cardroom-firmware bench`: one meter or module through all tests, a tick each, and the goods-in or repair record at the end."""

import argparse
import secrets
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path

from firmware_tools.bench.clock_test import check_clock
from firmware_tools.bench.energy_test import Limits, Load, measure, needed_ms
from firmware_tools.bench.identity_test import Expected, identify
from firmware_tools.bench.model_rows import meter_at
from firmware_tools.bench.relay_test import check_relay
from firmware_tools.bench.speed_test import check_speeds
from firmware_tools.bench.station import PortLost, Station
from firmware_tools.bench.words_of_tests import VERDICTS, test_line
from firmware_tools.image.key_files import load_private
from firmware_tools.line.ports import PortSettings
from firmware_tools.line.serial_line import SerialLine, open_line
from firmware_tools.terminal.agreement import agreed, not_agreed
from firmware_tools.terminal.arguments import add_json, arguments_of
from firmware_tools.terminal.files import safe_name, write_whole
from firmware_tools.terminal.progress import StatusLine, duration
from firmware_tools.terminal.trouble import DONE, FAILED, USAGE, Trouble, print_json, report
from firmware_tools.terminal.wall_clock import utc_ms
from gateway.contract.bench_record import (
    VERSION,
    BenchRecord,
    BenchTest,
    Occasion,
    Verdict,
    overall,
    write_record,
)
from gateway.protocols.meters import make_driver
from gateway.protocols.models import ModelRow
from gateway.words import say

TESTS = ("identity", "energy", "relay", "clock", "speeds")
BAUDS = (1200, 2400, 4800, 9600)
CHINA_OFFSET_MIN = 480
MINUTE_MS = 60_000
READING_MS = 250
"""About what one reading of the register takes at 2400 baud: for the word on how long it will run."""


def run(arguments: list[str]) -> int:
    """Test one device. Returns 0 when it passed, 1 when it failed or could not be tested, 2 when the question makes no sense."""
    options = _parser().parse_args(arguments)
    key = load_private(options.key) if options.key else None
    if isinstance(key, Trouble):
        return report(key, options.json)
    bench = _bench(options)
    if isinstance(bench, Trouble):
        return report(bench, options.json)
    if not options.yes and not {"relay", "speeds"} <= set(options.skip) and not agreed(_question(options)):
        bench.station.line.close()
        return report(not_agreed(), options.json)
    try:
        tests, identity = bench.run()
    except PortLost as lost:
        return report(lost.gone.trouble(), options.json)
    finally:
        bench.station.line.close()
    record = _record(options, tests, identity)
    path = options.record or Path(f"bench-{safe_name(identity or options.address)}-{record.id[:8]}.json")
    trouble = write_whole(path, write_record(record, key))
    if trouble is not None:
        return report(trouble, options.json)
    return _finish(record, path, options.json)


def _parser() -> argparse.ArgumentParser:
    parser = arguments_of("bench", say("Test a meter on the bench and write its goods-in or repair record."))
    parser.add_argument("--port", required=True, help=say("serial port of the bench"))
    parser.add_argument("--address", required=True, help=say("the meter's address"))
    parser.add_argument(
        "--model", required=True, help=say("meter model; an unknown one is answered by the list")
    )
    parser.add_argument("--baud", type=int, help=say("speed of the line (default: the model's)"))
    parser.add_argument(
        "--parity", choices=("N", "E", "O"), help=say("parity of the line (default: the model's)")
    )
    _add_load(parser)
    parser.add_argument(
        "--expect-number", default="", metavar="N", help=say("meter number on the delivery note")
    )
    parser.add_argument(
        "--expect-model", default="", metavar="TEXT", help=say("model that the meter must call itself")
    )
    parser.add_argument(
        "--skip", action="append", default=[], choices=TESTS, help=say("leave a test out; may be repeated")
    )
    parser.add_argument(
        "--clock-limit", type=int, default=300, metavar="S", help=say("seconds that its clock may be off")
    )
    _add_record(parser)
    add_json(parser)
    return parser


def _add_load(parser: argparse.ArgumentParser) -> None:
    load = parser.add_mutually_exclusive_group()
    load.add_argument("--load", type=int, metavar="W", help=say("power of the load that is on, in watts"))
    load.add_argument(
        "--load-meter",
        metavar="MODEL@ADDRESS",
        help=say("a meter on the same line that measures the same load"),
    )
    percents = (
        ("--load-percent", 0.5, say("how exactly the load is known (default 0.5 %%)")),
        ("--limit-percent", 2.0, say("largest error of energy that passes (default 2 %%)")),
        ("--goal-percent", 1.0, say("uncertainty at which energy may end (default 1 %%)")),
    )
    for name, default, help_text in percents:
        parser.add_argument(name, type=float, default=default, metavar="P", help=help_text)
    parser.add_argument("--minutes", type=int, default=15, help=say("longest time for energy (default 15)"))


def _add_record(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help=say("don't ask"))
    parser.add_argument("--occasion", choices=[one.value for one in Occasion], default=Occasion.GOODS_IN.value,
                        help=say("why it is tested (default goods-in)"))  # fmt: skip
    parser.add_argument("--maker", default="", help=say("maker, for the record"))
    parser.add_argument("--order", default="", help=say("order or work order, for the record"))
    parser.add_argument("--tester", default="", help=say("who tests, for the record"))
    parser.add_argument("--record", type=Path, metavar="FILE", help=say("file of the record"))
    parser.add_argument("--key", type=Path, metavar="KEYFILE", help=say("private key that signs the record"))


class _Bench:
    """One device on the bench."""

    def __init__(self, options: argparse.Namespace, station: Station, load: Load) -> None:
        self.station = station
        self._options = options
        self._load = load
        self._identity = ""
        self._status = StatusLine(options.json)

    def run(self) -> tuple[tuple[BenchTest, ...], str]:
        """Make all tests, a line each as it is done. A device that doesn't answer at all is asked nothing more."""
        done = []
        for name, test in self._tests():
            made = BenchTest(name, Verdict.SKIPPED, "not-asked") if name in self._options.skip else test()
            self._tell(test_line(made))
            done.append(made)
            if name == "identity" and made.reason == "silent":
                break
        return tuple(done), self._identity

    def _tests(self) -> Iterator[tuple[str, Callable[[], BenchTest]]]:
        options = self._options
        yield "identity", self._identify
        yield "energy", self._energy
        yield "relay", lambda: check_relay(self.station)
        yield (
            "clock",
            lambda: check_clock(self.station, utc_ms(), CHINA_OFFSET_MIN, options.clock_limit),
        )
        yield "speeds", lambda: check_speeds(self.station, BAUDS)

    def _identify(self) -> BenchTest:
        options = self._options
        made, self._identity = identify(self.station, Expected(options.expect_number, options.expect_model))
        return made

    def _energy(self) -> BenchTest:
        options = self._options
        limits = Limits(
            round(options.limit_percent * 1000),
            round(options.goal_percent * 1000),
            options.minutes * MINUTE_MS,
        )
        if self._load.watts:
            needed_s = needed_ms(self.station.row, self._load.watts, READING_MS) / 1000
            self._tell(say("   energy: for 1 % it runs about {time}", time=duration(needed_s)))
        made = measure(self.station, self._load, limits, self._energy_progress)
        self._status.show("")
        return made

    def _energy_progress(self, uncertainty: int, elapsed_ms: int) -> None:
        percent, time = f"{uncertainty / 1000:.2f}", duration(elapsed_ms / 1000)
        self._status.show(say("   energy: ± {percent} % after {time}", percent=percent, time=time))

    def _tell(self, words: str) -> None:
        if not self._options.json:
            print(words, flush=True)


def _bench(options: argparse.Namespace) -> _Bench | Trouble:
    found = _wrong_number(options) or meter_at(options.model, options.address)
    if isinstance(found, Trouble):
        return found
    other = _load_meter(options.load_meter)
    if isinstance(other, Trouble):
        return other
    row, address = found
    settings = PortSettings(options.port, options.baud or row.line.baud, options.parity or row.line.parity)
    line = open_line(settings)
    if isinstance(line, Trouble):
        return line
    reference = _station(line, *other) if other is not None else None
    known = options.load is not None or reference is not None
    load = Load(options.load, reference, round(options.load_percent * 1000) if known else 0)
    return _Bench(options, _station(line, row, address), load)


def _question(options: argparse.Namespace) -> str:
    return say(
        "The bench opens the relay of meter {address} and moves its speed. Does it stand on the bench, with nobody behind it?",
        address=options.address,
    )


def _station(line: SerialLine, row: ModelRow, address: str) -> Station:
    return Station(line, row, make_driver(row, address, baud=line.settings.baud))


def _load_meter(asked: str | None) -> tuple[ModelRow, str] | Trouble | None:
    if asked is None:
        return None
    model, _, address = asked.partition("@")
    return meter_at(model, address)


def _wrong_number(options: argparse.Namespace) -> Trouble | None:
    """A number beyond all sense is a typing mistake, and none of them may become a record."""
    limits = {
        "--baud": (options.baud is None or 300 <= options.baud <= 460_800),
        "--load": (options.load is None or 1 <= options.load <= 1_000_000),
        "--load-percent": 0 <= options.load_percent <= 100,
        "--limit-percent": 0 < options.limit_percent <= 100,
        "--goal-percent": 0 < options.goal_percent <= 100,
        "--minutes": 1 <= options.minutes <= 1_440,
        "--clock-limit": 0 <= options.clock_limit <= 86_400,
    }
    texts = (options.maker, options.order, options.tester, options.expect_number, options.expect_model)
    limits["--maker, --order, --tester"] = all(len(text) <= 80 and text.isprintable() for text in texts)
    for name, good in limits.items():
        if not good:
            return Trouble(
                "bad-value",
                say("The value of {name} makes no sense.", name=name),
                next_step=say("cardroom-firmware bench --help shows what it takes."),
                exit_code=USAGE,
            )
    return None


def _record(options: argparse.Namespace, tests: tuple[BenchTest, ...], identity: str) -> BenchRecord:
    return BenchRecord(
        v=VERSION,
        id=secrets.token_hex(16),
        occasion=Occasion(options.occasion),
        at_ms=utc_ms(),
        verdict=overall(tests),
        model=options.model,
        maker=options.maker,
        identity=identity,
        address=options.address,
        order=options.order,
        tester=options.tester,
        software=f"cardroom {version('cardroom')}",
        tests=tests,
    )


def _finish(record: BenchRecord, path: Path, as_json: bool) -> int:
    passed = record.verdict in (Verdict.PASSED, Verdict.SKIPPED)
    if as_json:
        print_json({"ok": passed, "verdict": record.verdict.value, "id": record.id, "file": str(path)})
    else:
        print(say("{verdict}. Record: {path}", verdict=say(VERDICTS[record.verdict]), path=path))
    return DONE if passed else FAILED
