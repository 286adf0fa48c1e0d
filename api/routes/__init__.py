"""Every router of the API, in the order of the document. A new one is added here."""

from fastapi import APIRouter

from api.routes import dead_letters, health, ingest, me, performance, stream, users

ROUTERS: tuple[APIRouter, ...] = (
    me.router,
    ingest.router,
    dead_letters.router,
    users.router,
    stream.router,
    performance.router,
    health.router,
)
