"""The broker's program fetched from a Maven repository of our own, so that it takes a moment."""

import hashlib
import os
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from models.errors import ConfigurationError, Unavailable
from storage.kafka.jars import Release, class_path

_MEGABYTES = 8
_PARTS = ("one", "two")
_POM = """<project><modelVersion>4.0.0</modelVersion><groupId>test</groupId>
<artifactId>{}</artifactId><version>1</version></project>"""


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nothing: a test's output is its own."""


@pytest.fixture
def release(tmp_path: Path) -> Iterator[Release]:
    """Two jars of 4 MB each, served over HTTP, with their hashes."""
    pins = [_publish(tmp_path / "maven" / "test" / name / "1", name) for name in _PARTS]
    handler = partial(_Quiet, directory=str(tmp_path / "maven"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever).start()
        yield Release(
            version="1",
            coordinates="+".join(f"test:{name}:1" for name in _PARTS),
            megabytes=_MEGABYTES,
            pins="\n".join(pins),
            repository=f"http://127.0.0.1:{server.server_port}",
        )
        server.shutdown()


def test_who_waits_hears_how_far_it_is_and_no_more_the_next_time(
    release: Release, tmp_path: Path
) -> None:
    told: list[str] = []
    jars = Path(class_path(tmp_path / "cache", told.append, release)).parent
    assert sorted(path.name for path in jars.iterdir()) == [f"{name}-1.jar" for name in _PARTS]
    assert told == [
        "fetching Kafka 1 from Maven Central (8 MB, once)",
        *(f"{fetched} of 8 MB" for fetched in (2, 4, 6, 8)),
    ]
    assert class_path(tmp_path / "cache", told.append, release) == f"{jars}/*"
    assert len(told) == 5


def test_a_jar_of_another_hash_is_not_taken(release: Release, tmp_path: Path) -> None:
    _publish(tmp_path / "maven" / "test" / "two" / "1", "two")
    with pytest.raises(ConfigurationError, match=r"as Kafka 1: two-1\.jar$"):
        class_path(tmp_path / "cache", print, release)
    assert not (tmp_path / "cache" / "kafka-1" / "jars").exists()


def test_a_repository_that_lacks_one_can_be_asked_again(release: Release, tmp_path: Path) -> None:
    jar = tmp_path / "maven" / "test" / "two" / "1" / "two-1.jar"
    jar.rename(tmp_path / "kept")
    with pytest.raises(Unavailable, match="cannot fetch Kafka from Maven Central"):
        class_path(tmp_path / "cache", print, release)
    (tmp_path / "kept").rename(jar)
    assert class_path(tmp_path / "cache", print, release)


def _publish(folder: Path, name: str) -> str:
    """A jar that does not compress, with its pom; returns its pin."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}-1.pom").write_text(_POM.format(name))
    jar = folder / f"{name}-1.jar"
    with zipfile.ZipFile(jar, "w") as archive:
        archive.writestr("content", os.urandom(_MEGABYTES // len(_PARTS) * 1_000_000))
    return f"{hashlib.sha256(jar.read_bytes()).hexdigest()}  {jar.name}"
