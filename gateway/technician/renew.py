"""`cardroom-gateway renew`: get a new certificate for the link now. The daemon does it by itself, long before the old one ends."""

import argparse
import secrets
import sys
from dataclasses import dataclass
from pathlib import Path

import msgspec

from gateway.adapters.central_web import NoAnswer, Refused, post
from gateway.adapters.journal_store import JOURNAL_NAME
from gateway.adapters.journal_store.reading import read_record
from gateway.adapters.key_file import KEY_NAME, NoKey, load_key
from gateway.adapters.system_clock import RealTime
from gateway.adapters.tls_files import certificate_request, fits, validity, validity_of
from gateway.adapters.whole_file import write_whole
from gateway.application.records import KeysTold
from gateway.config import GatewayConfig
from gateway.contract.commands import CENTRAL
from gateway.contract.enrolment import CERTIFICATE, RENEW, RENEW_PATH, RenewAnswer, RenewRequest
from gateway.contract.envelope import Keyring, KeySigner, Sealed, body_of, keyring_from_hex, seal, unseal
from gateway.technician.answer import print_json
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import NOT_DONE, config_or_complain
from gateway.technician.findings import Finding, Level, lines_of
from gateway.technician.setup.central_words import no_answer_finding, refusal_finding
from gateway.words import mark, say

UNUSABLE = {
    "no-web": (
        mark("This gateway does not know central's web."),
        mark("[web] url is missing in {config}, or [mqtt] certificate_file and key_file are."),
        mark("Set it up with central's code: sudo cardroom-gateway setup"),
    ),
    "no-key": (
        mark("The keys of this gateway can't be used."),
        "{detail}",
        mark("Put the card back as it was, or set the gateway up again: sudo cardroom-gateway setup"),
    ),
    "not-proved": (
        mark("What came back is not signed by the central that this gateway believes."),
        "{detail}",
        mark(
            "Nothing was changed. Look who answers at {url}; where central's keys are new, set the gateway up again."
        ),
    ),
    "not-ours": (
        mark("The certificate that came is not for this gateway's key, or not newer than the present one."),
        "",
        mark("Nothing was changed. Try again; then tell central's administrator."),
    ),
    "not-written": (
        mark("The new certificate can't be written."),
        "{detail}",
        mark("Free some room, or run the command as the daemon's user or with sudo."),
    ),
}
"""Code to what, why and what to do."""


@dataclass(frozen=True, slots=True)
class Fresh:
    """The new certificate is in its place."""

    until_ms: int


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    parser = subparsers.add_parser(
        "renew",
        help=say("get a new certificate for the link now"),
        description=say("Get a new certificate for the link."),
    )
    add_config_option(parser)
    parser.add_argument("--json", action="store_true", help=say("for programs: one JSON object"))
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Renew; 0 when the new certificate is in its place."""
    config = config_or_complain(args.config, may_lack="no-certificate")
    if config is None:
        return NOT_DONE
    result = renew(config, args.config)
    if args.json:
        print_json(_told(result))
    elif isinstance(result, Fresh):
        print(say("The new certificate holds {days} days.", days=_days_left(result)))
    else:
        print("\n".join(lines_of([result])), file=sys.stderr)
    return 0 if isinstance(result, Fresh) else NOT_DONE


def renew(config: GatewayConfig, path: Path) -> Fresh | Finding:
    """Ask central for a certificate and put it in the place of the present one."""
    mqtt, url = config.mqtt, config.web.url
    if url is None or mqtt.certificate_file is None or mqtt.key_file is None:
        return _unusable("no-web", config=str(path))
    signer = load_key(config.gateway.data / KEY_NAME)
    if isinstance(signer, NoKey):
        return _unusable("no-key", detail=signer.message)
    request = certificate_request(mqtt.key_file, config.gateway.id)
    if request is None:
        return _unusable("no-key", detail=str(mqtt.key_file))
    # Any certificate of the server will do: the answer is believed by central's signature alone.
    answer = post(url + RENEW_PATH, _sealed(signer, config, request.pem), trust_any=True)
    if isinstance(answer, NoAnswer):
        return no_answer_finding(answer)
    if isinstance(answer, Refused):
        return refusal_finding(answer.refusal)
    return _take(answer, config, url)


def _take(answer: bytes, config: GatewayConfig, url: str) -> Fresh | Finding:
    keys = _believed(config)
    opened = unseal(answer, keys, kind=CERTIFICATE, sender=CENTRAL, recipient=config.gateway.id)
    body = body_of(opened, RenewAnswer) if isinstance(opened, Sealed) else opened
    if not isinstance(body, RenewAnswer):
        return _unusable("not-proved", detail=str(body), url=url)
    certificate, key = config.mqtt.certificate_file, config.mqtt.key_file
    assert certificate is not None, "asked for only with both"
    assert key is not None, "asked for only with both"
    fresh, present = validity(body.certificate), validity_of(certificate)
    # An old answer said again must not bring an old certificate back.
    is_older = fresh is None or (present is not None and fresh.until_ms < present.until_ms)
    if fresh is None or is_older or not fits(body.certificate, key):
        return _unusable("not-ours")
    try:
        if config.mqtt.ca_file is not None:
            write_whole(config.mqtt.ca_file, body.ca.encode())
        write_whole(certificate, body.certificate.encode())
    except OSError as error:
        return _unusable("not-written", detail=str(error))
    return Fresh(fresh.until_ms)


def _believed(config: GatewayConfig) -> Keyring:
    """The keys of the file, and what central has told of them since (R-G5)."""
    keys = keyring_from_hex(list(config.central.public_keys))
    told = read_record(config.gateway.data / JOURNAL_NAME, KeysTold) or KeysTold()
    keys.follow(told.keys, told.retired)
    return keys


def _sealed(signer: KeySigner, config: GatewayConfig, csr: str) -> bytes:
    return seal(
        signer,
        kind=RENEW,
        sender=config.gateway.id,
        recipient=CENTRAL,
        message_id=f"renew.{secrets.token_hex(8)}",
        issued_ms=RealTime().wall_ms(),
        body=msgspec.json.encode(RenewRequest(csr)),
    )


def _unusable(code: str, **facts: str) -> Finding:
    what, why, next_step = UNUSABLE[code]
    return Finding("certificate", Level.BAD, code, say(what), say(why, **facts), say(next_step, **facts))


def _told(result: Fresh | Finding) -> dict[str, str | int]:
    if isinstance(result, Fresh):
        return {"code": "", "what": "", "until_ms": result.until_ms}
    return {"code": result.code, "what": result.what, "why": result.why, "next": result.next_step}


def _days_left(fresh: Fresh) -> int:
    return (fresh.until_ms - RealTime().wall_ms()) // 86_400_000
