"""What `./hotline test` runs: the checks and tests in stages, each with its time, and a summary at the end.

    ./hotline test                      all stages, what can be side by side (LANES)
    ./hotline test lint unit            these stages
    ./hotline test telephony -k music   a stage; what follows its name goes to pytest
    ./hotline test tests/unit/acd -x    pytest alone, on these paths

Every test belongs to exactly one stage: by its folder (tests/deploy), else by its mark (telephony, data, browser), else `unit`;
what is written in TypeScript is checked in `web`.
A stage without a test fails: a check that silently checks nothing is worse than none.
"""

from __future__ import annotations

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

REPOSITORY = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Step:
    """One program to run; the stage fails when it ends with anything but 0."""

    title: str
    command: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a step ended."""

    title: str
    passed: bool
    took_s: float


TEST_STAGES = {
    "unit": ("-m", "not telephony and not data and not browser", "--ignore=tests/deploy", "tests"),
    "data": ("-m", "data and not telephony", "--ignore=tests/deploy", "tests"),
    "browser": ("-m", "browser", "--ignore=tests/deploy", "tests"),
    "telephony": ("-m", "telephony", "--ignore=tests/deploy", "tests"),
    "deploy": ("tests/deploy",),
}
STAGES = ("lint", "web", *TEST_STAGES)
LANES = (("lint", "unit"), ("web", "data", "deploy"))
"""With all stages asked for, these run side by side, and what each prints is shown when it is over. Browser comes after them,
alone: what is seen there is timed. So are calls: their tests come last, in two halves side by side, each of which mostly waits
for people to speak and leaves most of its core idle."""


def packages() -> list[str]:
    """Our top-level packages: every folder of the repository that has an `__init__.py`."""
    return sorted(path.parent.name for path in REPOSITORY.glob("*/__init__.py"))


def tool(name: str, *arguments: str) -> tuple[str, ...]:
    """A program of the virtual environment, started as a module so that a moved checkout still works."""
    return (sys.executable, "-m", name, *arguments)


def pytest(*arguments: str) -> tuple[str, ...]:
    return tool("pytest", *arguments)


def steps_of(stage: str, pytest_arguments: list[str]) -> list[Step]:
    """The steps of a stage; further arguments go to its pytest."""
    if stage == "lint":
        return [
            Step("lint: ruff check", tool("ruff", "check")),
            Step("lint: ruff format", tool("ruff", "format", "--check")),
            Step("lint: mypy --strict", tool("mypy", "--strict", *packages())),
            Step("lint: import contracts", (sys.executable, str(BIN / "lint-imports"))),
        ]
    if stage == "web":
        return [
            Step("web: types", ("npm", "--prefix", "web", "run", "--silent", "types")),
            Step("web: tests", ("npm", "--prefix", "web", "run", "--silent", "test")),
        ]
    return [Step(f"tests: {stage}", pytest(*TEST_STAGES[stage], *pytest_arguments))]


def halves_of_telephony() -> list[list[Step]]:
    """All tests of the stage, in two lanes of modules that are about equally long. Each leaves out what the other has, so that
    a test from elsewhere is run twice rather than never."""
    modules = sorted((REPOSITORY / "tests" / "telephony").glob("test_*.py"), key=lambda path: -path.stat().st_size)
    halves: tuple[list[Path], list[Path]] = ([], [])
    for module in modules:
        min(halves, key=lambda half: sum(path.stat().st_size for path in half)).append(module)
    return [
        [
            Step(
                f"tests: telephony, {name} half",
                pytest(*TEST_STAGES["telephony"], *(f"--ignore={path.relative_to(REPOSITORY)}" for path in others)),
            )
        ]
        for name, others in zip(("one", "other"), reversed(halves), strict=True)
    ]


def plan(arguments: list[str]) -> list[Step]:
    """The leading stage names choose the stages, the rest is pytest's; without a stage name pytest runs alone."""
    count = next((i for i, argument in enumerate(arguments) if argument not in STAGES), len(arguments))
    chosen, rest = arguments[:count], arguments[count:]
    if not chosen:
        return [Step(f"pytest {' '.join(rest)}", pytest(*rest))]
    return [step for stage in chosen for step in steps_of(stage, rest)]


def run(step: Step) -> Outcome:
    """Run one step with its output passed through."""
    print(f"\n=== {step.title}", flush=True)
    started = time.monotonic()
    finished = subprocess.run(step.command, cwd=REPOSITORY, check=False)
    return _ended(step, finished.returncode, time.monotonic() - started)


def run_lane(steps: list[Step]) -> list[Outcome]:
    """Run these one after the other beside another lane; what each printed is shown when it is over, in one piece."""
    outcomes = []
    for step in steps:
        started = time.monotonic()
        print(f"... {step.title} has begun", flush=True)
        finished = subprocess.run(
            step.command, cwd=REPOSITORY, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        took_s = time.monotonic() - started
        with _printing:
            print(f"\n=== {step.title}", flush=True)
            sys.stdout.buffer.write(finished.stdout)
            outcomes.append(_ended(step, finished.returncode, took_s))
    return outcomes


_printing = Lock()


def _ended(step: Step, code: int, took_s: float) -> Outcome:
    passed = code == 0
    print(f"--- {step.title}: {'passed' if passed else 'FAILED'} in {took_s:.1f} s", flush=True)
    return Outcome(step.title, passed, took_s)


def run_everything() -> list[Outcome]:
    """All stages: the lanes side by side, then the rest."""
    outcomes = run_lanes([[step for stage in lane for step in steps_of(stage, [])] for lane in LANES])
    alone = [stage for stage in STAGES if stage != "telephony" and not any(stage in lane for lane in LANES)]
    outcomes += [run(step) for stage in alone for step in steps_of(stage, [])]
    return outcomes + run_lanes(halves_of_telephony())


def run_lanes(lanes: list[list[Step]]) -> list[Outcome]:
    """Lanes side by side."""
    with ThreadPoolExecutor(len(lanes)) as side_by_side:
        return [outcome for lane in side_by_side.map(run_lane, lanes) for outcome in lane]


def summary(outcomes: list[Outcome], total_s: float) -> str:
    """One line a step, and how long it all took."""
    lines = [f"  {'passed' if one.passed else 'FAILED'}  {one.took_s:7.1f} s  {one.title}" for one in outcomes]
    failed = sum(not one.passed for one in outcomes)
    return "\n".join(
        ["", "=== summary", *lines, f"{len(outcomes) - failed} of {len(outcomes)} steps in {total_s:.0f} s"]
    )


def main(arguments: list[str]) -> int:
    """Run what was asked for; 1 when anything failed. All steps run even after one failed."""
    if arguments in (["-h"], ["--help"]):
        print(__doc__)
        return 0
    started = time.monotonic()
    outcomes = [run(step) for step in plan(arguments)] if arguments else run_everything()
    print(summary(outcomes, time.monotonic() - started), flush=True)
    return 0 if all(one.passed for one in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
