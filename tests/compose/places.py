"""Where a container's ports and paths are on this machine while its service runs as a process."""

import re
import socket
from pathlib import Path

_ADDRESS = re.compile(r"(?<![\w.-])([a-z]+):(\d+)")


class Places:
    """A free local port for each port that a container listens on; a folder for its paths."""

    def __init__(self, folder: Path, services: list[str]) -> None:
        self.folder = folder
        self._services = services
        self._ports: dict[tuple[str, int], list[int]] = {}

    def listen(self, service: str, port: int) -> int:
        """The local port of the next process of `service` that listens on `port`."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            local: int = probe.getsockname()[1]
        self._ports.setdefault((service, port), []).append(local)
        return local

    def port(self, service: str, port: int, number: int = 0) -> int:
        """Where a process of the service listens. Raises LookupError when none does."""
        try:
            return self._ports[service, port][number]
        except KeyError:
            raise LookupError(f"nobody listens on {service}:{port}") from None

    def addresses(self, text: str) -> str:
        """Text in which each `service:port` is where it is here."""

        def local(found: re.Match[str]) -> str:
            service, port = found[1], int(found[2])
            if service not in self._services:
                return found[0]
            return f"127.0.0.1:{self.port(service, port)}"

        return _ADDRESS.sub(local, text)

    def own_ports(self, service: str, number: int, text: str) -> str:
        """Text in which the ports that this process listens on are where they are here."""
        for (name, port), local in self._ports.items():
            if name == service:
                text = re.sub(rf"(?<![\d.]){port}(?!\d)", str(local[number]), text)
        return text

    def root(self, service: str, number: int) -> Path:
        """The container's root folder."""
        path = self.folder / f"{service}-{number}"
        path.mkdir(parents=True, exist_ok=True)
        return path

    def paths(self, service: str, number: int, text: str) -> str:
        """Text in which a mounted path is under the container's root folder."""
        mounted = "|".join(("/run/secrets", "/data", "/var/lib"))
        root = self.root(service, number)
        return re.sub(rf"(?<![\w/.])({mounted})(?=/|$)", lambda m: f"{root}{m[1]}", text)
