"""What a bench prints: each figure with its goal and what stands beside it in the same run; last, how many goals were met."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measurement. `goal` is a text such as `<= 2.5 x`; `met` None: shown beside the others, no goal of its own."""

    what: str
    value: str
    goal: str = ""
    met: bool | None = None
    beside: str = ""


class Figures:
    """Collects and prints; `exit_code` is 0 only when every goal was met."""

    def __init__(self, bench: str) -> None:
        self.bench = bench
        self.all: list[Figure] = []

    def note(self, what: str, value: str, beside: str = "") -> None:
        """Show something that has no goal."""
        self._add(Figure(what, value, beside=beside))

    def at_most(self, what: str, value: float, limit: float, unit: str = "", beside: str = "") -> None:
        """A figure that must not be above its goal."""
        self._add(Figure(what, f"{value:.4g}{unit}", f"<= {limit:g}{unit}", value <= limit, beside))

    def at_least(self, what: str, value: float, limit: float, unit: str = "", beside: str = "") -> None:
        """A figure that must not be below its goal."""
        self._add(Figure(what, f"{value:.4g}{unit}", f">= {limit:g}{unit}", value >= limit, beside))

    def _add(self, figure: Figure) -> None:
        self.all.append(figure)
        mark = {None: "    ", True: "ok  ", False: "MISS"}[figure.met]
        goal = f"goal {figure.goal}" if figure.goal else ""
        print(f"  {mark} {figure.what:<58} {figure.value:>12}  {goal:<18} {figure.beside}", flush=True)

    def close(self) -> int:
        """Print the last line and give the exit code."""
        goals = [figure for figure in self.all if figure.met is not None]
        met = sum(bool(figure.met) for figure in goals)
        print(f"{self.bench}: {met}/{len(goals)} goals met", flush=True)
        return 0 if met == len(goals) else 1
