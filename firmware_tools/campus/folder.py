"""Where everything of one simulated campus lies: one folder, and nothing outside of it is ever written."""

from dataclasses import dataclass
from pathlib import Path

from firmware_tools.campus.files import line_link
from firmware_tools.campus.layout import Building, Line


@dataclass(frozen=True, slots=True)
class Folder:
    """The paths of one campus."""

    root: Path

    @property
    def clock(self) -> Path:
        """The clock file that all processes read."""
        return self.root / "clock.json"

    @property
    def virtual_meters(self) -> Path:
        """The virtual meters' campus file."""
        return self.root / "virtual-meters.toml"

    @property
    def truth(self) -> Path:
        """What really flowed."""
        return self.root / "truth.db"

    @property
    def control(self) -> Path:
        """The virtual meters' control socket."""
        return self.root / "meters.sock"

    @property
    def logs(self) -> Path:
        """One log per process."""
        return self.root / "log"

    @property
    def passwords(self) -> Path:
        """The broker's clients and their passwords."""
        return self.root / "broker-passwords.json"

    @property
    def central(self) -> Path:
        """Central's data folder."""
        return self.root / "central"

    @property
    def central_db(self) -> Path:
        return self.central / "central.db"

    @property
    def telemetry_db(self) -> Path:
        return self.central / "telemetry.db"

    @property
    def campus_list(self) -> Path:
        """The workbook that is imported at central."""
        return self.root / "campus.xlsx"

    @property
    def repair_list(self) -> Path:
        """The items that are published at central."""
        return self.root / "repairs.csv"

    @property
    def opened(self) -> Path:
        """Exists once the campus was set up whole."""
        return self.root / "opened.json"

    def port(self, building: Building, line: Line) -> Path:
        """The link to a line's pseudo-terminal."""
        return self.root / "lines" / line_link(building, line.name)

    def gateway(self, building: Building) -> Path:
        """A gateway's folder."""
        return self.root / "gateways" / building.gateway

    def gateway_config(self, building: Building) -> Path:
        return self.gateway(building) / "gateway.toml"

    def journal(self, building: Building) -> Path:
        return self.gateway(building) / "data" / "journal.db"

    def password_file(self, client: str) -> Path:
        """A broker client's password alone in a file."""
        return self.root / "passwords" / client
