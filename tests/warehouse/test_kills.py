"""Killed at every named point between reading, commit, checkpoint, copy, rename and manifest:
readers see a whole version, and the next start ends where it would have ended."""

import hashlib
import multiprocessing
import os
import shutil
import signal
from collections import Counter
from pathlib import Path
from random import Random

import pytest

from flows.verify import verify
from models.settings import Settings
from storage.duckdb.folder import Folder
from storage.duckdb.reader import open_latest, present
from tests.faults.traffic import Traffic
from tests.flows.driving import drain
from tests.warehouse import dying
from tests.warehouse.driving import publish, query

ROUNDS = 1
SEED = int(os.environ.get("FAULTS_SEED", "5"))
NEEDED = (
    "after commit",
    "after checkpoint",
    "after retire_parts",
    "subprocess.Popen cp",
    "os.mkdir draft-#",
    "os.truncate latest.duckdb",
    "os.chmod latest.duckdb",
    "os.rename #",
    "os.rename manifest.json",
    "os.symlink latest.duckdb",
    "os.rename latest.duckdb",
)
"""The names of a publication; a test that no longer meets them tests less than it says."""
_DEATH_S = 240
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["tests.warehouse.dying"])


class Killing:
    """A log, a folder published half-way through it, and copies of that folder to die in."""

    def __init__(self, url: str, settings: Settings, path: Path) -> None:
        self.url = url
        self.path = path
        self._settings = settings
        self._begun = path / "begun"
        traffic = Traffic(url, SEED, path / "fed.ndjson", applications=30)
        traffic.feed(30)
        drain(url, settings)
        publish(self._at(self._begun))
        traffic.feed(60)
        drain(url, settings)

    def points(self, *, fresh: bool) -> Counter[str]:
        """What a life that nobody ends passes, how often."""
        receiver, sender = _context.Pipe(duplex=False)
        self._live(self._folder(fresh=fresh), "none", 1, sender)
        return Counter(receiver.recv())

    def kill(self, point: str, passes: int, *, fresh: bool) -> None:
        """Die there, be looked at, start again; then all must be exact and nothing left over."""
        folder = self._folder(fresh=fresh)
        code = self._live(folder, point, passes, None)
        assert code == -signal.SIGKILL, f"{point} is not passed {passes} times: {code}"
        if folder.manifest.exists():
            check_whole(folder)
        assert self._live(folder, "none", 1, None) == 0
        report = verify(self.url, warehouse=folder.path)
        assert report.clean, f"{passes} {point}: {report}"
        assert not leftovers(folder), f"{passes} {point}"

    def _live(self, folder: Folder, point: str, passes: int, told: object) -> int | None:
        life = _context.Process(
            target=dying.live, args=(self.url, folder.path, point, passes, told)
        )
        life.start()
        life.join(_DEATH_S)
        return life.exitcode

    def _folder(self, *, fresh: bool) -> Folder:
        data = self.path / "dying"
        shutil.rmtree(data, ignore_errors=True)
        if fresh:
            data.mkdir()
        else:
            shutil.copytree(self._begun, data, symlinks=True)
        return Folder(data / "warehouse")

    def _at(self, data: Path) -> Settings:
        return self._settings.model_copy(update={"data": data})


def check_whole(folder: Folder) -> None:
    """What anybody can open at this moment is what its manifest says, and no half transaction."""
    manifest, path = present(folder.path)
    assert manifest.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    for file in (path, folder.latest):
        if file.exists():
            facts = "SELECT sum(version) = (SELECT count(*) FROM events) FROM applications"
            assert query(file, facts) == [(True,)]


def leftovers(folder: Folder) -> set[str]:
    """Files that no table, manifest or present work knows."""
    with open_latest(folder.path) as latest:
        known = {
            str(folder.path / name)
            for (name,) in latest.execute(
                "SELECT name FROM history_parts UNION ALL SELECT name FROM retired_parts"
            ).fetchall()
        }
    parts = {str(path) for path in folder.history.rglob("*.parquet")}
    private = {path.name for path in folder.private.iterdir()}
    pages = {name for name in private if name.endswith(".csv")}
    return (parts - known) | (private - pages - {"lock", "warehouse.duckdb"})


@pytest.mark.timeout(900)
@pytest.mark.parametrize("partitions", [2])
def test_a_kill_at_each_point(database: str, settings: Settings, tmp_path: Path) -> None:
    """Points that only a new warehouse passes, in a new one; all others behind a version."""
    random = Random(SEED)
    killing = Killing(database, settings, tmp_path)
    later = killing.points(fresh=False)
    first = {point: n for point, n in killing.points(fresh=True).items() if point not in later}
    assert set(NEEDED) <= set(later), later
    for fresh, points in ((False, later), (True, first)):
        for number, (point, times) in enumerate(points.items(), 1):
            print(f"{number} of {len(points)}: {point}", flush=True)
            for _ in range(ROUNDS):
                killing.kill(point, random.randint(1, times), fresh=fresh)
