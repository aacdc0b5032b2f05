"""`cardroom-central`: the command line of central. It parses, sets the data folder and hands over; it does nothing itself."""

import argparse
import gc
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module

from central.config.archive_arguments import add_archive
from central.config.arguments import USAGE, Arguments, _, spoken, terminal_language
from central.config.backup.arguments import add_backup
from central.config.environment_file import Unreadable, read_settings
from central.config.signing_arguments import add_signing_keys

COMMANDS = "central.config.commands"
ROLES = (
    *(
        "cashier",
        "finance",
        "director",
        "vp-network",
        "vp-logistics",
        "president",
        "legal",
        "affairs",
        "logistics",
    ),
    *("security", "students", "electrician", "technician", "warden", "store", "auditor", "admin"),
)
"""As `central.office.roles`, which can't be read before Django is set up; a test compares them."""
SET_RULES = (
    *("class-limits", "class-warnings", "class-overdraft", "point-limits", "point-power"),
    *("building-policy", "building-groups"),
)


DATABASE_UNUSABLE = (
    "the database can't be used: {}. Check the data folder (--data or CARDROOM_DATA) or DATABASE_URL, that the disk isn't full, "
    "and that `cardroom-central init` was run"
)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; give its exit code. Expected failures are a sentence on standard error, never a traceback."""
    with spoken():
        parser, words = _parser(), sys.argv[1:] if arguments is None else arguments
        if not words:
            parser.print_help(sys.stderr)
            return USAGE
        options = parser.parse_args(words)
    if options.data:
        os.environ["CARDROOM_DATA"] = options.data
    try:
        read_settings()
    except Unreadable as error:
        return _failed(str(error))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "central.config.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.db.utils import Error as DatabaseError

    from central.clock import UnreadableBenchClock

    try:
        with _loading():
            django.setup()
            from central.ledger.immutability import TriggersMissing
            from central.link.authority import AuthorityUnreadable
            from central.link.configuration import ConfigurationTooBig
            from central.link.signing import SigningKeyMissing
    except ImproperlyConfigured as error:
        return _failed(str(error))
    except OSError as error:
        return _failed(f"the data folder can't be used: {error}; check --data and the rights of this user")
    _speak_as_the_terminal()
    try:
        with _loading():
            run = _command(options.run)
        return run(options)
    except (
        *(SigningKeyMissing, TriggersMissing, ConfigurationTooBig),
        *(UnreadableBenchClock, AuthorityUnreadable),
    ) as error:
        return _failed(str(error))
    except DatabaseError as error:
        return _failed(DATABASE_UNUSABLE.format(str(error).strip()))
    except BrokenPipeError:
        # Whoever read us has gone, as `head` does: what is still to be flushed goes nowhere, without a word.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        return _failed(
            f"{error.strerror or error}: {error.filename or 'a file or port'}; check its name and rights"
        )
    except KeyboardInterrupt:
        return 130


@contextmanager
def _loading() -> Iterator[None]:
    """What is loaded stays to the end: to look through it for garbage again and again is a tenth of the start."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def _speak_as_the_terminal() -> None:
    from django.utils import translation

    translation.activate(terminal_language())


def _failed(sentence: str) -> int:
    print(f"cardroom-central: {sentence}", file=sys.stderr)
    return 1


def _command(name: str) -> Callable[[argparse.Namespace], int]:
    module, _, function = name.rpartition(".")
    command: Callable[[argparse.Namespace], int] = getattr(import_module(f"{COMMANDS}.{module}"), function)
    return command


def _parser() -> argparse.ArgumentParser:
    parser = Arguments(prog="cardroom-central", description=_("The card room's central server."))
    parser.add_argument("--data", help="the data folder (default: CARDROOM_DATA, or /var/lib/cardroom)")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_set_up(commands)
    _add_running(commands)
    _add_campus(commands)
    _add_workshop(commands)
    _add_link(commands)
    _add_link_security(commands)
    _add_notices(commands)
    add_archive(commands)
    add_backup(commands)
    _add_health(commands)
    verify = commands.add_parser("verify", help="prove the books: chain, triggers, balances, receipts")
    verify.set_defaults(run="proving.verify")
    return parser


