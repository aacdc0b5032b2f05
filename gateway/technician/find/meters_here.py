"""The meters found on one port so far: what is new among those a search names, and which settings they were met at."""

from collections.abc import Iterator

from gateway.technician.find.found import FindState, FoundMeter, LineSetting, noted
from gateway.technician.find.plan import DLT645, Setting


class MetersHere:
    """One port's view of the state."""

    def __init__(self, port: str, state: FindState) -> None:
        self._port = port
        self._state = state

    def __iter__(self) -> Iterator[FoundMeter]:
        return (meter for meter in self._state.meters if meter.line.port == self._port)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def line(self, setting: Setting) -> LineSetting:
        """Give this port at a setting."""
        return LineSetting(self._port, *setting)

    def met(self) -> list[Setting]:
        """Give the settings at which meters were found, in the order of the first ones."""
        return list(dict.fromkeys((meter.line.baud, meter.line.parity) for meter in self))

    def is_met_otherwise(self, setting: Setting, protocol: str) -> bool:
        """At one speed a protocol has one parity: what was met with the other is not looked for again."""
        return any(
            meter.protocol == protocol and meter.line.baud == setting[0] and meter.line.parity != setting[1]
            for meter in self
        )

    def new(self, setting: Setting, protocol: str, found: list[str], shared: list[str]) -> list[FoundMeter]:
        """Give the meters among a search's addresses that are not known yet, or not as several."""
        line = self.line(setting)
        known = {meter.key: meter for meter in self}
        several = [FoundMeter(line, address, protocol, duplicate=True) for address in shared]
        single = [FoundMeter(line, address, protocol) for address in found]
        return [
            *(meter for meter in several if meter.key not in known or not known[meter.key].duplicate),
            *(meter for meter in single if meter.key not in known and not self._speaks_both(meter)),
        ]

    def unread(self, setting: Setting, protocol: str) -> list[FoundMeter]:
        """Give the meters of a setting of which only the address is known."""
        line = self.line(setting)
        here = [meter for meter in self if meter.line == line and meter.protocol == protocol]
        return [meter for meter in here if not (meter.is_read or meter.duplicate)]

    def _speaks_both(self, meter: FoundMeter) -> bool:
        """A meter that answers both editions is one meter: the other edition is noted on it."""
        for known in self:
            if known.address == meter.address and {known.protocol, meter.protocol} == set(DLT645):
                self._state.keep(noted(known, f"speaks-too:{meter.protocol}"))
                return True
        return False
