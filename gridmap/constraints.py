"""The database is the last guard: named constraints, and refusals of the scope's policy, as messages for people."""

from __future__ import annotations

import logging
import re

from sqlalchemy.exc import IntegrityError, ProgrammingError

from gridmap.errors import BadInput, Conflict, Forbidden, GridmapError

log = logging.getLogger("gridmap")
CONSTRAINT_MESSAGES = {
    "uq_accounts_username": ("username", "该用户名已被使用，请换一个。"),
    "ck_accounts_username": ("username", "用户名由 2–40 位小写字母、数字、点、横线组成，以字母或数字开头。"),
    "ck_accounts_name": ("name", "姓名须为 1–60 个字。"),
    "ck_cases_title": ("title", "标题须为 1–100 个字。"),
    "uq_departments_unit_code_name": ("name", "该区划下已有同名部门。"),
    "uq_cases_client_id": ("client_id", "该事件已经提交过，请到列表中查看。"),
    "ex_outlines_validity": ("effective_on", "同一区划在同一时间只能有一个边界，请检查生效日期。"),
    "ck_units_name": ("name", "区划名称须为 1–200 个字。"),
}


def from_database(error: IntegrityError | ProgrammingError) -> GridmapError:
    """Translate a named constraint to its field's message, and a refusal of the policy to "not yours"."""
    text = str(error.orig)
    if "row-level security" in text:
        return Forbidden("该地点不在您负责的区划范围内，未保存。")
    name = getattr(getattr(error.orig, "diag", None), "constraint_name", None) or ""
    if name in CONSTRAINT_MESSAGES:
        field, message = CONSTRAINT_MESSAGES[name]
        return BadInput(message, field=field)
    if re.match(r"(uq|ex)_", name):
        return Conflict("已有相同的记录，请刷新后查看。")
    log.exception("unmapped database error", exc_info=error)
    return BadInput("内容不符合要求，未保存；请检查后重试。")
