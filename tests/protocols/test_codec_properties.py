"""What holds for any bytes at all: nothing raises, portions don't matter, good frames survive, what was encoded comes back."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.protocols.dlt645 import content, edition1997
from gateway.protocols.dlt645 import frame as dlt645
from gateway.protocols.modbus import content as modbus_content
from gateway.protocols.modbus import frame as modbus
from gateway.technician.decode import Named, decode_line
from tests.protocols.streams import drain, hear_645, hear_modbus, is_found_behind

addresses = st.binary(min_size=6, max_size=6).map(lambda raw: raw.hex().upper())
controls = st.integers(0, 255)
frames_645 = st.builds(dlt645.encode, addresses, controls, st.binary(max_size=255), st.integers(0, 7))
replies_645 = st.builds(
    dlt645.encode,
    st.just("123456789012"),
    st.sampled_from([0x91, 0xB1, 0xD1, 0x92, 0x93, 0x9C, 0xDC, 0x81, 0xC1, 0x1C, 0x14]),
    st.binary(max_size=40)
    | st.builds(
        bytes.__add__,
        st.sampled_from(
            ["00010000", "0001FF00", "0202FF00", "04000503", "04000102", "03110001", "05060101", "9010"]
        ).map(lambda di: bytes.fromhex(di)[::-1]),
        st.binary(max_size=40),
    ),
)
frames_modbus = st.one_of(
    st.builds(
        modbus.read_registers,
        st.integers(0, 247),
        st.integers(1, 4),
        st.integers(0, 0xFFFF),
        st.integers(1, 125),
    ),
    st.builds(
        lambda unit, data: modbus.encode(unit, 3, bytes((len(data) * 2,)) + data * 2),
        st.integers(1, 247),
        st.binary(min_size=1, max_size=125),
    ),
    st.builds(
        lambda unit, start, data: modbus.write_registers(unit, start, data * 2),
        st.integers(1, 247),
        st.integers(0, 0xFFFF),
        st.binary(min_size=1, max_size=123),
    ),
    st.builds(
        lambda unit, code: modbus.encode(unit, 0x83, bytes((code,))), st.integers(1, 247), st.integers(1, 11)
    ),
)
marks = st.sampled_from(
    [b"\x68", b"\x16", b"\xfe", b"\x68" + b"\x11" * 6 + b"\x68", b"\x00", b"\xff", b"\xaa", b"\x01\x03"]
)
junk = st.lists(st.binary(max_size=12) | marks, max_size=8).map(b"".join)


def mixed(frames: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Frames, cut frames, frames with a wrong byte, and junk, in any order."""
    cut = st.builds(lambda raw, at: raw[: at % (len(raw) + 1)], frames, st.integers(0, 400))
    struck = st.builds(
        lambda raw, at, value: raw[: at % len(raw)] + bytes((value,)) + raw[at % len(raw) + 1 :],
        frames,
        st.integers(0, 400),
        st.integers(0, 255),
    )
    return st.lists(st.one_of(frames, cut, struck, junk), max_size=6).map(b"".join)


def portions(stream: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    return [stream[start:stop] for start, stop in pairwise(edges)]


def hear_in(decoder: dlt645.Decoder | modbus.Decoder, parts: list[bytes]) -> list:
    events = []
    for part in parts:
        decoder.feed(part)
        events += drain(decoder)
    decoder.flush()
    return events + drain(decoder)


@given(mixed(frames_645 | replies_645), st.lists(st.integers(0, 2000), max_size=8))
@settings(max_examples=300)
def test_645_portions_do_not_matter(stream: bytes, cuts: list[int]) -> None:
    assert hear_in(dlt645.Decoder(), portions(stream, cuts)) == hear_645(stream) == hear_645(stream, 1)


@given(mixed(frames_modbus), st.lists(st.integers(0, 2000), max_size=8))
@settings(max_examples=300)
def test_modbus_portions_do_not_matter(stream: bytes, cuts: list[int]) -> None:
    assert hear_in(modbus.Decoder(), portions(stream, cuts)) == hear_modbus(stream) == hear_modbus(stream, 1)


@given(
    st.builds(
        modbus.read_registers,
        st.just(1),
        st.sampled_from([3, 4]),
        st.integers(0, 0xFFFF),
        st.integers(1, 125),
    ),
    mixed(frames_modbus),
    st.lists(st.integers(0, 2000), max_size=8),
)
@settings(max_examples=300)
def test_modbus_portions_do_not_matter_to_a_master(request: bytes, stream: bytes, cuts: list[int]) -> None:
    for heard in (stream, request + stream, stream + request):
        at_once, split = (modbus.Decoder(modbus.Role.RESPONSE, echo=request) for _ in range(2))
        assert hear_in(split, portions(heard, cuts)) == hear_in(at_once, [heard])


@given(addresses, controls, st.binary(max_size=255), st.integers(0, 9))
def test_645_what_is_encoded_comes_back(address: str, control: int, data: bytes, preamble: int) -> None:
    (frame,) = hear_645(dlt645.encode(address, control, data, preamble))
    assert (frame.address, frame.control, frame.data) == (address, control, data)


@given(st.lists(frames_645, min_size=1, max_size=5))
def test_645_frames_in_a_row_are_all_found(frames: list[bytes]) -> None:
    events = hear_645(b"".join(frames))
    assert [event.raw for event in events] == [frame.lstrip(b"\xfe") for frame in frames]


@given(junk, frames_645)
def test_645_a_good_frame_behind_any_junk_is_found(before: bytes, frame: bytes) -> None:
    assert is_found_behind(hear_645(before + frame), frame.lstrip(b"\xfe"))


@given(junk, frames_modbus)
def test_modbus_a_good_frame_behind_any_junk_is_found(before: bytes, frame: bytes) -> None:
    assert is_found_behind(hear_modbus(before + frame), frame)


@given(frames_modbus)
def test_modbus_what_is_encoded_comes_back(raw: bytes) -> None:
    (frame,) = hear_modbus(raw)
    assert modbus.encode(frame.address, frame.function, frame.body) == raw


@given(mixed(frames_645 | replies_645 | frames_modbus), st.sampled_from(list(Named)))
@settings(max_examples=300)
def test_any_bytes_can_be_told(stream: bytes, protocol: Named) -> None:
    for fields in decode_line(stream.hex(), protocol):
        assert fields["event"] in ("frame", "damage")


@given(st.text(max_size=40))
def test_any_text_can_be_told(text: str) -> None:
    for fields in decode_line(text, Named.AUTO):
        assert fields["event"] in ("frame", "damage")


@given(replies_645 | frames_645)
def test_any_good_645_frame_has_a_content(raw: bytes) -> None:
    (frame,) = hear_645(raw)
    for read in (content.read_content, edition1997.read_content):
        said = read(frame)
        assert said.problem is None or said.unit is None


@given(frames_modbus)
def test_any_good_modbus_frame_has_fields(raw: bytes) -> None:
    (frame,) = hear_modbus(raw)
    assert "value" in modbus_content.read_fields(frame)


@given(st.integers(0, 0xFFFFFFFF), st.binary(max_size=80))
@settings(max_examples=300)
def test_any_identifier_with_any_body_is_a_value_or_a_problem(di: int, body: bytes) -> None:
    frame = dlt645.Frame("123456789012", 0x91, di.to_bytes(4, "little") + body, b"")
    said = content.read_content(frame)
    assert said.di == f"{di:08X}"
