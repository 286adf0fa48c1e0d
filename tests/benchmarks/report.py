"""Figures as Markdown, each measurement between its own markers of a document."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.benchmarks.figures import Summary, shown

MACHINE = "machine"


class Circumstances(NamedTuple):
    """What a measurement depends on: the day, the events that a core decoded a second before
    and after, and the share of the machine that others took."""

    date: str
    paces: tuple[float, float]
    others: float


def machine_section(machine: Mapping[str, str]) -> str:
    """What was measured on."""
    rows = [f"| {name} | {value} |" for name, value in machine.items()]
    return "\n".join(["| machine | |", "| --- | --- |", *rows])


def section(
    summaries: Sequence[Summary], runs: int, circumstances: Circumstances, *, quick: bool
) -> str:
    """One measurement's table."""
    rows = [
        f"| {one.name} | {shown(one.middle)} {one.unit} | {shown(one.least)} – {shown(one.most)} "
        f"| {one.target} | {one.verdict} |"
        for one in summaries
    ]
    times = "one run" if runs == 1 else f"median of {runs} runs"
    before, after = (shown(pace) for pace in circumstances.paces)
    size = "; small sizes (--quick), not to be compared" if quick else ""
    return "\n".join(
        [
            f"| figure | {times}{size} | least – most | target | |",
            "| --- | ---: | ---: | ---: | --- |",
            *rows,
            "",
            f"Measured on {circumstances.date}, while a core decoded {before} (before) and {after} "
            f"(after) events a second; other processes took {circumstances.others:.0%} of the "
            "processors.",
        ]
    )


def put(path: Path, sections: Mapping[str, str]) -> None:
    """Replace these sections in the document; what it does not have yet is appended."""
    text = path.read_text() if path.exists() else ""
    for name, body in sections.items():
        begin, end = f"<!-- {name}: generated -->", f"<!-- {name}: end -->"
        block = f"{begin}\n{body}\n{end}"
        before, found, rest = text.partition(begin)
        if found:
            _, found, after = rest.partition(end)
            if not found:
                raise ValueError(f"{path.name} lacks the marker {end}")
            text = before + block + after
        else:
            text = f"{text.rstrip()}\n\n{block}\n".lstrip()
    draft = path.with_name(path.name + ".draft")
    path.parent.mkdir(parents=True, exist_ok=True)
    draft.write_text(text)
    draft.rename(path)
