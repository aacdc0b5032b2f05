"""A meter model is a row: which identifiers or registers it has, how its relay is told, how its line is set. Checks the rows' text.

`parse_row` takes what a TOML file says (it reads no file itself) and lists ALL mistakes with their path. Nothing here talks.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from gateway.protocols import scaling
from gateway.protocols.checked_table import Mistake, Table
from gateway.protocols.dlt645 import edition1997
from gateway.protocols.dlt645.formats import Ascii, Digits, Number
from gateway.protocols.dlt645.identifiers import Identifier
from gateway.protocols.dlt645.identifiers import find as find_2007
from gateway.protocols.driver import Item, RelayAction

PROTOCOLS = ("dlt645-2007", "dlt645-1997", "modbus-rtu")
PARITIES = ("E", "N", "O")
NUMBER_TYPES = MappingProxyType({"float32": 2, "uint32": 2, "uint16": 1, "int16": 1})
"""Type of a Modbus value to the registers it fills; big-endian, the high word first."""
READ_FUNCTIONS = (3, 4)
ONLY_AT = MappingProxyType(
    {
        Item.RELAY: ("04000503",),
        Item.STATUS_WORDS: ("040005FF",),
        Item.CLOCK: ("0400010C",),
        Item.DATE: ("04000101", "C010"),
        Item.TIME: ("04000102", "C011"),
        Item.FROZEN_AT: ("05010001",),
        Item.SETTLEMENT_DAY: ("04000B01",),
    }
)
"""Items that one identifier of an edition alone can say: a relay read from another word would prove cuts that never were."""


@dataclass(frozen=True, slots=True)
class LineSettings:
    """How the model leaves the factory."""

    baud: int
    parity: str
    preamble: int = 0
    """FE bytes before each request (DL/T 645)."""


@dataclass(frozen=True, slots=True)
class Register:
    """Where a Modbus meter keeps an item. The value is raw x 10^-decimals in kWh, V, A, kW, Hz or 1."""

    function: int
    address: int
    kind: str
    decimals: int = 0
    count: int = 1
    """Values one behind the other: one per phase."""

    @property
    def registers(self) -> int:
        """How many registers a read asks for."""
        return NUMBER_TYPES[self.kind] * self.count

    def covers(self, address: int) -> bool:
        """Tell whether a register is part of this item."""
        return self.address <= address < self.address + self.registers


@dataclass(frozen=True, slots=True)
class CommandRelay:
    """A relay told by DL/T 645 function 1CH. Codes are hex digits in wire order."""

    actions: Mapping[RelayAction, int]
    password: str
    operator: str
    trip_delayed_above_ma: int | None = None
    """Above this current the meter takes a trip and waits: the status word and the current tell when it is done."""


@dataclass(frozen=True, slots=True)
class ClockWrite:
    """A calendar that can be written by address (DL/T 645-2007, 14H, level 04). Codes are hex digits in wire order."""

    password: str
    operator: str


@dataclass(frozen=True, slots=True)
class RegisterRelay:
    """A relay told by writing one Modbus register with function 10H."""

    address: int
    actions: Mapping[RelayAction, int]


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One meter model. `identifiers` (DL/T 645) or `registers` (Modbus) is filled, by protocol."""

    name: str
    title: str
    protocol: str
    phases: int
    line: LineSettings
    identifiers: Mapping[Item, str] = field(default_factory=dict)
    registers: Mapping[Item, Register] = field(default_factory=dict)
    relay: CommandRelay | RegisterRelay | None = None
    address: Register | None = None
    """Where a Modbus meter keeps its unit number, written with function 10H; None where it is set on the meter."""
    clock: ClockWrite | None = None

    @property
    def items(self) -> frozenset[Item]:
        """What the model can be asked."""
        return frozenset(self.identifiers or self.registers)


def month_row(row: ModelRow, month: int) -> ModelRow | None:
    """Give a model whose settled energy is of the n-th last settlement, 1 to 12 (DL/T 645-2007, annex A: DI0); None without any."""
    di = row.identifiers.get(Item.SETTLED_ENERGY)
    if di is None or row.protocol != "dlt645-2007":
        return None
    return replace(row, identifiers={**row.identifiers, Item.SETTLED_ENERGY: f"{di[:-2]}{month:02X}"})


def parse_row(name: str, content: Mapping[str, Any]) -> ModelRow | list[Mistake]:
    """Read one model row; return it, or every mistake in it."""
    return _RowParser(name, content).parse()


