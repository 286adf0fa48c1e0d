"""Every router of the API, in the order of the document. A new one is added here."""

from fastapi import APIRouter

from api.routes import (
    analytics,
    applications,
    dead_letters,
    demo,
    health,
    ingest,
    me,
    metrics,
    model,
    notes,
    page,
    performance,
    story,
    stream,
    tables,
    users,
)

ROUTERS: tuple[APIRouter, ...] = (
    me.router,
    applications.router,
    notes.router,
    story.router,
    analytics.router,
    metrics.router,
    model.router,
    tables.router,
    ingest.router,
    dead_letters.router,
    users.router,
    stream.router,
    performance.router,
    health.router,
    demo.router,
    page.router,
)
