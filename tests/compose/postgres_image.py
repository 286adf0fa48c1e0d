"""What the entry point of the image `postgres:18` does at its first start."""

import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path

from storage.postgres import embedded_cluster as cluster

PGDATA = "/var/lib/postgresql/18/docker"


def make_cluster(folder: Path, environment: Mapping[str, str]) -> cluster.UserArguments:
    """Make the cluster that POSTGRES_* ask for; returns whose it is."""
    folder.mkdir(parents=True)
    owner = cluster.owner_of(folder)
    owner.give(folder)
    owner.open_way(folder)
    password = folder.with_name("password")
    password.write_text(Path(environment["POSTGRES_PASSWORD_FILE"]).read_text())
    owner.give(password)
    initdb = cluster.binaries() / "initdb"
    owner.open_way(initdb)
    _run(
        owner,
        [
            str(initdb),
            *("-D", str(folder), "--no-sync", "--username", environment["POSTGRES_USER"]),
            *("--pwfile", str(password), "--auth-host=scram-sha-256"),
            *shlex.split(environment["POSTGRES_INITDB_ARGS"]),
        ],
    )
    _run(
        owner,
        [str(cluster.binaries() / "postgres"), "--single", "-D", str(folder), "postgres"],
        f'CREATE DATABASE "{environment["POSTGRES_DB"]}"\n',
    )
    return owner.as_arguments()


def _run(owner: cluster.Owner, words: list[str], said: str = "") -> None:
    done = subprocess.run(
        words,
        input=said,
        capture_output=True,
        text=True,
        check=False,
        env={"LANG": "C.UTF-8"},  # the image's is a UTF-8 locale too
        **owner.as_arguments(),
    )
    assert done.returncode == 0, done.stderr
