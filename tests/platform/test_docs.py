"""What README and docs say exists: commands, files, settings, routes, columns."""

import re
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from api.app import create
from flows.cli import command_line
from models.decoder import Reason
from models.events import EventType
from models.settings import Settings

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
MIGRATIONS = ROOT / "storage" / "postgres" / "migrations"
EACH_PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)

TABLES = ("application_analytics", "applications", "event_log", "dead_letters", "ingest_runs")


def text_of(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def anchor(heading: str) -> str:
    """As the usual renderers make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@EACH_PAGE
def test_each_command_exists(page: Path) -> None:
    root = typer.main.get_command(command_line([]))
    assert isinstance(root, TyperGroup)
    named = re.findall(r"(?:^|[`$(\s])jobfinders ([a-z][a-z-]+)(?: ([a-z][a-z-]+))?", text_of(page))
    for name, after in named:
        assert name in root.commands, f"jobfinders {name}"
        group = root.commands[name]
        if isinstance(group, TyperGroup) and after:
            assert after in group.commands, f"jobfinders {name} {after}"


@EACH_PAGE
def test_each_option_exists(page: Path) -> None:
    root = typer.main.get_command(command_line([]))
    assert isinstance(root, TyperGroup)
    for name, rest in re.findall(r"jobfinders ([a-z-]+)([^`\n|)]*)", text_of(page)):
        command = root.commands.get(name)
        if command is None or isinstance(command, TyperGroup):
            continue
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z][a-z-]*", rest)) <= {*known, "--help"}, name


@EACH_PAGE
def test_each_relative_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", text_of(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, wanted = link.partition("#")
        target = page if not path else page.parent / path
        assert target.exists(), link
        if wanted:
            headings = re.findall(r"^#+ (.+)$", text_of(target), re.MULTILINE)
            assert wanted in map(anchor, headings), link


@EACH_PAGE
def test_each_setting_exists(page: Path) -> None:
    known = {f"JOBFINDERS_{name.upper()}" for name in Settings.model_fields}
    assert set(re.findall(r"JOBFINDERS_[A-Z_]+[A-Z]", text_of(page))) <= known


@EACH_PAGE
def test_no_page_names_a_machine(page: Path) -> None:
    assert not re.findall(r"(?<![\w.])/(?:root|home|work|tmp|Users)/\S*", text_of(page))


@EACH_PAGE
def test_each_file_of_the_code_exists(page: Path) -> None:
    named = re.findall(
        r"(?<![\w/.…])((?:api|flows|models|storage|tests|docs)/[\w/]+\.\w+)", text_of(page)
    )
    assert [path for path in named if not (ROOT / path).exists()] == []


def test_each_route_is_in_the_document(tmp_path: Path) -> None:
    known = create(Settings(data=tmp_path)).openapi()["paths"]
    shapes = [re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in known]
    named = set(re.findall(r"/api/[\w/{}$-]+[\w}]", text_of(ROOT / "docs" / "api.md")))
    assert len(named) > 20
    for path in named:
        assert any(shape.fullmatch(path) for shape in shapes), path


def test_each_event_type_and_reason_is_explained() -> None:
    api, data = text_of(ROOT / "docs" / "api.md"), text_of(ROOT / "docs" / "data.md")
    assert [name for name in EventType if f"| `{name.partition('.')[2]}` |" not in api] == []
    assert [reason for reason in Reason if f"| `{reason}` |" not in data] == []


@pytest.mark.parametrize("table", TABLES)
def test_each_column_is_explained(table: str) -> None:
    spine = "".join(map(text_of, sorted(MIGRATIONS.glob("*.sql"))))
    (body,) = re.findall(rf"CREATE TABLE {table} \((.*?)\n\)", spine, re.DOTALL)
    columns = re.findall(r'^ {4}"?([a-z_]+)"? ', body, re.MULTILINE)
    assert columns
    page = text_of(ROOT / "docs" / "data.md")
    assert [name for name in columns if not re.search(rf"\b{name}\b", page)] == []
