"""The program of the local broker: Kafka's jars from Maven Central, kept in the user's cache."""

import fcntl
import hashlib
import shutil
from collections.abc import Callable
from importlib import resources
from pathlib import Path

from models.errors import ConfigurationError, Unavailable

VERSION = "4.3.0"
_COORDINATES = f"org.apache.kafka:kafka_2.13:{VERSION}+org.slf4j:slf4j-simple:1.7.36"
_CHUNK = 1 << 20

Tell = Callable[[str], None]


def class_path(cache: Path, tell: Tell) -> str:
    """Kafka's class path; the first call on a machine fetches its jars (44 MB) into `cache`.

    Every jar must have the hash that `jars.sha256` pins. Raises ConfigurationError for one that
    has not, or where the cache cannot be used; Unavailable when Maven Central cannot be reached.
    """
    folder = cache.expanduser() / f"kafka-{VERSION}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            jars = folder / "jars"
            if not jars.exists():
                _fetch(folder / "fetched", tell)
                _keep(folder / "fetched", jars)
                shutil.rmtree(folder / "fetched")
    except OSError as error:
        raise ConfigurationError(f"cannot use the cache {folder}: {error}") from error
    return f"{jars}/*"


def _fetch(folder: Path, tell: Tell) -> None:
    from jgo.env import EnvironmentBuilder  # noqa: PLC0415  slow to import, needed once
    from jgo.maven import MavenContext  # noqa: PLC0415

    tell(f"fetching Kafka {VERSION} from Maven Central (44 MB, once)")
    maven = MavenContext(repo_cache=folder / "maven", timeout=60)
    try:
        EnvironmentBuilder(maven, folder / "environment").from_endpoint(_COORDINATES)
    except Exception as error:  # whatever its HTTP client and its resolver raise
        raise Unavailable(f"cannot fetch Kafka from Maven Central: {error}") from error


def _keep(fetched: Path, jars: Path) -> None:
    """The pinned jars beside each other, all or none."""
    lines = (line.split() for line in _pins().splitlines())
    pinned = {name: digest for digest, name in lines}
    found = {path.name: path for path in fetched.rglob("*.jar") if path.name in pinned}
    wrong = [name for name, digest in pinned.items() if _digest(found.get(name)) != digest]
    if wrong:
        raise ConfigurationError(f"not what was published as Kafka {VERSION}: {', '.join(wrong)}")
    draft = jars.with_suffix(".draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    for path in found.values():
        shutil.copy(path, draft)
    draft.rename(jars)


def _pins() -> str:
    return (resources.files("storage.kafka") / "jars.sha256").read_text("utf-8")


def _digest(path: Path | None) -> str | None:
    if path is None:
        return None
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()
