"""`jobfinders evaluate`: how good are the served predictions?"""

import sys
from typing import Annotated

import msgspec
import typer
from rich.console import Console

from flows.evaluate import simulated
from flows.evaluate.evaluation import CURVE, STEP, evaluate_recording, evaluate_world
from flows.evaluate.hindsight import library
from flows.evaluate.recorded import Recording
from flows.evaluate.report import Report
from flows.evaluate.simulated import World
from flows.evaluate.tables import curve_table, point_of_curve, show
from flows.progress import Display
from flows.simulator.world import EVENTS_PER_APPLICATION
from models.errors import ConfigurationError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(evaluate)


def evaluate(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE]...",
            help="NDJSON of events, also gzipped; - for a pipe. Without one: the simulator.",
        ),
    ] = None,
    applications: Annotated[int, typer.Option(min=1, help="Simulated, within a year.")] = 5_000,
    seed: Annotated[int, typer.Option(min=0, max=2**20, help="Same seed, same world.")] = 1,
    ghosted: Annotated[
        float | None,
        typer.Option(min=0, max=0.9, help="Share that ends in silence; else as it comes."),
    ] = None,
    change: Annotated[
        bool, typer.Option("--change", help="Employers change their behaviour half way.")
    ] = False,
    curve: Annotated[
        bool, typer.Option("--curve", help="Worlds of 50 applications up to --applications.")
    ] = False,
    step: Annotated[
        int, typer.Option(min=1, help="Events until the next version is picked up.")
    ] = STEP,
    offline: Annotated[
        bool | None,
        typer.Option(
            "--offline/--no-offline", help="Beside LightGBM; if not given, with files only."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="All figures as one JSON document.")] = False,
) -> None:
    """Measure the predictions that would have been served, event by event.

    Nothing of the product is touched, and nothing needs to run: the events go through the same
    code as in the analytics and the learning flow, from a cold start on. Each prediction is
    scored as it was served, against what came of its application.

    * `jobfinders evaluate` — on the simulator, where the best possible answer is known
    * `jobfinders evaluate --applications 15000 --ghosted 0.6` — most never get an answer
    * `jobfinders evaluate --change` — how long until a change of behaviour is learned
    * `jobfinders evaluate events.ndjson` — on events of your own, beside trees that were
      trained with hindsight

    docs/evaluation.md explains each figure. Memory: about 5 kB an application and 300 bytes a
    prediction; files are sorted on disk.
    """
    beside = bool(files) if offline is None else offline
    if beside:
        library()
    with Display() as display:
        if files:
            if ghosted is not None or change or curve:
                raise ConfigurationError(
                    "--ghosted, --change and --curve are for the simulator: leave the files out"
                )
            reports = [_recorded(files, display, step=step, offline=beside)]
        else:
            sizes = [size for size in CURVE if size < applications] if curve else []
            reports = []
            for size in [*sizes, applications]:
                world = World(simulated.plan_of(size, seed, ghosted=ghosted, changes=change))
                reports.append(_simulated(world, display, step=step, offline=beside))
                if curve:
                    display.tell(point_of_curve(reports[-1]))
    if json:
        sys.stdout.buffer.write(msgspec.json.encode(reports if curve else reports[0]) + b"\n")
        return
    show(reports[-1], Console())
    if curve:
        Console().print(curve_table(reports))


def _simulated(world: World, display: Display, *, step: int, offline: bool) -> Report:
    plan = world.plan
    task = display.add(
        f"{plan.applications:,} applications", plan.applications * EVENTS_PER_APPLICATION
    )
    report = evaluate_world(
        world, step=step, offline=offline, watch=lambda done: display.read(task, done, done)
    )
    display.done(task)
    return report


def _recorded(files: list[str], display: Display, *, step: int, offline: bool) -> Report:
    tasks = {}

    def watch_reading(name: str, position: int, size: int | None, read: int) -> None:
        if name not in tasks:
            tasks[name] = display.add(name, size)
        display.read(tasks[name], position, read)

    recording = Recording(files, watch_reading)
    task = display.add("replayed", len(recording))
    return evaluate_recording(
        files,
        recording,
        step=step,
        offline=offline,
        watch=lambda done: display.read(task, done, done),
    )
