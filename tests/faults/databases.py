"""Fresh migrated databases on one server."""

from itertools import count

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from storage.postgres.embedded import Server
from storage.postgres.migrate import migrate


class Databases:
    """Made from a template for each number of partitions."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._templates: dict[int, str] = {}
        self._numbers = count(1)

    def fresh(self, partitions: int = 1) -> str:
        """URL of a new database."""
        template = self._templates.get(partitions)
        if template is None:
            template = self._templates[partitions] = f"faults_template_{partitions}"
            self._execute("CREATE DATABASE {}", template)
            migrate(self.server.url(template), partitions=partitions)
        name = f"faults_{next(self._numbers)}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        return self.server.url(name)

    def drop(self, url: str) -> None:
        """Drop it, whoever is connected."""
        self._execute("DROP DATABASE {} WITH (FORCE)", str(conninfo_to_dict(url)["dbname"]))

    def _execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.server.url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
