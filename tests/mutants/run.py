"""`make mutants`: change the rules and the codecs a little, each change by itself, and see whether a test notices.

    python -m tests.mutants.run --sample 250 --seed 7
    python -m tests.mutants.run --all --only gateway/domain/loss.py

What is changed and what is left alone: `mutate.py`. A mutant is killed by the first test that fails, or by tests that take many
times as long; one that no test notices, equivalent or not, counts as survived and is shown as a diff. The same seed gives the
same sample, and property tests try the same examples each time.
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from tests.mutants.mutate import Mutant, mutants_of
from tests.mutants.reach import Reach, Recorder
from tests.mutants.trial import PYTEST, Outcome, Trial, Warm, try_cold, try_each

ROOT = Path(__file__).resolve().parents[2]
ROOMS = {
    "gateway/domain": ["tests/domain", "tests/clock/test_clock_trust.py", "tests/application"],
    "gateway/protocols": ["tests/protocols"],
}
"""The packages, and the tests that are to kill their mutants."""
TOO_SLOW = ["tests/application/test_rules_machine.py", "tests/application/test_books_machine.py"]
"""Random histories: seconds for each mutant that survives. What only they would notice counts as survived."""
GOAL_PERCENT = 90
SAMPLE = 250
SPARE_S = 2.0
TIMES_AS_LONG = 3
"""A mutant's tests may take so many times their CPU time under the tracer, and so much on top."""
KILLED = {Outcome.KILLED, Outcome.TIMED_OUT}


def main() -> int:
    """Try the mutants; print each survivor, the counts by file, then each figure with its goal. Exit 0 only if all are met."""
    options = _options()
    if os.environ.get("PYTHONHASHSEED") != "0":
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], os.environ | {"PYTHONHASHSEED": "0"})
    root: Path = options.root
    os.chdir(root)
    sys.path.insert(0, str(root))
    repeatable_properties()
    began_s = time.monotonic()
    chosen = {package: choose(package, options) for package in ROOMS}
    chosen = {package: mutants for package, mutants in chosen.items() if mutants}
    print(
        f"seed {options.seed}: {', '.join(f'{len(m)} mutants of {p}' for p, m in chosen.items())}", flush=True
    )
    outcomes = try_all(chosen, root, options.workers)
    print(f"{len(outcomes)} mutants in {time.monotonic() - began_s:.0f} s, {options.workers} at a time")
    for mutant, outcome in outcomes.items():
        if outcome not in KILLED:
            source = (root / mutant.file).read_bytes()
            print(f"{mutant.file}:{mutant.line}  {outcome} ({mutant.what})\n{mutant.diff(source)}")
    print_files(outcomes)
    met = sum([print_score(package, outcomes) for package in chosen])
    print(f"mutants: {met}/{len(chosen)} goals met")
    return 0 if met == len(chosen) else 1


def choose(package: str, options: argparse.Namespace) -> list[Mutant]:
    """Give the package's mutants, or a seeded sample of them."""
    root: Path = options.root
    names = [str(file.relative_to(root)) for file in sorted((root / package).rglob("*.py"))]
    wanted = [name for name in names if name.startswith(options.only)]
    mutants = [mutant for name in wanted for mutant in mutants_of(name, (root / name).read_bytes())]
    if options.all or len(mutants) <= options.sample:
        return mutants
    drawn = random.Random(f"{package}:{options.seed}").sample(range(len(mutants)), options.sample)
    return [mutants[index] for index in sorted(drawn)]


def try_all(chosen: dict[str, list[Mutant]], root: Path, workers: int) -> dict[Mutant, Outcome]:
    """Find out what each test runs, then try every mutant; give what became of each, in the order of the files."""
    rooms = [room for package in chosen for room in ROOMS[package] if (root / room).exists()]
    with tempfile.TemporaryDirectory() as folder:
        pytest_arguments = [
            *PYTEST,
            f"--basetemp={folder}/tests",
            *(f"--ignore={file}" for file in TOO_SLOW),
            *rooms,
        ]
        recorded, told = Path(folder) / "recorded", Path(folder) / "told"
        recorder = Recorder(list(chosen), root, recorded)
        in_a_child(lambda: recorder.run(pytest_arguments))
        reach = Reach(recorded)
        print(
            f"{len(reach.took_s)} tests traced, {sum(reach.took_s.values()):.0f} s; now the mutants",
            flush=True,
        )
        trials = [
            trial_of(mutant, package, reach) for package, mutants in chosen.items() for mutant in mutants
        ]
        warm = [trial for trial in trials if not trial.is_loaded]
        in_a_child(lambda: pytest.main(pytest_arguments, plugins=[Warm(root, warm, workers, told)]))
        outcomes = dict(zip(warm, map(Outcome, json.loads(told.read_text())), strict=True))
    cold = [trial for trial in trials if outcomes.get(trial, Outcome.NOT_PLANTED) is Outcome.NOT_PLANTED]
    outcomes |= try_each(cold, workers, lambda trial: try_cold(root, trial))
    return {trial.mutant: outcomes[trial] for trial in trials}


def trial_of(mutant: Mutant, package: str, reach: Reach) -> Trial:
    """Choose the tests that could notice: for what runs when a module is loaded, all of them."""
    is_loaded = mutant.function is None or reach.runs_at_load(mutant.file, mutant.lines)
    tests = (
        reach.tests_of_file(mutant.file, ROOMS[package])
        if is_loaded
        else reach.tests_of(mutant.file, mutant.lines)
    )
    limit_s = SPARE_S + TIMES_AS_LONG * sum(reach.took_s[test] for test in tests)
    return Trial(mutant, tuple(tests), is_loaded, limit_s)


def in_a_child(work: Callable[[], int]) -> None:
    """Do it in a forked process, so that this one never imports the product."""
    sys.stdout.flush()
    if (pid := os.fork()) == 0:
        os._exit(work())
    if code := os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]):
        sys.exit(f"no mutant was tried: pytest ended with {code}")


def repeatable_properties() -> None:
    """Let property tests try the same examples each time, and stop at the first that fails."""
    settings.register_profile(
        "mutants",
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutants")


def print_files(outcomes: dict[Mutant, Outcome]) -> None:
    """Print how many of each file's mutants were killed."""
    print(f"{'file':<44} mutants  killed  survived")
    for file in dict.fromkeys(mutant.file for mutant in outcomes):
        count = Counter(outcome in KILLED for mutant, outcome in outcomes.items() if mutant.file == file)
        print(f"{file:<44} {count.total():7} {count[True]:7} {count[False]:9}")
    for outcome, number in sorted(Counter(outcomes.values()).items()):
        print(f"  {number:6}  {outcome}")


def print_score(package: str, outcomes: dict[Mutant, Outcome]) -> bool:
    """Print the share of the package's mutants that were killed, with its goal."""
    ends = [
        outcome in KILLED for mutant, outcome in outcomes.items() if mutant.file.startswith(f"{package}/")
    ]
    percent = 100 * sum(ends) / len(ends)
    print(f"  {percent:6.1f} %  (goal >= {GOAL_PERCENT} %)  of {len(ends)} mutants of {package} killed")
    return percent >= GOAL_PERCENT


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sample", type=int, default=SAMPLE, help="mutants of each package")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all", action="store_true", help="every mutant")
    parser.add_argument("--only", default="", help="the files whose names begin like this")
    parser.add_argument("--root", type=Path, default=ROOT, help="the checkout")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