class _RowParser:
    def __init__(self, name: str, content: Mapping[str, Any]) -> None:
        self._name = name
        self._mistakes: list[Mistake] = []
        self._top = Table(content, "", self._mistakes)

    def parse(self) -> ModelRow | list[Mistake]:
        title = self._top.text("title")
        protocol = self._top.text("protocol", PROTOCOLS)
        phases = self._top.number("phases", 1, 3)
        line = self._line()
        modbus = protocol == "modbus-rtu"
        identifiers = {} if modbus else self._identifiers(4 if protocol == "dlt645-1997" else 8)
        registers = self._registers() if modbus else {}
        relay = self._relay(protocol, registers) if self._top.has("relay") else None
        address = self._address(protocol, registers) if self._top.has("address") else None
        clock = self._clock(protocol, identifiers) if self._top.has("clock") else None
        self._top.close()
        if self._mistakes:
            return self._mistakes
        return ModelRow(
            self._name, title, protocol, phases, line, identifiers, registers, relay, address, clock
        )

    def _address(self, protocol: str, registers: Mapping[Item, Register]) -> Register:
        table = self._top.table("address")
        if protocol != "modbus-rtu":
            table.wrong("", f"{protocol} has a function of its own for the address")
        place, kind = int(table.hexadecimal("register", 4), 16), table.text("type", ("float32", "uint16"))
        # A holding register: what input registers measure at the same number is another thing.
        for item, register in registers.items():
            if register.function == READ_FUNCTIONS[0] and register.covers(place):
                table.wrong(
                    "register", f"is part of {item.value}: writing there would change what the meter counted"
                )
        table.close()
        return Register(READ_FUNCTIONS[0], place, kind)

    def _clock(self, protocol: str, identifiers: Mapping[Item, str]) -> ClockWrite:
        table = self._top.table("clock")
        if protocol != "dlt645-2007" or not {Item.DATE, Item.TIME} <= identifiers.keys():
            table.wrong("", "only a DL/T 645-2007 meter with date and time has its clock written")
        found = ClockWrite(table.hexadecimal("password", 8), table.hexadecimal("operator", 8))
        table.close()
        return found

    def _line(self) -> LineSettings:
        table = self._top.table("line")
        settings = LineSettings(
            table.number("baud", 300, 115_200),
            table.text("parity", PARITIES),
            table.number("preamble", 0, 8, default=0),
        )
        table.close()
        return settings

    def _item_tables(self) -> list[tuple[Item, Table]]:
        table = self._top.table("items")
        if not len(table):
            self._mistakes.append(Mistake("items", "a model has at least one item"))
        found = [(Item(key), table.table(key)) for key in table.keys(tuple(item.value for item in Item))]
        table.close()
        return found

    def _identifiers(self, digits: int) -> dict[Item, str]:
        identifiers = {}
        find = edition1997.find if digits == 4 else find_2007
        for item, table in self._item_tables():
            identifiers[item] = di = table.hexadecimal("di", digits)
            known = find(int(di, 16))
            if known is None:
                table.wrong("di", f"{di} is no identifier that can be read here")
            elif not _says(item, di, known):
                table.wrong("di", f"{di} is {known.name}, which says no {item.value}")
            table.close()
        return identifiers

    def _registers(self) -> dict[Item, Register]:
        registers = {}
        for item, table in self._item_tables():
            register = Register(
                table.number("function", READ_FUNCTIONS[0], READ_FUNCTIONS[-1]),
                int(table.hexadecimal("register", 4), 16),
                table.text("type", tuple(NUMBER_TYPES)),
                table.number("decimals", 0, 6, default=0),
                table.number("count", 1, 3, default=1),
            )
            if item not in scaling.UNITS and item is not Item.RELAY:
                table.wrong("", "can't be read from registers here")
            table.close()
            registers[item] = register
        return registers

    def _relay(
        self, protocol: str, registers: Mapping[Item, Register]
    ) -> CommandRelay | RegisterRelay | None:
        table = self._top.table("relay")
        relay: CommandRelay | RegisterRelay | None = None
        if protocol == "modbus-rtu":
            relay = self._register_relay(table, registers)
        elif protocol == "dlt645-2007":
            relay = self._command_relay(table)
        else:
            table.wrong("", f"no relay is commanded by {protocol}")
        table.close()
        return relay

    def _command_relay(self, table: Table) -> CommandRelay:
        actions = self._actions(table, lambda codes, key: int(codes.hexadecimal(key, 2), 16))
        delayed = table.number("trip_delayed_above_ma", 0, 1_000_000, default=0)
        password, operator = table.hexadecimal("password", 8), table.hexadecimal("operator", 8)
        return CommandRelay(actions, password, operator, delayed or None)

    def _register_relay(self, table: Table, registers: Mapping[Item, Register]) -> RegisterRelay:
        address = int(table.hexadecimal("register", 4), 16)
        for item, register in registers.items():
            if item is not Item.RELAY and register.covers(address):
                table.wrong(
                    "register", f"is part of {item.value}: writing there would change what the meter counted"
                )
        return RegisterRelay(address, self._actions(table, lambda codes, key: codes.number(key, 0, 0xFFFF)))

    def _actions(self, table: Table, read: Callable[[Table, str], int]) -> dict[RelayAction, int]:
        codes = table.table("actions")
        actions = {RelayAction(key): read(codes, key) for key in codes.keys(tuple(RelayAction))}
        if RelayAction.OPEN not in actions:
            codes.wrong("open", "a relay can at least be opened")
        codes.close()
        return actions


def _says(item: Item, di: str, known: Identifier) -> bool:
    """Tell whether an identifier's answer can be read as this item: a number in its unit, a moment, a word, or digits."""
    if item in ONLY_AT:
        return di in ONLY_AT[item]
    if item is Item.IDENTITY:
        return isinstance(known.form, Digits | Ascii) and not known.is_block
    return isinstance(known.form, Number) and known.unit == scaling.UNITS.get(item)
