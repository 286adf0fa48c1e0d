"""The small commands: tokens, dead letters, status, and errors on one line."""

import json
import stat
from collections.abc import Callable
from pathlib import Path

import jwt
import pytest

from models.settings import Settings
from storage.postgres import dead_letters
from storage.postgres.connect import connect
from storage.postgres.embedded import Server
from tests.platform.driving import event, run

Command = Callable[..., str]


@pytest.fixture
def command(settings: Settings) -> Command:
    """Runs a command on the test's database; it must succeed."""

    def run_one(*arguments: str) -> str:
        assert settings.postgres_url is not None
        settings.data.mkdir(exist_ok=True)
        ended = run(settings.data, *arguments, postgres_url=settings.postgres_url)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    return run_one


def kill(url: str, *numbers: int, reason: str = "invalid") -> None:
    """Dead letters as the flow makes them."""
    with connect(url) as connection:
        for number in numbers:
            connection.execute(
                """INSERT INTO dead_letters
                   (source, partition, "offset", stage, reason, detail, recorded_at, payload)
                   VALUES ('outbox', 0, $1, 'decode', $2, 'why', now(), $3)""",
                (number, reason, event(number)),
            )


def waiting(url: str) -> list[bytes]:
    with connect(url) as connection:
        return [bytes(row[0]) for row in connection.execute("SELECT payload FROM outbox")]


def test_dead_letters_are_listed_shown_and_sent_back_once(database: str, command: Command) -> None:
    kill(database, 1, 2)
    kill(database, 3, reason="owner_mismatch")
    assert len(command("dead-letters", "list").splitlines()) == 3
    (line,) = command("dead-letters", "list", "--reason", "owner_mismatch").splitlines()
    number = line.split()[0]
    assert event(3).decode() in command("dead-letters", "show", number)
    assert command("dead-letters", "redrive", number) == "1 sent back\n"
    assert command("dead-letters", "redrive", number) == "0 sent back\n"
    assert waiting(database) == [event(3)]
    with pytest.raises(AssertionError, match="Invalid value"):
        command("dead-letters", "list", "--reason", "owner-mismatch")
    assert command("dead-letters", "redrive", "--all") == "2 sent back\n"
    assert sorted(waiting(database)) == [event(1), event(2), event(3)]


@pytest.mark.parametrize("partitions", [4])
def test_a_redriven_message_goes_to_its_application_s_partition(database: str) -> None:
    kill(database, *range(20))
    with connect(database, autocommit=True) as connection:
        assert dead_letters.redrive_all(connection) == 20
        found = connection.execute("SELECT count(DISTINCT partition) FROM outbox").fetchone()
    assert found == (4,)


def test_a_redrive_that_fails_loses_nothing(database: str) -> None:
    kill(database, 1)
    with connect(database, autocommit=True) as connection:
        connection.execute("DROP TABLE log")
        with pytest.raises(Exception, match="log"):
            dead_letters.redrive_all(connection)
        row = connection.execute("SELECT count(*) FROM dead_letters").fetchone()
    assert row == (1,)


def test_status_as_json_has_every_figure(database: str, command: Command) -> None:
    kill(database, 1)
    status = json.loads(command("status", "--json"))
    assert status["running"] is None
    assert status["partitions"] == 1
    assert status["log_heads"] == {"0": 0}
    assert status["waiting"] == {"messages": 0, "oldest_s": 0.0}
    assert status["counts"]["dead_letters"] == 1
    assert status["dead_letters"] == {"invalid": 1}
    assert status["sizes"]["event_log"] > 0
    assert "not running" in command("status")


