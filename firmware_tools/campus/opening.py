"""Opens a campus for the first time, as its people would: central set up, the list imported, gateways enrolled, lines and meters
entered by the electrician, first money taken at the desk. Every step is one of the product's own commands or pages.
"""

import asyncio
import secrets
from dataclasses import dataclass
from pathlib import Path

from firmware_tools.campus.campus_list import campus_sheets, write_workbook
from firmware_tools.campus.cashier import Cashier
from firmware_tools.campus.files import gateway_toml, groups_json, meters_csv, virtual_meters_toml
from firmware_tools.campus.folder import Folder
from firmware_tools.campus.layout import Building, Campus, full_label
from firmware_tools.campus.parts import LOOPBACK, Ports, mosquitto_conf, passwords_json, python, run_command


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who signs in at central."""

    name: str
    password: str
    building: str = ""
    """The only building he serves; all of them without."""


CASHIER = Person("cashier", "sell-with-care")
ADMIN = Person("admin", "look-after-rooms")
SIGNERS = {
    "director": Person("director", "sign-what-is-right"),
    "vp-network": Person("vice", "sign-what-is-right"),
    "finance": Person("finance", "sign-what-is-right"),
}
"""By office: who signs prices and settings (R-4.2.1)."""
WORKERS = {
    "warden": Person("warden", "walk-every-floor", "2"),
    "electrician": Person("electrician", "look-behind-doors", "2"),
    "technician": Person("technician", "prove-it-is-dead"),
    "store": Person("keeper", "count-every-shelf"),
}
"""By office: who works in a building, or in all; where a campus has no such building, nobody does."""
REPAIRS = """编号,名称,英文名,单价,类型,单位
R1,换门锁,New door lock,35,维修,件
R2,换插座,New socket,15,维修,件
R3,换电线,New wire,4.5,维修,米
B1,补卡费,New card,20,代收,件
"""
"""What the desk sells beside electricity (R-4.1.3)."""
NO_SEASON = ("setting", "sale.seasonal-minimum", "[]", "--why", "the demonstration takes small payments")


@dataclass(frozen=True, slots=True)
class Opening:
    """Opens one campus in its folder."""

    campus: Campus
    folder: Folder
    central_environment: dict[str, str]

    def write_bench_files(self, ports: Ports, *, sample_s: float, with_passwords: bool) -> None:
        """Write what meters and broker read. `with_passwords`: the broker asks each client for its own."""
        folder = self.folder
        names = ["central", *(building.gateway for building in self.campus.buildings)]
        passwords = {name: _kept_secret(folder.password_file(name)) for name in names}
        folder.virtual_meters.write_text(virtual_meters_toml(self.campus, sample_s=sample_s))
        _write_private(folder.passwords, passwords_json(passwords if with_passwords else {}))
        (folder.root / "mosquitto").mkdir(exist_ok=True)
        (folder.root / "mosquitto.conf").write_text(mosquitto_conf(folder, ports.mqtt))

    async def set_up_central(self) -> None:
        """Make databases, keys and people, and import the campus."""
        write_workbook(campus_sheets(self.campus), self.folder.campus_list)
        await self.central("init", "--admin", ADMIN.name, "--password-stdin", text_in=ADMIN.password)
        self.folder.repair_list.write_text(REPAIRS, encoding="utf-8")
        people = {"cashier": CASHIER, **SIGNERS}
        await asyncio.gather(
            *(self._add_person(office, person) for office, person in people.items()),
            self.central("import-campus", str(self.folder.campus_list)),
            self.central("repair-list", str(self.folder.repair_list), "--why", "the demonstration's repairs"),
            self.central(*NO_SEASON),
        )
        for building in self.campus.buildings:
            await self._group_meters(building)
        codes = {"", *(building.code for building in self.campus.buildings)}
        workers = [(office, person) for office, person in WORKERS.items() if person.building in codes]
        await asyncio.gather(*(self._add_person(office, person) for office, person in workers))

    async def _group_meters(self, building: Building) -> None:
        """Say what is counted behind a building's master."""
        if text := groups_json(building):
            file = self.folder.root / f"groups-{building.code}.json"
            file.write_text(text)
            await self.central("meter-groups", building.code, str(file))

    async def _add_person(self, office: str, person: Person) -> None:
        add = ["user", "add", person.name, "--role", office, "--password-stdin"]
        if person.building:
            add += ["--building", person.building]
        await self.central(*add, text_in=person.password)

    async def commission_meters(self) -> None:
        """Enter each building's lines and meters, as its electrician found them."""
        await asyncio.gather(*(self._commission(building) for building in self.campus.buildings))

    async def _commission(self, building: Building) -> None:
        data = self.folder.gateway(building) / "data"
        data.mkdir(parents=True, exist_ok=True)
        for line in building.lines:
            port = str(self.folder.port(building, line))
            # A pseudo-terminal takes no parity bit; the virtual line counts it in its pace all the same.
            speed = ("--baud", str(line.baud), "--parity", "N")
            await self.gateway("lines", "add", line.name, "--port", port, *speed, "--data", str(data))
        found = self.folder.gateway(building) / "meters.csv"
        found.write_text(meters_csv(building))
        await self.gateway("meters", "import", str(found), "--data", str(data))

    async def write_gateway_configs(self, ports: Ports) -> None:
        """Write each gateway's configuration: where the broker is and which central it may trust."""
        key = (await self.central("public-key")).split()[-1]
        for building in self.campus.buildings:
            text = gateway_toml(
                self.campus,
                building,
                data=self.folder.gateway(building) / "data",
                central_key=key,
                mqtt_port=ports.mqtt,
                password_file=self.folder.password_file(building.gateway),
                clock=self.folder.clock,
            )
            self.folder.gateway_config(building).write_text(text)

    async def enrol_gateways(self) -> None:
        """Make each gateway's key and tell central its public half."""
        await asyncio.gather(*(self._enrol(building) for building in self.campus.buildings))

    async def _enrol(self, building: Building) -> None:
        key = (await self.gateway("key", "--config", str(self.folder.gateway_config(building)))).split()[-1]
        await self.central(
            "gateway", "add", building.gateway, "--building", building.code, "--public-key", key
        )

    async def take_first_payments(self, ports: Ports) -> None:
        """Pay for every room that has money to start with, at the web desk."""
        due = [
            (full_label(building, room), yuan)
            for building, room in self.campus.rooms()
            for yuan in room.pays_yuan
        ]
        cashier = Cashier(f"http://{LOOPBACK}:{ports.web}")
        await asyncio.to_thread(cashier.sign_in, CASHIER.name, CASHIER.password)
        for label, yuan in due:
            await asyncio.to_thread(cashier.pay, label, yuan)

    async def central(self, *arguments: str, text_in: str = "") -> str:
        """Run a `cardroom-central` command."""
        return await run_command(
            python("central", *arguments), self.central_environment, self.folder.root, text_in
        )

    async def gateway(self, *arguments: str) -> str:
        """Run a `cardroom-gateway` command."""
        return await run_command(python("gateway", *arguments), {}, self.folder.root)


def _kept_secret(path: Path) -> str:
    """A client's password: made once, readable by its owner alone."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        _write_private(path, secrets.token_urlsafe(18))
    return path.read_text().strip()


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)
