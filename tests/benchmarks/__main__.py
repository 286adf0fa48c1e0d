"""`python -m tests.benchmarks [NAME…]`: measures, prints, and writes docs/benchmarks.md."""

import argparse
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import import_module
from itertools import islice
from pathlib import Path

from tests.benchmarks import report
from tests.benchmarks.figures import Figures, summarise
from tests.benchmarks.machine import describe, pace
from tests.benchmarks.processes import ROOT, Others
from tests.benchmarks.workspace import Workspace

NAMES = (
    *("throughput", "latency", "restart", "http", "dashboards"),
    *("stream", "ingest", "kafka", "page", "warehouse", "model"),
)
_RUNS = 3
_PACED = 50_000
"""Events that are decoded to see what a core is worth."""
_DOCUMENT = ROOT / "docs" / "benchmarks.md"


def main() -> None:
    """Measure what was asked for. Slow figures are reported, never a failure."""
    arguments = _arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A thousand clients need more descriptors than the usual 1,024; children inherit the limit.
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    runs = arguments.runs or (1 if arguments.quick else _RUNS)
    out = arguments.out or (None if arguments.quick else _DOCUMENT)
    with _workspace(arguments.folder, quick=arguments.quick) as workspace:
        with workspace.database() as url:
            machine = describe(url, workspace.folder)
        sections = {report.MACHINE: report.machine_section(machine)}
        print(sections[report.MACHINE], end="\n\n", flush=True)
        for name in dict.fromkeys(arguments.names or NAMES):
            sections[name] = _measure(workspace, name, runs)
            print(sections[name], end="\n\n", flush=True)
            if out is not None:
                report.put(out, sections)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks",
        description="Measure the product on this machine; docs/benchmarks.md says what and how.",
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}; all if none is named"
    )
    parser.add_argument("--quick", action="store_true", help="small sizes, one run: does it work?")
    parser.add_argument("--runs", type=int, help=f"runs of each ({_RUNS}, quick 1)")
    parser.add_argument("--out", type=Path, help="document for the figures (docs/benchmarks.md)")
    parser.add_argument("--folder", type=Path, help="where to work: on the disk to be measured")
    arguments = parser.parse_args()
    if unknown := set(arguments.names) - set(NAMES):
        parser.error(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    if arguments.runs is not None and arguments.runs < 1:
        parser.error("--runs must be at least 1")
    return arguments


@contextmanager
def _workspace(parent: Path | None, *, quick: bool) -> Iterator[Workspace]:
    with tempfile.TemporaryDirectory(prefix="benchmarks-", dir=parent) as folder:
        workspace = Workspace(Path(folder), quick=quick, tell=_tell)
        try:
            workspace.server.start()
            yield workspace
        finally:
            workspace.server.stop()


def _measure(workspace: Workspace, name: str, runs: int) -> str:
    module = import_module(f"tests.benchmarks.{name}")
    print(module.TITLE, end="\n\n", flush=True)
    measured: list[Figures] = []
    paced = workspace.history(_PACED)
    before = pace(paced)
    began = time.monotonic()
    others = Others(workspace.server)
    with closing(module.runs(workspace)) as endless:
        for number, figures in enumerate(islice(endless, runs), 1):
            _tell(f"{name}: run {number} of {runs} done after {time.monotonic() - began:.0f} s")
            measured.append(figures)
    share, date = others.share(), time.strftime("%Y-%m-%d")
    circumstances = report.Circumstances(date, (before, pace(paced)), share)
    return report.section(summarise(measured), runs, circumstances, quick=workspace.quick)


def _tell(text: str) -> None:
    sys.stderr.write(f"  … {text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    main()
