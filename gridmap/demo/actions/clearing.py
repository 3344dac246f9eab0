"""Demonstration data never mixes with real work: it goes into an empty system, or replaces other demonstration data."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap.errors import Conflict

KEPT = ["departments", "posts"]
"""Scoped tables of which only the demonstration's rows go; everything else that lies in a unit goes with the units."""
EMPTIED = ["case_cells", "case_deltas", "case_totals", "case_words", "case_words_waiting"]
"""Kept from cases: emptied by the triggers on the truncation of cases themselves."""
_PLACES = """
  with recursive found as (
    select c.oid from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'unit_code'
    where c.relkind in ('r', 'p') and c.relnamespace = 'public'::regnamespace and c.relname <> all(:kept)
      and exists (select from pg_attribute k where k.attrelid = c.oid and k.attname = 'county_code')
    union select 'case_numbers'::regclass::oid
    union select c.conrelid from pg_constraint c join found f on c.confrelid = f.oid and c.contype = 'f'
  ) select oid::regclass::text from found order by 1
"""


def require_empty(session: Session) -> None:
    """Raise ``Conflict`` when there are units, cases or demonstration accounts already."""
    for table, what in (("units", "区划"), ("cases", "事件"), ("accounts where is_demo", "示例账号")):
        if session.execute(text(f"select exists (select from {table})")).scalar_one():
            raise Conflict(f"系统里已有{what}，示例数据只能装入空系统：如需清除现有区划和事件后重装，请加 --replace。")


def clear(session: Session) -> None:
    """Remove all units, outlines, cases and demonstration accounts; other accounts and their posts stay.

    Raises ``Conflict`` when somebody who is no demonstration account has registered cases, or holds a post in one of the
    demonstration's departments: that is real work.
    """
    real = session.execute(
        text("select count(*) from cases c join accounts a on a.id = c.created_by where not a.is_demo")
    ).scalar_one()
    if real:
        raise Conflict(f"有 {real} 件事件由正式账号登记，不能用示例数据替换：请另建一个数据库装入示例。")
    _require_unused_departments(session)
    places = session.execute(text(_PLACES), {"kept": KEPT + EMPTIED}).scalars()
    session.execute(text(f"truncate {', '.join(places)}"))
    session.execute(text("delete from sign_ins where account_id in (select id from accounts where is_demo)"))
    session.execute(text("delete from posts where account_id in (select id from accounts where is_demo)"))
    session.execute(text("delete from departments where is_demo"))
    session.execute(text("delete from accounts where is_demo"))


def _require_unused_departments(session: Session) -> None:
    """Raise ``Conflict`` when a post of a real account, held or ended, is in a department of the demonstration."""
    used = session.execute(
        text(
            "select d.unit_code, d.name, a.username from departments d join posts p on p.county_code = d.county_code"
            " and p.department_id = d.id join accounts a on a.id = p.account_id"
            " where d.is_demo and not a.is_demo order by a.username, d.id"
        )
    ).all()
    if used:
        first = used[0]
        raise Conflict(
            f"有 {len(used)} 个正式账号的岗位属于示例部门（如 {first.username} 在 {first.unit_code:015d} 的“{first.name}”），"
            "不能用示例数据替换：请另建一个数据库装入示例。"
        )
