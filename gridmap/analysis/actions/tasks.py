"""Jobs of the rollups: fold every minute what is waiting, and prove every night that nothing is off by one."""

from __future__ import annotations

import logging

from gridmap import jobs
from gridmap.analysis.actions.rollups import FOLD_ROWS, audit_rollups, fold_deltas

log = logging.getLogger("gridmap.analysis")


@jobs.app.periodic(cron="* * * * *")
@jobs.app.task(name="analysis.fold", queueing_lock="analysis.fold", lock="analysis.rollups")
def fold(timestamp: int = 0) -> None:  # noqa: ARG001 - what the queue passes to periodic jobs
    """Fold all waiting changes, one transaction a batch."""
    while True:
        with jobs.job_session() as session:
            folded = fold_deltas(session)
        if folded < FOLD_ROWS:
            return


@jobs.app.periodic(cron="30 19 * * *")  # 03:30 in China
@jobs.app.task(name="analysis.audit", queueing_lock="analysis.audit", lock="analysis.rollups")
def audit(timestamp: int = 0) -> None:  # noqa: ARG001 - what the queue passes to periodic jobs
    """Compare rollups plus waiting changes with a direct count; any difference fails the job, so that it is seen."""
    with jobs.job_session() as session:
        wrong = audit_rollups(session)
    if wrong:
        raise RuntimeError(
            f"汇总与事件不符：{wrong} 处，请以库主身份重建（gridmap.analysis.actions.rebuild_rollups）。"
        )
    log.info("rollups agree with the cases")
