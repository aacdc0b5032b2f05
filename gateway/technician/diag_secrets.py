"""Every secret that this machine holds, so that none leaves it in an archive. Read for the redactor only."""

import os
import tomllib
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from gateway.adapters.key_file import KEY_NAME
from gateway.adapters.log import SECRET_WORDS
from gateway.config import GatewayConfig

MOST_BYTES = 100_000
SECRET_FILES = (KEY_NAME, "tls.key")
NAMED_SECRET = (*SECRET_WORDS, "operator", "passwd", "key")


def secrets_of(config: GatewayConfig | None, data: Path | None) -> Iterator[str | bytes]:
    """Give the secrets of key files, password files, meter models, and of the environment this command runs in."""
    if config is not None:
        named = (config.mqtt.password_file, config.mqtt.key_file)
        yield from _of_files(path for path in named if path is not None)
    if data is not None:
        yield from _of_files(data / name for name in SECRET_FILES)
        yield from _of_models(data / "models")
    for name, value in os.environ.items():
        if any(word in name.lower() for word in NAMED_SECRET):
            yield value


def _of_files(paths: Iterator[Path]) -> Iterator[str]:
    for path in paths:
        with suppress(OSError):
            text = path.read_text(encoding="utf-8", errors="ignore")[:MOST_BYTES].strip()
            yield text
            yield from (line for line in text.splitlines() if len(line) > 16 and not line.startswith("-----"))


def _of_models(folder: Path) -> Iterator[str]:
    """A site's own meter models may hold its own meters' passwords."""
    for path in folder.glob("*.toml"):
        with suppress(OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
            yield from _named(tomllib.loads(path.read_text(encoding="utf-8")))


def _named(table: dict[str, object]) -> Iterator[str]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _named(value)
        elif isinstance(value, str) and any(word in name.lower() for word in NAMED_SECRET):
            yield value
