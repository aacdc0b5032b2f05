"""A real Mosquitto by the very files of `broker-config`: who comes in, what each can say and hear, who is thrown out (R-G5)."""

import os
import queue
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from cryptography import x509

from central.campus.models import Building
from central.clock import now_ms
from central.domain import certificates
from central.domain.certificates import Authority, Span
from central.ingest.process import Broker, Ingest
from central.ingest.take_message import MessageTaker
from central.link import counters
from central.link.authority import folder, load_authority, make_authority, new_key
from central.link.broker_files import INGEST_FILE, Wanted, configure
from central.link.enrolment_codes import open_code
from central.link.models import Gateway
from central.link.revoking import revoke_gateway
from tests.brokers import Mosquitto, require_mosquitto, wait_for_port
from tests.central.gateway_twin import GatewayTwin
from tests.central.new_card import NewCard
from tests.free_ports import free_port

pytestmark = pytest.mark.django_db(databases=["default", "telemetry"])
WITHIN_S = 20


class OurMosquitto(Mosquitto):
    """Run by a configuration that is not the test's."""

    def start(self) -> None:
        with (self.folder / "mosquitto.log").open("ab") as log:
            self.process = subprocess.Popen(
                [require_mosquitto(), "-c", str(self.folder / "mosquitto.conf")], stdout=log, stderr=log
            )
        wait_for_port(self.port, self.process)


