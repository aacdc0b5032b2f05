"""`cardroom-gateway diag [FILE]`: one archive for support, with everything that helps and nothing that is secret."""

import argparse
import gzip
import io
import sys
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from gateway.adapters.backup_file.writer import AlreadyThere, written_aside
from gateway.adapters.system_clock import RealTime
from gateway.config import GatewayConfig, load_config
from gateway.technician.answer import print_json
from gateway.technician.config_check import add_config_option
from gateway.technician.daemon import NOT_DONE
from gateway.technician.diag_contents import LOG_LINES, Building, NotHad, Source, gathered
from gateway.technician.diag_secrets import secrets_of
from gateway.technician.redaction import Redactor
from gateway.words import LANGUAGES, language, say, use

README = """{name}

What the support needs to find a fault of this gateway, taken {when} UTC by `cardroom-gateway diag`.
Look into it before you send it: every file is plain text.
Left out: keys, passwords, meters' passwords, frames, codes of credit, the environment, persons' own words; what looks like one of
these reads ***. Residents' names are not known to a gateway.

这是排查本网关故障所需的资料，由 `cardroom-gateway diag` 于 {when}（UTC）生成。
发送之前请先看一遍：每个文件都是纯文本。
不包含：密钥、密码、电表密码、报文、充值码、环境变量、人员输入的文字；看起来像这些内容的地方显示为 ***。
网关本身不知道住户姓名。

"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Mount the command."""
    what = say(
        "One archive for support: versions, status, findings, log, registry, numbers of rows. No keys, no "
        "passwords, no names."
    )
    parser = subparsers.add_parser(
        "diag", help=say("one archive for support, without secrets"), description=what
    )
    parser.add_argument(
        "file",
        nargs="?",
        type=Path,
        metavar="FILE",
        help=say("where to (default: here, named by gateway and time)"),
    )
    parser.add_argument(
        "--log-lines",
        type=_lines,
        default=LOG_LINES,
        metavar="N",
        help=say("how many log lines (default 5000)"),
    )
    parser.add_argument("--json", action="store_true", help=say("for programs: one JSON object"))
    add_config_option(parser)
    parser.set_defaults(run=run)


def _lines(text: str) -> int:
    number = int(text) if text.isdigit() else -1
    if not 0 <= number <= 1_000_000:
        raise argparse.ArgumentTypeError(say("must be a whole number, 0 to {most}", most=1_000_000))
    return number


def run(args: argparse.Namespace) -> int:
    """Write the archive; 1 where it can't be written."""
    building = _building(args)
    now = datetime.fromtimestamp(RealTime().wall_ms() // 1000, UTC)
    gateway = building.config.gateway.id if building.config else "gateway"
    path = args.file or Path(f"cardroom-diag-{gateway}-{now:%Y%m%d-%H%M%S}.tar.gz")
    redactor = Redactor(secrets_of(building.config, building.data))
    try:
        with written_aside(path) as file:
            inside = _write(file, path.name.removesuffix(".tar.gz"), now, building, redactor)
    except AlreadyThere:
        print(
            say(
                "{path} is there already and is not written over. Give another name, or take it away.",
                path=path,
            ),
            file=sys.stderr,
        )
        return NOT_DONE
    except OSError as error:
        print(
            say(
                "{path} can't be written: {why}. Give another place: cardroom-gateway diag /tmp/diag.tar.gz",
                path=path,
                why=error.strerror,
            ),
            file=sys.stderr,
        )
        return NOT_DONE
    _report(path, inside, as_json=args.json)
    return 0


def _building(args: argparse.Namespace) -> Building:
    """A broken configuration is no reason to have no archive: it is one to want it."""
    loaded = load_config(args.config)
    if isinstance(loaded, GatewayConfig):
        return Building(args, loaded, [], loaded.gateway.data, args.log_lines)
    found = next(
        (Path(str(mistake.facts["found"])) for mistake in loaded if mistake.code == "not-writable"), None
    )
    return Building(args, None, loaded, found, args.log_lines)


def _write(
    file: IO[bytes], name: str, now: datetime, building: Building, redactor: Redactor
) -> list[tuple[Source, int | str]]:
    inside: list[tuple[Source, int | str]] = []
    texts: dict[str, str] = {}
    for source, found in gathered(building):
        if isinstance(found, NotHad):
            inside.append((source, redactor.clean(str(found))))
            continue
        texts[source.name] = redactor.clean(found)
        inside.append((source, len(texts[source.name].encode())))
    readme = README.format(name=name, when=f"{now:%Y-%m-%d %H:%M:%S}") + _contents(inside)
    with (
        gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w|") as archive,
    ):
        for member, text in {"README.txt": readme, **texts}.items():
            raw = text.encode(errors="replace")
            entry = tarfile.TarInfo(f"{name}/{member}")
            entry.size, entry.mtime, entry.mode = len(raw), int(now.timestamp()), 0o600
            archive.addfile(entry, io.BytesIO(raw))
    return inside


def _contents(inside: list[tuple[Source, int | str]]) -> str:
    """The list, in every language."""
    spoken, lines = language(), []
    for source, size in inside:
        lines.append(f"{source.name:14} {size if isinstance(size, int) else f'- ({size})'}")
        for one in LANGUAGES:
            use(one)
            lines.append(f"    {say(source.what)}")
    use(spoken)
    return "\n".join(lines) + "\n"


def _report(path: Path, inside: list[tuple[Source, int | str]], *, as_json: bool) -> None:
    size = path.stat().st_size
    if as_json:
        told = {
            "file": str(path),
            "bytes": size,
            "contents": {source.name: found for source, found in inside if isinstance(found, int)},
            "left_out": {source.name: found for source, found in inside if isinstance(found, str)},
        }
        print_json(told)
        return
    print(say("{path}: {kilobytes} kB", path=path, kilobytes=f"{size / 1000:.0f}"))
    for source, found in inside:
        shown = f"{found:>10}" if isinstance(found, int) else f"{'-':>10}"
        why = "" if isinstance(found, int) else f"  ({found})"
        print(f"  {source.name:14}{shown}  {say(source.what)}{why}")
    print(
        say(
            "No keys, passwords, frames, codes or names are in it; look into it before you send it: tar xzf {path}",
            path=path,
        )
    )
