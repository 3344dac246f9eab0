"""Jobs of cases: fold every minute the words that wait, prove every night that none is missing; make papers."""

from __future__ import annotations

import logging

from procrastinate import RetryStrategy
from sqlalchemy import select

from gridmap import jobs
from gridmap.cases.actions.charge import remind_duties
from gridmap.cases.actions.documents import JOB, make_document
from gridmap.cases.actions.mediation import remind_promises
from gridmap.cases.actions.parties import reindex_parties
from gridmap.cases.actions.words import FOLD_CASES, audit_words, fold_words
from gridmap.cases.models import CaseDocument
from gridmap.clock import now

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


@jobs.app.task(name=JOB, retry=RetryStrategy(max_attempts=6, exponential_wait=4))
def document(county_code: int, document_id: int) -> None:
    """Make a paper that a step asked for; made already (at once, or by a job that was cut off after its commit) is fine."""
    with jobs.job_session() as session:
        mine = CaseDocument.county_code == county_code, CaseDocument.id == document_id
        paper = session.scalars(select(CaseDocument).where(*mine)).one_or_none()
        if paper is not None:
            make_document(session, paper, now=now())


@jobs.app.periodic(cron="30 0-15 * * *")  # from 08:30 to 23:30 in China: once a day, later where 08:30 is quiet
@jobs.app.task(name="cases.promises", queueing_lock="cases.promises", lock="cases.promises")
def promises(timestamp: int = 0) -> None:  # noqa: ARG001 - what the queue passes to periodic jobs
    """Remind of what mediation agreements promise, some hundreds in one transaction."""
    after: int | None = 0
    while after is not None:
        with jobs.job_session() as session:
            _sent, after = remind_promises(session, now(), after=after)


@jobs.app.periodic(cron="30 0-15 * * *")  # from 08:30 to 23:30 in China: once a day, later where 08:30 is quiet
@jobs.app.task(name="cases.charges", queueing_lock="cases.charges", lock="cases.charges")
def charges(timestamp: int = 0) -> None:  # noqa: ARG001 - what the queue passes to periodic jobs
    """Remind leaders of the duties that their charges ask of them, some hundreds in one transaction."""
    after: int | None = 0
    while after is not None:
        with jobs.job_session() as session:
            _sent, after = remind_duties(session, now(), after=after)


@jobs.app.periodic(cron="*/5 * * * *")
@jobs.app.task(name="cases.reindex_parties", queueing_lock="cases.reindex_parties", lock="cases.reindex_parties")
def reindex(timestamp: int = 0) -> None:  # noqa: ARG001 - what the queue passes to periodic jobs
    """Write the blind columns of parties that compare numbers in an older form anew; usually there are none."""
    while True:
        with jobs.job_session() as session:
            taken = reindex_parties(session)
        if not taken:
            return
        log.info("blind columns of %d parties written anew", taken)
