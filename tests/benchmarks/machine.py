"""The machine that figures belong to, without names and paths."""

import json
import os
import platform
import subprocess
import sys
import time
from importlib.metadata import version
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from storage.postgres.connect import connect

_COMMITS = 200


def describe(url: str, folder: Path) -> dict[str, str]:
    """Properties by name; `url` of the database, `folder` where it keeps its files."""
    with connect(url, autocommit=True) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return {
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {_kernel_series()}, {_file_system(folder)}",
        "Python": platform.python_version(),
        "PostgreSQL": str(row[0]) if row else "unknown",
        "Bytewax": version("bytewax"),
        "one durable commit": f"{_commit_ms(url):.2f} ms",
    }


def pace(path: Path) -> float:
    """What a core is worth just now: events of this file that it decodes a second."""
    command = [sys.executable, "-m", "tests.benchmarks.rivals.decode", str(path)]
    done = subprocess.run(command, check=True, capture_output=True)
    return float(json.loads(done.stdout)["events_per_s"])


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _file_system(folder: Path) -> str:
    mounts = [
        mount
        for mount in psutil.disk_partitions(all=True)
        if folder.absolute().is_relative_to(mount.mountpoint)
    ]
    return str(max(mounts, key=lambda mount: len(mount.mountpoint)).fstype)


def _commit_ms(url: str) -> float:
    """What the disk grants: the median time of a transaction of one row."""
    took = []
    with connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE commits (n integer)")
        for number in range(_COMMITS):
            began = time.perf_counter()
            connection.execute("INSERT INTO commits VALUES ($1)", (number,))
            took.append(time.perf_counter() - began)
        connection.execute("DROP TABLE commits")
    return sorted(took)[_COMMITS // 2] * 1_000


def _kernel_series() -> str:
    """Major and minor version; the rest of a release names the machine's builder."""
    return ".".join(platform.release().split(".")[:2])
