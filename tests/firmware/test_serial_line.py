"""The tools' own serial line: a line that never falls silent, and a port that fails under it, end the exchange."""

import serial

from firmware_tools.devices.modbus_port import FrameHearer, SerialModbusPort
from firmware_tools.line import serial_line
from firmware_tools.line.ports import PortSettings
from firmware_tools.line.serial_line import LineGone, SerialLine, Silence


class Babbling:
    """A port on which noise never ends."""

    in_waiting = 16
    timeout = 0.0

    def reset_input_buffer(self) -> None: ...

    def write(self, data: bytes) -> None: ...

    def read(self, count: int) -> bytes:
        return b"\xa5" * count


class Failing(Babbling):
    """A port whose adapter was pulled out."""

    def write(self, data: bytes) -> None:
        raise serial.SerialException("device reports readiness to read but returned no data")


def test_noise_without_an_end_is_given_up(monkeypatch) -> None:
    monkeypatch.setattr(serial_line, "LONGEST_ANSWER_MS", 100)
    line = SerialLine(Babbling(), PortSettings("/dev/none"))
    heard = line.exchange(b"", FrameHearer(1, 3, b""), 10, 50)
    assert isinstance(heard, Silence)
    assert heard.heard > 16
    assert heard.damage


def test_a_port_that_fails_is_named() -> None:
    port = SerialModbusPort(SerialLine(Failing(), PortSettings("/dev/none")))
    gone = port.ask(1, 3, bytes(4))
    assert isinstance(gone, LineGone)
    assert "no data" in gone.trouble().why
