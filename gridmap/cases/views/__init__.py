"""Doors of cases: list, one case, photos, registering."""

from __future__ import annotations

from gridmap.cases.views import (
    agreements,
    appointments,
    browse,
    charge,
    departments,
    desk,
    documents,
    help,
    links,
    mediation,
    meetings,
    parties,
    register,
    routing,
    steps,
    templates,
    timing,
    whistles,
    work,
)
from gridmap.cases.views.door import blueprint

__all__ = [
    "agreements",
    "appointments",
    "blueprint",
    "browse",
    "charge",
    "departments",
    "desk",
    "documents",
    "help",
    "links",
    "mediation",
    "meetings",
    "parties",
    "register",
    "routing",
    "steps",
    "templates",
    "timing",
    "whistles",
    "work",
]
