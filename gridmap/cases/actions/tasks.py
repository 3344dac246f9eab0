"""Jobs of the words of cases: fold every minute what is waiting, and prove every night that nothing is missing."""

from __future__ import annotations

import logging

from gridmap import jobs
from gridmap.cases.actions.words import FOLD_CASES, audit_words, fold_words

log = logging.getLogger("gridmap.cases")


@jobs.app.periodic(cron="* * * * *")
@jobs.app.task(name="cases.words", queueing_lock="cases.words", lock="cases.words")
def words(timestamp: int = 0) -> None:  # noqa: ARG001 - what the queue passes to periodic jobs
    """Fold the words of all waiting cases in, one transaction a batch."""
    while True:
        with jobs.job_session() as session:
            taken = fold_words(session)
        if taken < FOLD_CASES:
            return


@jobs.app.periodic(cron="45 19 * * *")  # 03:45 in China
@jobs.app.task(name="cases.words_audit", queueing_lock="cases.words_audit", lock="cases.words")
def audit(timestamp: int = 0) -> None:  # noqa: ARG001 - what the queue passes to periodic jobs
    """Compare the kept words with the cases; any difference fails the job, so that it is seen."""
    with jobs.job_session() as session:
        wrong = audit_words(session)
    if wrong:
        raise RuntimeError(f"检索词与事件不符：{wrong} 件，请以库主身份重建（gridmap.cases.actions.rebuild_words）。")
    log.info("kept words agree with the cases")
