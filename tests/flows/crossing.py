"""What the tests of API writes beside a stepped flow share."""

import json
import time

import asyncpg
import jwt

from api.auth import Principal, Role
from api.services import applications as service
from flows.partition import Partition
from models.entity import Entity
from models.events import Created
from models.instant import to_rfc3339
from models.settings import Settings
from tests.conftest import JWT_SECRET
from tests.flows.driving import step

ADA = Principal("ada", Role.USER, 0.0, 2e9)
ENTITY_IS_NOT_THE_FOLD = """
SELECT entity.id FROM applications AS entity
LEFT JOIN application_analytics AS row ON row.application_id = entity.id
WHERE (entity.user_id, entity.job_id, entity.job_title, entity.company, entity.location,
       entity.source, entity.match_score, entity.resume_id, entity.referral_code,
       entity.applied_at, entity.status, entity.status_at, entity.withdraw_reason, entity.orphan)
    IS DISTINCT FROM
      (row.user_id, row.job_id, row.job_title, row.company, row.location, row.source,
       row.match_score, row.resume_id, row.referral_code, row.applied_at, row.status,
       row.status_at, row.withdraw_reason, 'orphan' = ANY (row.flags))
"""
LEFT_OVER = """
SELECT (SELECT count(*) FROM pending_writes) + (SELECT count(*) FROM entity_stale)
    + (SELECT count(*) FROM outbox)
"""


def outside(application_id: str, id_: str, kind: str, data: object, at_us: int) -> bytes:
    """An event of another system, by its own clock."""
    return json.dumps(
        {
            "specversion": "1.0",
            "id": id_,
            "source": "/ats",
            "type": f"application.{kind}",
            "subject": application_id,
            "time": to_rfc3339(at_us),
            "userid": "ada",
            "data": data,
        }
    ).encode()


def bearer(settings: Settings) -> dict[str, str]:
    """ada's token."""
    claims = {
        "sub": "ada",
        "role": "user",
        "iss": settings.jwt_issuer,
        "aud": settings.jwt_audience,
        "iat": int(time.time()),
        "exp": int(time.time()) + 600,
    }
    return {"Authorization": f"Bearer {jwt.encode(claims, JWT_SECRET, algorithm='HS256')}"}


async def settle(flow: Partition, look: asyncpg.Connection) -> None:
    """Step until nothing is left to be judged or brought to the fold."""
    deadline = time.monotonic() + 20
    while step(flow) or await look.fetchval(LEFT_OVER):
        assert time.monotonic() < deadline, "something is never judged"


async def new_application(connection: asyncpg.Connection) -> Entity:
    """Entered by ada, not folded yet."""
    created = Created(job_id="j", job_title="t", company="c")
    async with connection.transaction():
        return await service.create(connection, "ada", created, None)
