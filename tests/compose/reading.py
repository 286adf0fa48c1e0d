"""docker-compose.yml and the Dockerfile as their tools read them, strictly."""

import re
import shlex
from pathlib import Path
from typing import Any

import yaml

from models.settings import Settings

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
PREFIX = "JOBFINDERS_"

_VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
_DURATION = re.compile(r"(\d+(ms|s|m|h))+")
_KNOWN = {
    "": {"name", "services", "networks", "volumes", "secrets"},
    "service": set(
        "image build user read_only tmpfs init networks secrets restart security_opt cap_drop "
        "logging command environment volumes ports depends_on healthcheck stop_grace_period "
        "shm_size deploy".split()
    ),
    "healthcheck": {"test", "interval", "timeout", "retries", "start_period"},
    "deploy": {"replicas", "resources"},
    "resources": {"limits"},
    "limits": {"cpus", "memory"},
}


class Wrong(Exception):
    """What docker compose would refuse, or take and do nothing with."""


def variables(path: Path) -> dict[str, str]:
    """The assignments of an env file."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def compose(text: str, values: dict[str, str]) -> dict[str, Any]:
    """The file with its variables put in. Raises Wrong for what is not right in itself."""
    document = _put_in({k: v for k, v in yaml.safe_load(text).items() if k[:2] != "x-"}, values)
    _known("", document)
    for name, service in document["services"].items():
        try:
            _check(service, document)
        except Wrong as wrong:
            raise Wrong(f"{name}: {wrong}") from None
    return document


def variables_of(text: str) -> dict[str, str | None]:
    """Every variable that the file uses, with its default."""
    return {name: rest if how == "-" else None for name, how, rest in _VARIABLE.findall(text)}


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """(instruction, rest) of a Dockerfile, in order."""
    joined = re.sub(r"\s*\\\n\s*", " ", re.sub(r"^#.*\n", "", dockerfile, flags=re.MULTILINE))
    lines = [line.split(maxsplit=1) for line in joined.splitlines() if line.strip()]
    return [(name, rest) for name, rest in lines]


def image_environment() -> dict[str, str]:
    """ENV of the final stage."""
    words: list[str] = []
    for name, rest in instructions((ROOT / "Dockerfile").read_text()):
        words = [] if name == "FROM" else words + (shlex.split(rest) if name == "ENV" else [])
    return dict(word.split("=", 1) for word in words)


def is_part(service: dict[str, Any]) -> bool:
    """Whether it runs the product's own image."""
    return "build" in service


def secret_files(service: dict[str, Any]) -> dict[str, str]:
    """Names under /run/secrets and their sources."""
    given = [s if isinstance(s, dict) else {"source": s} for s in service.get("secrets", [])]
    return {one.get("target", one["source"]): one["source"] for one in given}


def _put_in(node: Any, values: dict[str, str]) -> Any:
    if isinstance(node, dict):
        return {key: _put_in(value, values) for key, value in node.items()}
    if isinstance(node, list):
        return [_put_in(value, values) for value in node]
    return _VARIABLE.sub(lambda m: _value(m, values), node) if isinstance(node, str) else node


def _value(found: re.Match[str], values: dict[str, str]) -> str:
    name, how, rest = found.groups()
    if values.get(name):
        return values[name]
    if how == "-":
        return str(rest)
    raise Wrong(f"{name} is not set: {rest}")


def _known(where: str, node: dict[str, Any]) -> None:
    if unknown := node.keys() - _KNOWN[where]:
        raise Wrong(f"unknown {where} keys {sorted(unknown)}")


def _check(service: dict[str, Any], document: dict[str, Any]) -> None:
    _known("service", service)
    for part in ("healthcheck", "deploy"):
        _known(part, service.get(part, {}))
    _known("resources", service["deploy"]["resources"])
    _known("limits", service["deploy"]["resources"]["limits"])
    _check_environment(service)
    for target, source in secret_files(service).items():
        if source not in document["secrets"]:
            raise Wrong(f"no secret {source}")
        if is_part(service) and target.removeprefix(PREFIX.lower()) not in Settings.model_fields:
            raise Wrong(f"the secret {target} is no setting")
    for other, condition in service.get("depends_on", {}).items():
        _check_condition(document["services"].get(other), other, condition["condition"])
    for network in service["networks"]:
        if network not in document["networks"]:
            raise Wrong(f"no network {network}")
    for volume in service.get("volumes", []):
        if volume.split(":")[0] not in document["volumes"]:
            raise Wrong(f"no volume {volume}")
    health = service.get("healthcheck", {})
    for key in health.keys() - {"test", "retries"}:
        if not _DURATION.fullmatch(health[key]):
            raise Wrong(f"{key} is no duration")


def _check_environment(service: dict[str, Any]) -> None:
    for name in service.get("environment", {}):
        if is_part(service) and name.removeprefix(PREFIX).lower() not in Settings.model_fields:
            raise Wrong(f"{name} is no setting")


def _check_condition(other: dict[str, Any] | None, name: str, condition: str) -> None:
    if other is None:
        raise Wrong(f"no service {name}")
    fits = {
        "service_healthy": "healthcheck" in other,
        "service_completed_successfully": other["restart"] in ("no", "on-failure"),
        "service_started": True,
    }
    if not fits.get(condition):
        raise Wrong(f"{name} cannot be {condition}")
