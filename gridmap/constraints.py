"""The database is the last guard: what it says, as messages for people. What people wrote never goes into the log."""

from __future__ import annotations

import logging
import re
import traceback

import psycopg2
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from gridmap.errors import BadInput, Busy, Conflict, Forbidden, GridmapError, NotReady, TooSlow

log = logging.getLogger("gridmap")
CONSTRAINT_MESSAGES = {
    "uq_accounts_username": ("username", "该用户名已被使用，请换一个。"),
    "ck_accounts_username": ("username", "用户名由 2–40 位小写字母、数字、点、横线组成，以字母或数字开头。"),
    "ck_accounts_name": ("name", "姓名须为 1–60 个字。"),
    "ck_cases_title": ("title", "标题须为 1–100 个字。"),
    "uq_departments_unit_code_name": ("name", "该区划下已有同名部门。"),
    "ck_case_orders_department_open": ("department", "该部门刚刚撤销，请改派其他部门。"),
    "uq_cases_client_id": ("client_id", "该事件已经提交过，请到列表中查看。"),
    "ck_work_calendars_note": ("reason", "原因过长，请写得简短些。"),
    "ck_work_days_name": ("name", "名称最多 30 个字。"),
    "ex_outlines_validity": ("effective_on", "同一区划在同一时间只能有一个边界，请检查生效日期。"),
    "uq_appointment_desks_name": ("name", "该中心已有同名的接待窗口，请换一个名称。"),
    "ck_units_name": ("name", "区划名称须为 1–200 个字。"),
}


BUSY = {
    "55P03": "别人正在修改同一内容，本次未保存；请稍后再试。",  # lock_timeout
    "40P01": "与别人的修改同时发生，本次未保存；请稍后再试。",  # deadlock
    "40001": "与别人的修改同时发生，本次未保存；请稍后再试。",  # serialization failure
}
TOO_SLOW = "57014"  # statement_timeout, or an administrator's cancel
Failure = DBAPIError | psycopg2.Error


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
    log.error("unmapped constraint: %s", named(error))
    return BadInput("内容不符合要求，未保存；请检查后重试。")


def from_operation(error: Failure) -> GridmapError:
    """Translate what kept the database from answering: somebody else's lock, a time limit, or that it is away."""
    state = state_of(error)
    log.error("database refused: %s", named(error))
    if state in BUSY:
        return Busy(BUSY[state])
    if state == TOO_SLOW:
        return TooSlow("查询时间过长，已停止；请缩小范围（区划、时段或条件），或稍后再试。")
    return NotReady("数据库暂时无法连接，请稍后再试；如持续出现请联系系统管理员。")


def state_of(error: Failure) -> str:
    """Return the SQLSTATE of an error, empty when there was no answer."""
    return getattr(getattr(error, "orig", error), "pgcode", None) or ""


def named(error: Failure) -> str:
    """Return what may be logged of a database error: kind, SQLSTATE, table, constraint, where in our code.

    The message, its DETAIL and CONTEXT quote the row, which may hold personal data; so does the statement.
    """
    original = getattr(error, "orig", None) or error
    diag = getattr(original, "diag", None)
    parts = {
        "SQLSTATE": state_of(error),
        "table": getattr(diag, "table_name", None),
        "column": getattr(diag, "column_name", None),
        "constraint": getattr(diag, "constraint_name", None),
        "at": _ours(error),
    }
    return " ".join([type(original).__name__, *(f"{key}={value}" for key, value in parts.items() if value)])


def _ours(error: BaseException) -> str:
    """Return where in the product an error came up: file, line and function of the innermost frame of ours."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "/gridmap/" in frame.filename]
    return f"gridmap/{frames[-1].filename.rpartition('/gridmap/')[2]}:{frames[-1].lineno}" if frames else ""