Commands = "argparse._SubParsersAction[argparse.ArgumentParser]"


def _add_set_up(commands: Commands) -> None:
    init = commands.add_parser("init", help="make keys, tables and the first administrator; safe to repeat")
    init.add_argument("--admin", default="admin", help="the first administrator's name")
    init.add_argument(
        "--password-stdin", action="store_true", help="read the password instead of making one up"
    )
    init.set_defaults(run="set_up.init")
    user = commands.add_parser("user", help="people").add_subparsers(required=True, metavar="ACTION")
    add = user.add_parser("add", help="add a person")
    add.add_argument("name")
    add.add_argument("--role", choices=ROLES, default="cashier")
    add.add_argument(
        "--building",
        action="append",
        default=[],
        metavar="CODE",
        help="a building this person serves, again for each; all without",
    )
    add.add_argument(
        "--password-stdin", action="store_true", required=True, help="read the password from stdin"
    )
    add.set_defaults(run="set_up.add_user")
    setting = commands.add_parser("setting", help="show or set a number of the procedure")
    setting.add_argument("code", nargs="?", help="such as desk.duty-meal; without it, all are listed")
    setting.add_argument("value", nargs="?", help="as JSON; without it, the setting is shown")
    setting.add_argument(
        "--for", dest="place", default="campus", help="campus, class:CODE, building:CODE or room:LABEL"
    )
    setting.add_argument("--from", dest="begins", default="", help="2026-09-01T08:00; without it, now")
    setting.add_argument("--why", default="", help="the reason; it stays on record")
    setting.set_defaults(run="settings.setting")
    forget = commands.add_parser("forget-person", help="forget a resident who has left: name and number go")
    forget.add_argument("number", help="the resident's number, as the campus list has it")
    forget.add_argument("--why", default="", help="the reason; it stays on record")
    forget.set_defaults(run="privacy.forget")
    key = commands.add_parser("public-key", help="print the key that gateways must trust")
    key.set_defaults(run="set_up.public_key")


def _add_running(commands: Commands) -> None:
    serve = commands.add_parser("serve", help="serve the pages")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8000)
    serve.add_argument("--workers", type=int, default=1)
    serve.add_argument("--threads", type=int, default=8)
    serve.set_defaults(run="running.serve")
    ingest = commands.add_parser("ingest", help="receive from and send to the gateways over MQTT")
    broker = os.environ
    ingest.add_argument("--mqtt-host", default=broker.get("CARDROOM_MQTT_HOST", "127.0.0.1"))
    ingest.add_argument("--mqtt-port", type=int, default=broker.get("CARDROOM_MQTT_PORT", "1883"))
    ingest.add_argument("--mqtt-username", default="")
    ingest.add_argument("--mqtt-password-file", default="", help="or the variable CARDROOM_MQTT_PASSWORD")
    ingest.add_argument(
        "--mqtt-ca-file", default=broker.get("CARDROOM_MQTT_CA_FILE", ""), help="switches TLS on"
    )
    ingest.add_argument("--mqtt-certificate-file", default=broker.get("CARDROOM_MQTT_CERTIFICATE_FILE", ""))
    ingest.add_argument("--mqtt-key-file", default=broker.get("CARDROOM_MQTT_KEY_FILE", ""))
    ingest.add_argument(
        "--mqtt-broker",
        action="append",
        metavar="HOST:PORT",
        help="one of several brokers, again for each; instead of --mqtt-host and --mqtt-port",
    )
    ingest.add_argument(
        "--worker", default="", metavar="N/OF", help="serve one share of the gateways only, such as 1/2"
    )
    ingest.set_defaults(run="running.ingest")