def test_status_shows_where_each_flow_reads(database: str, command: Command) -> None:
    kill(database, 1)
    with connect(database, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO flow_positions (flow, partition, position, dead_lettered, clock)"
            " VALUES ('analytics', 0, 4321, 7, '2026-03-02T12:00:00Z'), ('learning', 0, 9, 0, NULL)"
        )
    shown = command("status").splitlines()
    titles = next(line for line in shown if line.startswith("flow")).split()
    flow = next(line for line in shown if line.startswith("analytics")).split()
    reader = next(line for line in shown if line.startswith("learning")).split()
    told = json.loads(command("status", "--json"))["positions"]
    assert [position["source"] for position in told] == ["outbox", "event_log"]
    head = titles.index("log")
    assert (flow[head], reader[head]) == ("-", "0"), "the head of what it reads, if it is the log"
    assert flow[titles.index("position")] == "4,321"
    assert "7" in flow
    assert flow[-2:] == ["03-02", "12:00"], "one line, also where there are 80 columns"


def test_a_token_carries_what_the_api_expects(tmp_path: Path) -> None:
    made = run(tmp_path / "data", "token", "--user", "ann", "--role", "analyst", "--lifetime", "5m")
    secret = tmp_path / "data" / "jwt-secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    claims = jwt.decode(
        made.stdout.strip(),
        secret.read_text().strip(),
        algorithms=["HS256"],
        audience="jobfinders",
        issuer="jobfinders-development",
    )
    assert claims["sub"] == "ann"
    assert claims["role"] == "analyst"
    assert claims["exp"] - claims["iat"] == 300
    again = run(tmp_path / "data", "token", "--user", "ann")
    assert jwt.decode(
        again.stdout.strip(), secret.read_text().strip(), ["HS256"], audience="jobfinders"
    )


@pytest.mark.parametrize(
    ("arguments", "settings", "says"),
    [
        (["token", "--user", "a"], {"environment": "production"}, "refused here"),
        (["token", "--user", "a b"], {}, "'a b' cannot be a user id"),
        (["token", "--user", "a", "--lifetime", "2d"], {}, "may live from 1 to 86400 seconds"),
        (["status"], {"port": "many"}, "JOBFINDERS_PORT: input should be a valid integer"),
        (["status"], {}, "start it with `jobfinders up`"),
        (["dead-letters", "list"], {}, "nothing is running on"),
        (["migrate"], {"postgres_url": "postgresql://127.0.0.1:1/x"}, "Postgres does not answer"),
        (["status"], {"postgres_url": "me:s3cret@db/jobs"}, "JOBFINDERS_POSTGRES_URL is not like"),
        (["url", "kafka"], {}, "no Kafka"),
    ],
)
def test_an_error_is_one_line_and_exit_code_1(
    tmp_path: Path, arguments: list[str], settings: dict[str, str], says: str
) -> None:
    ended = run(tmp_path / "data", *arguments, **settings)
    assert ended.returncode == 1
    assert ended.stderr.startswith("jobfinders: ")
    assert ended.stderr.count("\n") == 1
    assert says in ended.stderr


def test_a_database_without_tables_says_what_to_do(postgres_server: Server, tmp_path: Path) -> None:
    ended = run(tmp_path / "data", "status", postgres_url=postgres_server.url("postgres"))
    assert ended.returncode == 1
    assert ended.stderr == "jobfinders: the database has no tables yet: run `jobfinders migrate`\n"


def test_settings_are_listed_without_secrets(tmp_path: Path) -> None:
    listed = run(
        tmp_path / "data",
        "settings",
        jwt_secret="s3cret-of-mine",
        postgres_url="postgresql://me:s3cret-too@db/jobs",
    ).stdout
    assert f"JOBFINDERS_DATA={tmp_path / 'data'}  # Folder of everything" in listed
    assert "JOBFINDERS_POSTGRES_URL=postgresql://me:***@db/jobs" in listed
    assert "s3cret" not in listed
    assert [line for line in listed.splitlines() if "  # " not in line] == []


def test_help_names_every_command() -> None:
    text = run(Path.cwd() / "data", "--help").stdout
    for name in ("up", "down", "status", "url", "token", "api", "flow", "ingest", "dead-letters"):
        assert name in text
    assert run(Path.cwd() / "data", "--version").stdout.startswith("jobfinders ")
