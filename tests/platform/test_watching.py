"""Dashboard and alert rules: every query parses, and asks for metrics and labels that exist."""

import json
import re
from pathlib import Path
from typing import Any

import promql_parser
import pytest
import yaml
from prometheus_client import Counter, Histogram
from prometheus_client.metrics import MetricWrapperBase

from api.metrics import Described, Metrics, Pipeline

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text()
RULES = yaml.safe_load((ROOT / "docs" / "operations" / "alerts.yml").read_text())["groups"]
DASHBOARD = json.loads((ROOT / "docs" / "operations" / "grafana-dashboard.json").read_text())
ALERTS = [rule for group in RULES for rule in group["rules"]]
TARGETS = [target for panel in DASHBOARD["panels"] for target in panel["targets"]]
QUERIES = [one["expr"] for one in (*ALERTS, *TARGETS)]
OF_PROMETHEUS = {"up": {"job", "instance"}}


def series() -> dict[str, set[str]]:
    """Every series that /metrics can have, with its labels."""
    found: dict[str, set[str]] = {}
    for metric in vars(Metrics()).values():
        if isinstance(metric, MetricWrapperBase):
            labels = set(metric._labelnames)
            name = metric._name
            if isinstance(metric, Histogram):
                found |= {f"{name}_count": labels, f"{name}_sum": labels}
                found[f"{name}_bucket"] = labels | {"le"}
            else:
                found[f"{name}_total" if isinstance(metric, Counter) else name] = labels
    described = [one for one in vars(Pipeline).values() if isinstance(one, Described)]
    return found | {one.name: set(one.labels) for one in described}


def selectors(query: str) -> list[tuple[str, set[str]]]:
    """Each metric of a query with the labels that it is chosen by."""
    found: list[tuple[str, set[str]]] = []

    def visit(node: Any) -> None:
        if isinstance(node, promql_parser.VectorSelector):
            found.append((node.name, {m.name for m in node.matchers.matchers}))
        for name in ("expr", "lhs", "rhs", "args", "vector_selector", "selector", "param"):
            for child in _each(getattr(node, name, None)):
                visit(child)

    visit(promql_parser.parse(query))
    return found


def _each(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list) else [value]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_parses_and_names_what_exists(query: str) -> None:
    known = series() | OF_PROMETHEUS
    asked = selectors(query)
    assert asked
    assert {name for name, _ in asked} == set(re.findall(r"\bjobfinders_\w+|\bup\b", query))
    for name, labels in asked:
        assert name in known
        assert labels <= known[name], name
    names = {name for name, _ in asked}
    kept = {one for group in re.findall(r"by \(([^)]*)\)", query) for one in group.split(", ")}
    assert kept <= set().union(*(known[name] for name in names))


def test_a_wrong_query_is_found() -> None:
    with pytest.raises(ValueError, match="unclosed"):
        selectors("sum(rate(jobfinders_x[5m])")
    assert selectors('max(a{b="1"}) > 0 and rate(c[5m]) > 1') == [("a", {"b"}), ("c", set())]


def test_every_metric_is_watched_or_explained() -> None:
    text = " ".join(QUERIES)
    names = {re.sub(r"_(bucket|count|sum)$", "", name) for name in series()}
    assert [name for name in names if name not in text] == []
    assert [name for name in names if f"`{name}" not in PAGE] == []


def test_every_alert_has_its_runbook_and_place_in_the_page() -> None:
    headings = {
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", PAGE, re.MULTILINE)
    }
    assert len({alert["alert"] for alert in ALERTS}) == len(ALERTS)
    for alert in ALERTS:
        page, _, anchor = alert["annotations"]["runbook"].partition("#")
        assert page == "docs/operations.md"
        assert anchor in headings, alert["alert"]
        assert f"`{alert['alert']}`" in PAGE
        assert alert["labels"]["severity"] in ("page", "ticket")
        assert re.fullmatch(r"\d+m", alert.get("for", "0m"))
        assert alert.keys() <= {"alert", "expr", "for", "labels", "annotations"}


def test_a_process_that_says_it_is_not_ready_has_not_failed() -> None:
    (errors,) = [alert["expr"] for alert in ALERTS if alert["alert"] == "ServerErrors"]
    assert [labels & {"route"} for _, labels in selectors(errors)] == [{"route"}] * 2
    assert errors.count('route!="/readyz"') == 2


def test_figures_that_are_missing_are_noticed() -> None:
    missed = re.findall(r"absent\((\w+)\)", " ".join(alert["expr"] for alert in ALERTS))
    assert set(missed) & {one.name for one in vars(Pipeline).values() if isinstance(one, Described)}


def test_the_dashboard_can_be_imported() -> None:
    ids = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    places = {(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in DASHBOARD["panels"]}
    assert len(places) == len(ids)
    assert {panel["datasource"]["uid"] for panel in DASHBOARD["panels"]} == {"${datasource}"}
    assert [one["name"] for one in DASHBOARD["templating"]["list"]] == ["datasource"]
    assert DASHBOARD["schemaVersion"] >= 36