def _add_link_security(commands: Commands) -> None:
    authority = commands.add_parser("ca", help="make the certificate authority of the link once, or show it")
    authority.add_argument("act", nargs="?", choices=("make", "show"), default="make")
    authority.add_argument("--name", default="card room", help="goes into its certificate")
    authority.set_defaults(run="certificates.authority")
    broker = commands.add_parser("broker-config", help="write a whole Mosquitto configuration")
    broker.add_argument("folder", metavar="DIR", help="the broker's own, such as /etc/mosquitto/cardroom")
    broker.add_argument(
        "--host",
        action="append",
        required=True,
        metavar="NAME",
        help="as gateways call the broker; again for each",
    )
    broker.add_argument("--port", type=int, default=8883)
    broker.add_argument(
        "--store", default="/var/lib/mosquitto/", help="where the broker keeps what is retained"
    )
    broker.add_argument(
        "--workers", type=int, default=0, help="certificates for so many workers of ingest (docs/scale.md)"
    )
    broker.set_defaults(run="certificates.broker_config")
    enrol = commands.add_parser("enrol", help="open a building's enrolment code and print it")
    enrol.add_argument("building", help="the building's code")
    enrol.add_argument(
        "--hours", type=int, help="how long it is open (default: the setting link.enrol-hours)"
    )
    enrol.add_argument("--id", default="", help="the gateway's id, where the building never had one")
    enrol.add_argument(
        "--new", action="store_true", help="make a new code: the former one was seen by a stranger"
    )
    enrol.add_argument("--close", action="store_true", help="close it")
    enrol.set_defaults(run="enrolment.enrol")
    revoke = commands.add_parser(
        "revoke", help="believe nothing more of a gateway: its card was stolen or copied"
    )
    revoke.add_argument("gateway")
    revoke.add_argument("--why", required=True, help="goes on record")
    revoke.set_defaults(run="certificates.revoke")
    add_signing_keys(commands)


def _add_notices(commands: Commands) -> None:
    notices = commands.add_parser("notices", help="what people are told: the queue, its sender, tests")
    notices.set_defaults(run="notices.show")
    actions = notices.add_subparsers(metavar="ACTION")
    show = actions.add_parser("list", help="show what waits and what was given up (the default)")
    show.set_defaults(run="notices.show")
    run = actions.add_parser("run", help="send what is due, until interrupted")
    run.set_defaults(run="notices.run")
    send = actions.add_parser("send", help="send what is due now and end: for a timer")
    send.set_defaults(run="notices.send")
    test = actions.add_parser("test", help="send a test on one channel and say what became of it")
    test.add_argument("channel", help="the channel's name")
    test.set_defaults(run="notices.test")


def _add_health(commands: Commands) -> None:
    doctor = commands.add_parser("doctor", help="what is wrong with this server, the link and the gateways")
    doctor.add_argument("--json", action="store_true", help="for programs: one JSON object")
    doctor.set_defaults(run="health.doctor")
    metrics = commands.add_parser("metrics", help="print the metrics that Prometheus scrapes at /metrics")
    metrics.add_argument("--new-token", action="store_true", help="write another token, and print it")
    metrics.set_defaults(run="health.metrics")


def _add_campus(commands: Commands) -> None:
    campus = commands.add_parser("import-campus", help="import rooms, classes and prices from CSV or XLSX")
    campus.add_argument("file", nargs="?", help="the list; with --example the file to write")
    campus.add_argument("--dry-run", action="store_true", help="check and show, write nothing")
    campus.add_argument("--example", action="store_true", help="write an example list")
    campus.set_defaults(run="campus_list.import_campus")
    go_live = commands.add_parser("go-live", help="the day the old system's balances come here")
    check = go_live.add_subparsers(required=True, metavar="ACTION").add_parser(
        "check", help="check the old system's list and show its sums; writes nothing"
    )
    check.add_argument("file", nargs="?", help="the list; with --example the file to write")
    check.add_argument("--change-over", default="", help="when the old system stopped (default: now)")
    check.add_argument(
        "--missing", choices=("zero", "later"), default="", help="what becomes of rooms that it lacks"
    )
    check.add_argument("--example", action="store_true", help="write an example list")
    check.set_defaults(run="go_live.check")
    groups = commands.add_parser("meter-groups", help="which meters are counted behind which master")
    groups.add_argument("building", help="the building's code")
    groups.add_argument("file", nargs="?", help="a JSON list of groups; without it, what holds now is shown")
    groups.set_defaults(run="meter_groups.meter_groups")
    rules = commands.add_parser(
        "rules", help="show or set what gateways decide by: limits, warnings, policy, groups"
    )
    rules.add_argument("kind", choices=SET_RULES)
    rules.add_argument("code", help="the class's, point's or building's code")
    rules.add_argument("file", nargs="?", help="JSON or TOML; without it, what holds now is shown")
    rules.add_argument(
        "--dry-run", action="store_true", help="check, name the rooms it would change, save nothing"
    )
    rules.set_defaults(run="rules.rules")
    price = commands.add_parser("price", help="publish a class's price with its windows and steps")
    price.add_argument("customer_class", metavar="CLASS")
    price.add_argument("file", help="JSON or TOML: yuan_per_kwh, from, windows, steps")
    price.set_defaults(run="rules.price")
    _add_lists(commands)
    merge = commands.add_parser("merge-balance", help="let rooms of one building use up one balance")
    merge.add_argument("payer", help="the room whose balance it is, such as 1-301")
    merge.add_argument("rooms", nargs="+", help="the rooms that pay from it")
    merge.set_defaults(run="shared_balance.merge_balance")
    split = commands.add_parser("split-balance", help="let rooms use up their own balances again")
    split.add_argument("rooms", nargs="+")
    split.set_defaults(run="shared_balance.split_balance")


