"""How far the search of all ports is, as one: they are searched at the same time, and each tells of itself alone. Pure."""

from dataclasses import replace

from gateway.technician.find.found import Event, PortDone, Progress, Trouble
from gateway.technician.find.wording import duration, progress_line
from gateway.words import say


class Together:
    """The ports of one search; give it each event."""

    def __init__(self) -> None:
        self._ports: dict[str, Progress] = {}

    def take(self, event: Event) -> None:
        """Note how far a port is. One that is done, or gone, has nothing left to ask."""
        if isinstance(event, Progress):
            self._ports[event.port] = event
        elif isinstance(event, PortDone | Trouble) and _ends_a_port(event) and event.port in self._ports:
            self._ports[event.port] = replace(self._ports[event.port], left=0, seconds_left=0)

    @property
    def asked(self) -> int:
        return sum(port.asked for port in self._ports.values())

    @property
    def left(self) -> int:
        """Questions known to be still needed on all ports."""
        return sum(port.left for port in self._ports.values())

    def line(self) -> str:
        """Say it in one line; of a single port, what it does too."""
        ports = list(self._ports.values())
        if len(ports) == 1:
            return progress_line(ports[0])
        return say(
            "{ports} ports: {asked} asked, {left} to ask, about {time} left; {found} meters",
            ports=len(ports),
            asked=self.asked,
            left=self.left,
            time=duration(max((port.seconds_left for port in ports), default=0)),
            found=sum(port.found for port in ports),
        )


def _ends_a_port(event: PortDone | Trouble) -> bool:
    return isinstance(event, PortDone) or event.code.startswith("port-")