class Peer:
    """A client with a certificate; what it hears and what becomes of its connection."""

    def __init__(self, broker: Mosquitto, pem: Path | None, name: str = "peer") -> None:
        self.heard: queue.Queue[tuple[str, bytes]] = queue.Queue()
        self.connected, self.lost, self.acked = threading.Event(), threading.Event(), threading.Event()
        self.client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id=name)
        tls = ssl.create_default_context(cafile=str(broker.folder / "ca.pem"))
        if pem is not None:
            tls.load_cert_chain(str(pem))
        self.client.tls_set_context(tls)
        self.client.on_connect = lambda *_: self.connected.set()
        self.client.on_disconnect = lambda *_: self.lost.set()
        self.client.on_message = lambda _c, _u, message: self.heard.put((message.topic, message.payload))
        self.client.on_subscribe = lambda *_: self.acked.set()
        try:
            self.client.connect("127.0.0.1", broker.port)
        except OSError:
            self.lost.set()
        self.client.loop_start()

    def subscribe(self, *patterns: str) -> None:
        assert self.connected.wait(WITHIN_S)
        self.acked.clear()
        self.client.subscribe([(pattern, 1) for pattern in patterns])
        assert self.acked.wait(WITHIN_S)

    def say(self, topic: str, payload: bytes) -> None:
        assert self.connected.wait(WITHIN_S)
        self.client.publish(topic, payload, qos=1).wait_for_publish(WITHIN_S)

    def hears(self) -> tuple[str, bytes]:
        return self.heard.get(timeout=WITHIN_S)

    def end(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


@pytest.fixture
def peers() -> Iterator[list[Peer]]:
    made: list[Peer] = []
    yield made
    for peer in made:
        peer.end()


@pytest.fixture
def broker(campus: None, tmp_path: Path) -> Iterator[Mosquitto]:
    make_authority("test", now_ms())
    place, port = tmp_path / "broker", free_port()
    configure(wanted(place, port), now_ms())
    with OurMosquitto(place, port) as running:
        require_mosquitto()
        running.start()
        yield running


def wanted(place: Path, port: int) -> Wanted:
    # As root Mosquitto would change to its own user and lose sight of the folder.
    own = ("user root",) if os.geteuid() == 0 else ()
    return Wanted(place, ("localhost",), port, f"{place.parent}/", own)


def enrolled(building: str, tmp_path: Path) -> Path:
    """A card that was let in: its certificate's file."""
    code = open_code(building, 1, actor="test", now_ms=now_ms())
    card = NewCard()
    path = tmp_path / f"b{building}.pem"
    path.write_text(card.pem(card.enrol(code.code)["certificate"]))
    return path


def made(tmp_path: Path, name: str, by: Authority, span: Span) -> Path:
    key = new_key()
    certificate = certificates.client_certificate(
        by, key.public_key(), name, x509.random_serial_number(), span
    )
    path = tmp_path / f"{name}-{certificate.serial_number}.pem"
    path.write_text(certificates.pem(certificate) + certificates.key_pem(key))
    return path


def test_each_speaks_and_hears_on_its_own_topics_only(
    broker: Mosquitto, peers: list[Peer], tmp_path: Path
) -> None:
    central = Peer(broker, folder() / INGEST_FILE, "central-ingest")
    first, second = (Peer(broker, enrolled(one, tmp_path), "central-ingest") for one in ("1", "2"))
    peers += [central, first, second]
    central.subscribe("cardroom/1/+/state", "cardroom/1/+/up")
    first.subscribe("#", "cardroom/1/+/down", "cardroom/1/b2/down", "$SYS/#")
    # The plain controls: what must work does.
    first.say("cardroom/1/b1/up", b"mine")
    assert central.hears() == ("cardroom/1/b1/up", b"mine")
    # Another's topics, central's topics, topics of nobody; then one of its own, which comes behind them all.
    for topic in ("cardroom/1/b1/up", "cardroom/1/b1/state", "cardroom/1/b1/down", "cardroom/1/b2/down", "x"):
        second.say(topic, b"foreign")
    second.say("cardroom/1/b2/up", b"own")
    assert central.hears() == ("cardroom/1/b2/up", b"own")
    central.say("cardroom/1/b2/down", b"for another")
    central.say("cardroom/1/b1/up", b"not central's to say")
    central.say("cardroom/1/b1/down", b"for it")
    assert first.hears() == ("cardroom/1/b1/down", b"for it")
    assert central.heard.empty()
    # Nobody took another's connection, by whatever client's id it gave.
    assert not any(peer.lost.is_set() for peer in peers)


def test_who_has_no_good_certificate_is_not_let_in(
    broker: Mosquitto, peers: list[Peer], tmp_path: Path
) -> None:
    ours, now = load_authority(), now_ms()
    good, over = (
        certificates.span_of_days(now, 1),
        Span(now - 3 * certificates.DAY_MS, now - certificates.DAY_MS),
    )
    theirs = certificates.make_authority(new_key(), "test", x509.random_serial_number(), good)
    assert ours is not None
    control = Peer(broker, made(tmp_path, "b1", ours, good))
    strangers = {
        "none": Peer(broker, None),
        "expired": Peer(broker, made(tmp_path, "b1", ours, over)),
        "of an authority of the same name": Peer(broker, made(tmp_path, "b1", theirs, good)),
        "the broker's own": Peer(broker, broker.folder / "server.pem"),
    }
    peers += [control, *strangers.values()]
    assert control.connected.wait(WITHIN_S)
    assert [name for name, one in strangers.items() if not one.lost.wait(WITHIN_S)] == []
    assert [name for name, one in strangers.items() if one.connected.is_set()] == []


def test_a_revoked_gateway_is_thrown_out_and_the_others_come_back(
    broker: Mosquitto, peers: list[Peer], tmp_path: Path
) -> None:
    stolen, other = (Peer(broker, enrolled(one, tmp_path)) for one in ("1", "2"))
    peers += [stolen, other]
    assert stolen.connected.wait(WITHIN_S)
    assert other.connected.wait(WITHIN_S)
    before = (broker.folder / "revoked.crl").stat().st_mtime_ns
    revoke_gateway("b1", "card stolen", actor="test", now_ms=now_ms())
    assert (broker.folder / "revoked.crl").stat().st_mtime_ns != before  # what mosquitto-cardroom.path sees
    for peer in peers:
        peer.connected.clear()
        peer.lost.clear()
    broker.stop()  # what mosquitto-cardroom.service does
    broker.start()
    assert other.connected.wait(WITHIN_S)
    assert stolen.lost.wait(WITHIN_S)
    late = Peer(broker, tmp_path / "b1.pem")
    peers.append(late)
    assert late.lost.wait(WITHIN_S)
    assert not late.connected.is_set()
    assert not stolen.connected.is_set()


def test_a_capture_of_sealed_messages_is_worth_nothing(taker: MessageTaker, twin: GatewayTwin) -> None:
    """Who gets hold of the broker has every message that ever passed. Said again they change nothing, whatever their topic."""
    south = Building.objects.get(code="2")
    Gateway.objects.create(id="b2", building=south, public_key=GatewayTwin().public_key, enrolled_ms=1)
    captured = [(leaf, twin.birth() if leaf == "birth" else twin.batch(b"{}")) for leaf in ("birth", "up")]
    for leaf, sealed in captured:
        taker.take(twin.topic(leaf), sealed, twin.now_ms)
    taker.write_counts(twin.now_ms)
    before = _everything(twin)
    for leaf, sealed in captured:
        answer = taker.take(twin.topic(leaf), sealed, twin.now_ms)
        assert (answer is not None) == (leaf == "up")  # acknowledged again, booked once
        assert taker.take(f"cardroom/1/b2/{leaf}", sealed, twin.now_ms) is None
        other = "up" if leaf == "birth" else "birth"
        assert taker.take(twin.topic(other), sealed, twin.now_ms) is None
    taker.write_counts(twin.now_ms)
    assert _everything(twin) == before
    assert counters.of("b2") == {"refused-unknown-key": 2}
    assert counters.of(twin.name)["refused-wrong-kind"] == 2
    # The same of a gateway that was revoked: its own messages are a stranger's.
    revoke_gateway(twin.name, "stolen", actor="test", now_ms=twin.now_ms)
    assert taker.take(twin.topic("up"), twin.batch(b"{}"), twin.now_ms) is None
    taker.write_counts(twin.now_ms)
    assert counters.of(twin.name)["refused-unknown-key"] == 1


def _everything(twin: GatewayTwin) -> list[object]:
    gateway = Gateway.objects.get(pk=twin.name)
    return [
        gateway.next_number,
        gateway.epoch,
        list(gateway.epochs.values_list("epoch", "received_seq")),
        gateway.quarantine.count(),
    ]


def test_ingest_comes_by_its_own_certificate_and_takes_a_renewed_one(
    broker: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = folder()
    ingest = Ingest(
        Broker(
            "localhost", broker.port, ca_file=str(here / "ca.pem"), certificate_file=str(here / INGEST_FILE)
        )
    )
    # Its thread commits for good: a sign of life that stays would be the next tests' ingest.
    monkeypatch.setattr(ingest._taker.pulse, "write", lambda **_: None)
    running = threading.Thread(target=ingest.run)
    running.start()
    try:
        assert ingest._brokers[0].connected.wait(WITHIN_S)
        by = load_authority()
        assert by is not None
        key = new_key()
        made_now = certificates.client_certificate(
            by, key.public_key(), "b1", x509.random_serial_number(), certificates.span_of_days(now_ms(), 1)
        )
        (here / INGEST_FILE).write_text(certificates.pem(made_now) + certificates.key_pem(key))
        broker.stop()
        log_before = (broker.folder / "mosquitto.log").stat().st_size
        broker.start()
        _until_logged(broker, " as b1 ", log_before)
    finally:
        ingest.stop()
        running.join(WITHIN_S)


def _until_logged(broker: Mosquitto, said: str, after: int) -> None:
    give_up = time.monotonic() + WITHIN_S
    while said.encode() not in (broker.folder / "mosquitto.log").read_bytes()[after:]:
        assert time.monotonic() < give_up, f"the broker never said {said!r}"
        time.sleep(0.05)


def test_the_files_are_for_those_who_need_them(broker: Mosquitto) -> None:
    modes = {path.name: path.stat().st_mode & 0o777 for path in broker.folder.iterdir()}
    assert modes["server.pem"] == 0o640
    assert {modes[name] for name in ("ca.pem", "revoked.crl", "access.acl", "mosquitto.conf")} == {0o644}
    assert [(folder() / name).stat().st_mode & 0o777 for name in ("ca.key", INGEST_FILE)] == [0o600, 0o600]
    assert b"PRIVATE KEY" not in (broker.folder / "ca.pem").read_bytes()
    again = wanted(broker.folder, broker.port)
    assert configure(again, now_ms()).changed == ()
    later = now_ms() + 600 * certificates.DAY_MS  # a third of two years is left
    assert set(configure(again, later).changed) == {"server.pem", INGEST_FILE}