def _add_workshop(commands: Commands) -> None:
    bench = commands.add_parser("import-bench", help="take in records that `cardroom-firmware bench` wrote")
    bench.add_argument("files", nargs="+", metavar="FILE", help="records, or folders of them")
    bench.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="PUB",
        help="take only records signed by this key: a .pub file or 64 hex digits",
    )
    bench.set_defaults(run="bench_records.import_bench")


def _add_lists(commands: Commands) -> None:
    prices = commands.add_parser("price-list", help="publish a list of electricity prices without signatures")
    prices.add_argument("file", help="JSON or TOML: from, prices (class, yuan_per_kwh, windows, steps)")
    prices.add_argument("--why", required=True, help="goes on record")
    prices.set_defaults(run="price_lists.price_list")
    repairs = commands.add_parser("repair-list", help="publish a list of repair prices without signatures")
    repairs.add_argument("file", help="CSV or XLSX: code, name, price; may have kind, unit, name_en, active")
    repairs.add_argument("--from", dest="begins", default="", help="2026-09-01 or 2026-09-01 08:00; now")
    repairs.add_argument("--why", required=True, help="goes on record")
    repairs.set_defaults(run="price_lists.repair_list")


def _add_link(commands: Commands) -> None:
    gateway = commands.add_parser("gateway", help="gateways").add_subparsers(required=True, metavar="ACTION")
    add = gateway.add_parser("add", help="enrol a building's gateway, or replace its key")
    add.add_argument("id")
    add.add_argument("--building", required=True, help="the building's code")
    add.add_argument("--public-key", required=True, help="64 hex digits, from `cardroom-gateway key`")
    add.set_defaults(run="gateways.add_gateway")
    publish = commands.add_parser("publish-config", help="send the configuration of buildings that changed")
    publish.add_argument("--all", action="store_true", help="also those that did not change")
    publish.set_defaults(run="gateways.publish")
    voucher = commands.add_parser(
        "voucher", help="write a building's pending credit as a signed file to stdout"
    )
    voucher.add_argument("building", help="the building's code, or its gateway's id")
    voucher.add_argument(
        "--codes", action="store_true", help="a code for each grant, to be read out and typed"
    )
    voucher.set_defaults(run="gateways.voucher")
    resend = commands.add_parser("resend", help="ask a gateway to send rows again")
    resend.add_argument("gateway")
    resend.add_argument("epoch")
    resend.add_argument("sequence", type=int)
    resend.set_defaults(run="gateways.resend")
    grant = commands.add_parser("resend-grant", help="send credit again that a gateway refused")
    grant.add_argument("grant", help="its name, as the alarm of its refusal says")
    grant.add_argument(
        "--not-credited", action="store_true", help="the gateway's balance was compared, and is without it"
    )
    grant.set_defaults(run="gateways.send_grant_again")
    status = commands.add_parser("status", help="show the link with every gateway, and its counters")
    status.set_defaults(run="gateways.status")


if __name__ == "__main__":
    sys.exit(main())
