"""The program of the local broker: Kafka's jars from Maven Central, kept in the user's cache."""

import fcntl
import hashlib
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from models.errors import ConfigurationError, Unavailable

_CHUNK = 1 << 20
_MEGABYTE = 1_000_000
_TOLD_TIMES = 4

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Release:
    """What is fetched, about how much, from where; `pins` has a line `SHA-256 name` a jar."""

    version: str
    coordinates: str
    megabytes: int
    pins: str
    repository: str = "https://repo.maven.apache.org/maven2"


KAFKA = Release(
    version="4.3.0",
    coordinates="org.apache.kafka:kafka_2.13:4.3.0+org.slf4j:slf4j-simple:1.7.36",
    megabytes=44,
    pins=(resources.files("storage.kafka") / "jars.sha256").read_text("utf-8"),
)


def class_path(cache: Path, tell: Tell, release: Release = KAFKA) -> str:
    """Kafka's class path; the first call on a machine fetches its jars into `cache`.

    `tell` hears how far that is. Every jar must have the hash that is pinned. Raises
    ConfigurationError for one that has not, or where the cache cannot be used; Unavailable when
    Maven Central cannot be reached.
    """
    folder = cache.expanduser() / f"kafka-{release.version}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            jars = folder / "jars"
            if not jars.exists():
                _fetch(release, folder / "fetched", tell)
                _keep(release, folder / "fetched", jars)
                shutil.rmtree(folder / "fetched")
    except OSError as error:
        raise ConfigurationError(f"cannot use the cache {folder}: {error}") from error
    return f"{jars}/*"


def _fetch(release: Release, folder: Path, tell: Tell) -> None:
    from jgo.env import EnvironmentBuilder  # noqa: PLC0415  slow to import, needed once
    from jgo.maven import MavenContext, PythonResolver  # noqa: PLC0415

    tell(f"fetching Kafka {release.version} from Maven Central ({release.megabytes} MB, once)")
    maven = MavenContext(
        PythonResolver(progress_callback=_Progress(release.megabytes, tell).of_file),
        repo_cache=folder / "maven",
        remote_repos={"central": release.repository},
        timeout=60,
    )
    try:
        EnvironmentBuilder(maven, folder / "environment").from_endpoint(release.coordinates)
    except Exception as error:  # whatever its HTTP client and its resolver raise
        raise Unavailable(f"cannot fetch Kafka from Maven Central: {error}") from error


class _Progress:
    """Tells each quarter of `megabytes` as it has come."""

    def __init__(self, megabytes: int, tell: Tell) -> None:
        self._megabytes = megabytes
        self._tell = tell
        self._fetched = 0
        self._told = 0

    @contextmanager
    def of_file(self, _name: str, _size: int) -> Iterator[Callable[[int], None]]:
        """What hears of the bytes of one file as they come."""
        yield self._add

    def _add(self, size: int) -> None:
        self._fetched += size
        quarters = self._fetched * _TOLD_TIMES // (self._megabytes * _MEGABYTE)
        if quarters > self._told:
            self._told = quarters
            self._tell(f"{self._fetched // _MEGABYTE} of {self._megabytes} MB")


def _keep(release: Release, fetched: Path, jars: Path) -> None:
    """The pinned jars beside each other, all or none."""
    lines = (line.split() for line in release.pins.splitlines())
    pinned = {name: digest for digest, name in lines}
    found = {path.name: path for path in fetched.rglob("*.jar") if path.name in pinned}
    wrong = [name for name, digest in pinned.items() if _digest(found.get(name)) != digest]
    if wrong:
        raise ConfigurationError(
            f"not what was published as Kafka {release.version}: {', '.join(wrong)}"
        )
    draft = jars.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    for path in found.values():
        shutil.copy(path, draft)
    draft.rename(jars)


def _digest(path: Path | None) -> str | None:
    if path is None:
        return None
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
