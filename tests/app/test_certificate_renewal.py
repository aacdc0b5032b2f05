"""A daemon whose certificate has ended gets a new one by itself, and its link, at a broker that lets only certificates in.

Its memory stays what it was.
"""

import asyncio
from pathlib import Path

from cryptography.hazmat.primitives.serialization import load_pem_private_key

from gateway.adapters.tls_files import make_tls_key, validity_of
from tests.app.station import Station
from tests.bench.bench_poll import rss_mb
from tests.brokers import start_mosquitto
from tests.free_ports import free_port
from tests.technician.enrolling_central import EnrollingCentral, listening


async def test_an_ended_certificate_is_renewed_and_the_link_comes_up_with_the_new_one(tmp_path: Path) -> None:
    port = free_port()
    central = EnrollingCentral()
    server = central.authority.server(tmp_path / "server.pem")
    (tmp_path / "ca.pem").write_text(central.authority.pem)
    door = [
        f"cafile {tmp_path}/ca.pem", f"certfile {server}", f"keyfile {server}", "require_certificate true",
        "use_identity_as_username true", "allow_anonymous false",
    ]  # fmt: skip
    station = Station(tmp_path, port)
    station.central = station.central.__class__(
        station.central.key_id, central.key
    )  # one central, at broker and web
    key, certificate = station.data / "tls.key", station.data / "tls.pem"
    make_tls_key(key)
    public_key = load_pem_private_key(key.read_bytes(), None).public_key()
    certificate.write_text(central.authority.client(public_key, "b1", days_left=-0.001, days_old=90))
    ended = validity_of(certificate)
    central.public_keys = [station.keyring.keys[next(iter(station.keyring.keys))].public_bytes_raw().hex()]
    with start_mosquitto(tmp_path, port, *door), listening(central):
        station.write_config(port)
        text = station.config.read_text().replace(
            "[mqtt]\n",
            f'[mqtt]\ntls = true\nca_file = "{tmp_path}/ca.pem"\ncertificate_file = "{certificate}"\nkey_file = "{key}"\n',
        )
        text = text.replace(text.split('"')[5], central.public_hex)
        station.config.write_text(f'{text}\n[web]\nurl = "http://127.0.0.1:{central.port}"\n')
        try:
            central.refusals = ["no-ca"]
            await station.start()
            refused = await station.until_status(
                lambda seen: any("certificate-not-renewed" in alarm for alarm in seen["alarms"]), "an alarm"
            )
            assert refused["certificate_trouble"].startswith("no-ca: ")
            assert not refused["link_connected"]
            await station.stop()
            await station.start()
            resident_mb = rss_mb(station.process.pid)
            await station.until_status(
                lambda seen: seen["link_connected"] and seen["certificate_until_ms"] > ended.until_ms,
                "the link is up with the new one",
            )
            assert (await station.status())["certificate_trouble"] == ""
            code, out, _ = await station.command("--lang", "en", "renew")
            assert (code, out) == (0, "The new certificate holds 89 days.\n")
            certificate.unlink()
            code, _, err = await station.command("--lang", "en", "status")
            assert (code, err.count("\n"), "cardroom-gateway renew" in err) == (1, 1, True), (
                "one mistake, one sentence"
            )
            assert (await station.command("renew"))[0] == 0
            assert (await station.command("status"))[0] == 0
            central.forges = True
            code, _, err = await station.command("--lang", "en", "renew")
            assert (code, "not signed by the central" in err) == (1, True)
            assert validity_of(certificate).until_ms > ended.until_ms
            await asyncio.sleep(0.5)
            assert rss_mb(station.process.pid) - resident_mb < 4, (
                "X.509 and HTTP went with the process that needed them"
            )
        finally:
            await station.kill()


async def test_a_gateway_without_central_web_is_told_what_is_missing(tmp_path: Path) -> None:
    station = Station(tmp_path, 1)
    code, _, err = await station.command("--lang", "en", "renew")
    assert (code, "does not know central's web" in err) == (1, True)
