"""Figures as Markdown, each measurement between its own markers of a document."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.benchmarks.figures import Summary, shown

MACHINE = "machine"


def machine_section(machine: Mapping[str, str], date: str) -> str:
    """What was measured on."""
    rows = [f"| {name} | {value} |" for name, value in {**machine, "measured on": date}.items()]
    return "\n".join(["| machine | |", "| --- | --- |", *rows])


def section(summaries: Sequence[Summary], runs: int, others: float, *, quick: bool) -> str:
    """One measurement's table; `others` is the share of the machine that others took."""
    rows = [
        f"| {one.name} | {shown(one.middle)} {one.unit} | {shown(one.least)} – {shown(one.most)} "
        f"| {one.target} | {one.verdict} |"
        for one in summaries
    ]
    times = "one run" if runs == 1 else f"median of {runs} runs"
    size = "; small sizes (--quick), not to be compared" if quick else ""
    return "\n".join(
        [
            f"| figure | {times}{size} | least – most | target | |",
            "| --- | ---: | ---: | ---: | --- |",
            *rows,
            "",
            f"Other processes took {others:.0%} of the processors meanwhile.",
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
