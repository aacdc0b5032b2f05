"""Logs: one JSON object per line for machines, plain for people, no secret in either."""

import io
import json
from collections.abc import Iterator

import pytest
import structlog

from gateway.adapters.log import configure_log


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def logged(form: str, level: str = "info") -> tuple[io.StringIO, structlog.BoundLogger]:
    stream = io.StringIO()
    configure_log(level, form, stream)
    return stream, structlog.get_logger("uplink")


def test_json_is_one_object_per_line() -> None:
    stream, log = logged("json")
    log.info("link-up", broker="b", text="第一\n行", odd=object)
    log.warning("link-down")
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert (first["event"], first["part"], first["level"], first["text"]) == (
        "link-up",
        "uplink",
        "info",
        "第一\n行",
    )
    assert first["timestamp"].endswith("Z")
    assert second["event"] == "link-down"


def test_auto_is_json_where_nobody_watches() -> None:
    stream, log = logged("auto")
    log.info("link-up")
    assert json.loads(stream.getvalue())["event"] == "link-up"


@pytest.mark.parametrize("form", ["json", "human"])
def test_secrets_and_bytes_are_never_shown(form: str) -> None:
    stream, log = logged(form)
    log.info("signed-in", password="opensesame", private_key="c0ffee", frame=b"opensesame", meter="1")
    assert "opensesame" not in stream.getvalue()
    assert "c0ffee" not in stream.getvalue()
    assert "<10 bytes>" in stream.getvalue()


@pytest.mark.parametrize("form", ["json", "human"])
def test_a_trace_has_no_local_variables(form: str) -> None:
    stream, log = logged(form)
    key = "open" + "sesame"
    try:
        raise ValueError(f"wrong {len(key)}")
    except ValueError:
        log.exception("order-failed")
    assert "ValueError: wrong 10" in stream.getvalue()
    assert "opensesame" not in stream.getvalue()


def test_what_is_below_the_level_is_left_out() -> None:
    stream, log = logged("json", "warning")
    log.info("link-up")
    assert stream.getvalue() == ""
