"""The page of background jobs: how many wait and run, which failed and why; try again, or give up.

The queue is one for all counties and its tables know no scope: only administrators of the whole system enter.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from sqlalchemy import text
from werkzeug.wrappers import Response

from gridmap import audit
from gridmap.access import Permission
from gridmap.errors import Conflict
from gridmap.pages import when
from gridmap.web import actor, listing, page_number, requires, session, wants_json

blueprint = Blueprint("jobs", __name__)
PAGE = 100
JOB_NAMES = {
    "notices.deliver": "通知：准备发送",
    "notices.send": "通知：发送邮件或群消息",
    "notices.broken_off": "通知：清点中断的发送",
    "cases.document": "文书：制作",
    "cases.supervision": "文书：自动督办的督办单",
    "cases.escalate": "期限：提醒、超时和督办",
    "cases.reindex_parties": "当事人：更新查重索引",
    "cases.promises": "调解：履行提醒",
    "cases.words": "检索：收录新事件",
    "cases.words_audit": "检索：核对",
    "queue.resume": "队列：接着办中断的任务",
    "cases.charges": "领导包案：提醒履责",
    "analysis.fold": "统计：汇总新变化",
    "analysis.audit": "统计：核对汇总",
    "field.decide": "手机端：处理已收到的内容",
    "patrols.draw": "巡查：计算覆盖",
    "patrols.outlines": "巡查：边界变更后重算覆盖",
    "patrols.odd": "巡查：核对轨迹",
    "patrols.unseen": "巡查：提醒多日没有轨迹的网格",
    "upkeep.sweep": "清理过期记录",
}
_FAILED = text(
    "select j.id, j.task_name, j.attempts, max(e.at) as at, coalesce(max(f.words), '') as words"
    " from procrastinate_jobs j left join procrastinate_events e on e.job_id = j.id left join job_faults f on f.job_id = j.id"
    " where j.status = 'failed' group by j.id order by max(e.at) desc nulls last, j.id desc limit :most offset :skipped"
)


@blueprint.get("/jobs")
@requires(Permission.ACCOUNT_MANAGE, at=0)
def index() -> Response | str:
    """Counts of jobs, and the failed ones, newest first."""
    counted = session.execute(text("select status::text, count(*) from procrastinate_jobs group by 1"))
    counts: dict[str, int] = {status: number for status, number in counted}
    page, failed = page_number(request.args), counts.get("failed", 0)
    rows = session.execute(_FAILED, {"most": PAGE, "skipped": (page - 1) * PAGE}).all()
    following = url_for(".index", page=page + 1) if page * PAGE < failed else None
    if wants_json():
        items = [
            {"id": row.id, "task": row.task_name, "attempts": row.attempts, "at": when(row.at), "words": row.words}
            for row in rows
        ]
        return listing(items, failed, following)
    return render_template("jobs.html", counts=counts, rows=rows, page=page, following=following, JOB_NAMES=JOB_NAMES)


@blueprint.post("/jobs/<int:job_id>")
@requires(Permission.ACCOUNT_MANAGE, at=0)
def change(job_id: int) -> Response:
    """Put a failed job back into the queue, or give it up."""
    again = not request.form.get("give_up")
    change = (
        "update procrastinate_jobs set status = 'todo', scheduled_at = now(), attempts = 0"
        if again
        else "update procrastinate_jobs set status = 'cancelled'"
    )
    found: Any = None
    if job_id < 2**63:
        where = " where id = :id and status = 'failed' returning task_name"
        found = session.execute(text(change + where), {"id": job_id}).scalar()
    if found is None:
        raise Conflict("该任务已不在失败之列，可能已有人处理，请刷新页面。")
    unit_code = actor.home.unit_code if actor.home else 0
    audit.record(session, actor, "job.retried" if again else "job.given_up", str(job_id), unit_code, task=found)
    flash(f"任务 {job_id} 已重新排队。" if again else f"任务 {job_id} 已放弃。")
    return redirect(url_for("jobs.index"))
