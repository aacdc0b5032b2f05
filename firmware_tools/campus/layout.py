"""What a simulated campus consists of, as plain data: buildings, lines, rooms, their meters and habits. It starts nothing."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class MeterKind:
    """A make of meter: its name as a virtual meter and as a gateway's meter model."""

    virtual: str
    model: str


DLT645 = MeterKind("dlt645-1p", "generic-dlt645-2007")
DLT645_3P = MeterKind("dlt645-3p", "three-phase-dlt645-2007")
DDS238 = MeterKind("dds238-zn-sr", "hiking-dds238-zn-sr")
SDM120 = MeterKind("sdm120", "eastron-sdm120")


@dataclass(frozen=True, slots=True)
class Room:
    """A room with its meter, who lives there and what they do."""

    label: str
    """Within the building: `105`."""
    meter: str
    """The meter's number in the campus."""
    line: str
    address: str
    """On its line: 12 digits, or a Modbus unit."""
    load: str
    """As the virtual meter writes loads: `dormitory:4.5`, `1.2kW`."""
    kind: MeterKind = DLT645
    floor: int = 1
    register_kwh: str = "0.00"
    customer_class: str = "dormitory"
    occupants: tuple[str, ...] = ()
    cut_off: str = "internal"
    billing: str = "prepaid"
    protected: bool = False
    max_power_w: int = 60_000
    pays_yuan: tuple[str, ...] = ()
    """What is paid at the desk when the campus opens."""
    relay_fault: str = "none"
    dead: bool = False
    trip_limit_a: int = 30
    """Above this current the meter delays a trip."""
    ct_ratio: int = 1
    behind: tuple[str, ...] = ()
    """Meters counted behind this one: it is their master."""
    lost_ppm: int = 0
    """What is lost between it and them."""
    own_use_w: int = 0
    """What central is told of unmetered loads behind it; `load` may be more."""


@dataclass(frozen=True, slots=True)
class Line:
    """An RS-485 line of a building."""

    name: str
    baud: int
    parity: str = "E"
    turn_round_ms: tuple[int, int] = (20, 50)


@dataclass(frozen=True, slots=True)
class Building:
    """A building with its own gateway."""

    code: str
    name: str
    gateway: str
    lines: tuple[Line, ...]
    rooms: tuple[Room, ...]


@dataclass(frozen=True, slots=True)
class CustomerClass:
    """Who pays how: the price, and the unit in which balances are kept."""

    code: str
    name: str
    yuan_per_kwh: str
    unit: str = "yuan"
    group: str = "dormitory"
    warn_at: str = ""
    """Warning levels in the class's unit: `10;5`."""


@dataclass(frozen=True, slots=True)
class Campus:
    """All of it."""

    buildings: tuple[Building, ...]
    classes: tuple[CustomerClass, ...]
    seed: str = "campus"
    polling: dict[str, object] = field(default_factory=dict)
    """Settings for every gateway's `[polling]` table."""

    def rooms(self) -> list[tuple[Building, Room]]:
        """Every room with its building."""
        return [(building, room) for building in self.buildings for room in building.rooms]

    def class_of(self, room: Room) -> CustomerClass:
        """The customer class of a room."""
        return next(found for found in self.classes if found.code == room.customer_class)


def full_label(building: Building, room: Room) -> str:
    """What people say: `1-105`."""
    return f"{building.code}-{room.label}"
