"""办理流程: what is done in which state and by whom, as the table of the course says."""

from __future__ import annotations

from flask import render_template

from gridmap.access import ROLE_NAMES
from gridmap.cases.rules import explaining
from gridmap.cases.views.door import NAMES, blueprint
from gridmap.web import actor, signed_in


@blueprint.get("/help/course")
@signed_in
def course_help() -> str:
    """The whole table in words; what the person's own posts may do is marked."""
    return render_template(
        "cases/course_help.html",
        states=explaining.seldom(),
        often=explaining.often(),
        own={ROLE_NAMES[post.role] for post in actor.posts},
        HERE=explaining.HERE,
        **NAMES,
    )
