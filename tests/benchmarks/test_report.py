"""What the benchmarks write: medians, verdicts, and only their own parts of a document."""

from pathlib import Path

import pytest

from tests.benchmarks.figures import Figure, Figures, milliseconds, percentile, shown, summarise
from tests.benchmarks.report import Circumstances, put, section


def test_runs_are_summed_up_by_their_median_with_the_extremes() -> None:
    rates = (50_000.0, 44_000.0, 10_000.0)
    runs: list[Figures] = [{"flow": Figure(rate, "events/s", at_least=45_000)} for rate in rates]
    [one] = summarise(runs)
    assert (one.middle, one.least, one.most) == (44_000, 10_000, 50_000)
    assert (one.target, one.verdict) == ("≥ 45,000", "missed")


@pytest.mark.parametrize(("value", "verdict"), [(15.0, "met"), (15.1, "missed")])
def test_a_bound_from_above_is_kept_at_the_bound_itself(value: float, verdict: str) -> None:
    assert summarise([{"p99": Figure(value, "ms", at_most=15)}])[0].verdict == verdict


def test_the_99th_percentile_is_a_value_that_99_of_100_do_not_exceed() -> None:
    seconds = [number / 1_000 for number in range(100, 0, -1)]
    assert percentile(seconds, 0.99) == 0.099
    assert percentile([0.5], 0.99) == 0.5
    assert milliseconds("row", seconds)["row, p50"].value == 50


def test_three_digits_are_shown() -> None:
    assert [shown(value) for value in (45_123.4, 12.345, 1.234)] == ["45,123", "12.3", "1.23"]


def test_only_the_own_sections_of_a_document_are_replaced(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text("# A\n<!-- one: generated -->\nold\n<!-- one: end -->\nprose\n")
    put(document, {"one": "new", "two": "first"})
    put(document, {"two": "second"})
    assert document.read_text() == (
        "# A\n<!-- one: generated -->\nnew\n<!-- one: end -->\nprose\n\n"
        "<!-- two: generated -->\nsecond\n<!-- two: end -->\n"
    )


def test_a_document_without_an_end_marker_is_left_alone(tmp_path: Path) -> None:
    document = tmp_path / "benchmarks.md"
    document.write_text("<!-- one: generated -->\nprose that must stay\n")
    with pytest.raises(ValueError, match="one: end"):
        put(document, {"one": "new"})
    assert "prose that must stay" in document.read_text()


def test_a_quick_run_says_that_it_is_not_to_be_compared() -> None:
    summaries = summarise([{"flow": Figure(1.0, "events/s")}])
    circumstances = Circumstances("2026-01-02", (120_000.4, 98_000.0), 0.25)
    assert "not to be compared" in section(summaries, 1, circumstances, quick=True)
    full = section(summaries, 3, circumstances, quick=False)
    assert "median of 3 runs" in full
    assert "on 2026-01-02" in full
    assert "120,000 (before) and 98,000 (after)" in full
    assert "other processes took 25%" in full
