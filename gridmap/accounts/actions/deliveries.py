"""Jobs that bring notices to e-mail boxes and robots: once each, tried again while the other side is down, never doubled.

A delivery is claimed (``sending``, committed) before anything goes out, and whether the address is still somebody's is asked then.
Whoever finds it claimed sends nothing; a claim whose worker died, and a message that was handed over without a clear answer, become
``unsure`` and are not sent again by themselves: what may have arrived is not doubled. The person decides (``send_again``).
"""

from __future__ import annotations

import datetime
import logging
import smtplib

from procrastinate import BaseRetryStrategy, RetryDecision
from procrastinate.jobs import Job
from sqlalchemy import text
from sqlalchemy.orm import Session

from gridmap import jobs
from gridmap.accounts.actions.channels import MaybeDelivered, NotDelivered, send
from gridmap.accounts.actions.push import Gone, send_push
from gridmap.accounts.rules import Channel
from gridmap.clock import now

log = logging.getLogger("gridmap.notices")
MOST_TRIES = 60  # with the waits below: for some 28 hours
LONGEST_WAIT_S = 1800
FIRST_WAIT_S = 30
BROKEN_OFF_MINUTES = 10  # no sending takes so long (see channels.TIMEOUT_S)


class Patience(BaseRetryStrategy):
    """Try again after 30 s, 1 min, 2 min … half an hour, until ``MOST_TRIES``."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:  # noqa: ARG002 - the library's
        """Return when to try again, or ``None`` when it is given up."""
        if job.attempts + 1 >= MOST_TRIES:
            return None
        wait_s = min(FIRST_WAIT_S * 2 ** min(job.attempts, 10), LONGEST_WAIT_S)
        return RetryDecision(retry_at=now() + datetime.timedelta(seconds=wait_s))


@jobs.app.task(name="notices.deliver", retry=5)
def deliver(county_code: int, notice_id: int) -> None:
    """Make the deliveries of a notice, one for each of its addressees' addresses, and a job for each."""
    with jobs.job_session() as session:
        made = session.execute(_DELIVERIES, {"county": county_code, "notice": notice_id}).scalars().all()
        for number in made:
            jobs.defer(session, "notices.send", county_code=county_code, delivery_id=number)


_DELIVERIES = text(
    "insert into notice_deliveries (county_code, unit_code, notice_id, address_id)"
    " select n.county_code, n.unit_code, n.id, a.id from notices n join notice_addresses a on a.ended_at is null"
    " and (a.account_id = n.account_id or a.department_id = n.department_id or (a.role = n.role and a.unit_code = n.unit_code)"
    " or (a.channel = 'push' and exists (select from posts p where p.account_id = a.account_id and p.ended_at is null"
    " and (p.department_id = n.department_id or (p.role = n.role and p.unit_code = n.unit_code)))))"
    " where n.county_code = :county and n.id = :notice"
    " and not exists (select from accounts o where o.id = a.account_id and o.disabled_at is not null)"
    " on conflict do nothing returning id"
)


@jobs.app.task(name="notices.send", retry=Patience())
def send_one(county_code: int, delivery_id: int) -> None:
    """Send one delivery, if nobody has."""
    key = {"county": county_code, "id": delivery_id}
    with jobs.job_session() as session:
        session.execute(_GONE, key)
        found = session.execute(_CLAIM, key).one_or_none()
    if found is None:
        return
    try:
        if found.channel == Channel.PUSH:
            send_push(found.address)
        else:
            send(found.channel, found.address, body=found.body, number=f"{county_code}-{delivery_id}")
    except Gone as fault:
        with jobs.job_session() as session:
            session.execute(_END_ADDRESS, {"county": county_code, "address": found.address_id})
            session.execute(_FAILED, {**key, "state": "failed", "error": str(fault)})
        return
    except MaybeDelivered as fault:
        log.warning("delivery %d-%d may have arrived", county_code, delivery_id)
        with jobs.job_session() as session:
            session.execute(_FAILED, {**key, "state": "unsure", "error": f"{fault}，没有自动重发。"})
        return
    except (OSError, smtplib.SMTPException, NotDelivered) as fault:
        last = found.tries >= MOST_TRIES
        with jobs.job_session() as session:
            session.execute(_FAILED, {**key, "state": "failed" if last else "waiting", "error": _words(fault)})
        raise
    with jobs.job_session() as session:
        session.execute(_SENT, key)


def _words(fault: BaseException) -> str:
    """Return what went wrong without what the other side said: it may repeat what was written to it."""
    return str(fault) if isinstance(fault, NotDelivered) else f"{type(fault).__name__}（对方暂时不可用或拒绝）"


# Between the notice and its sending (it waits for quiet hours, or for the other side) an address ends, an account is disabled.
_GONE = text(
    "update notice_deliveries d set state = 'failed', error = case when a.ended_at is not null then '该地址已停用，没有发送'"
    " else '收件人的账号或部门已停用，没有发送' end"
    " from notice_addresses a where d.county_code = :county and d.id = :id and d.state in ('waiting', 'failed')"
    " and a.county_code = d.county_code and a.id = d.address_id and (a.ended_at is not null"
    " or exists (select from accounts o where o.id = a.account_id and o.disabled_at is not null)"
    " or exists (select from departments t where t.id = a.department_id and t.ended_at is not null))"
)
_CLAIM = text(
    "update notice_deliveries d set state = 'sending', tries = tries + 1, started_at = now()"
    " from notices n, notice_addresses a where d.county_code = :county and d.id = :id and d.state in ('waiting', 'failed')"
    " and n.county_code = d.county_code and n.id = d.notice_id and a.county_code = d.county_code and a.id = d.address_id"
    " and a.ended_at is null and not exists (select from accounts o where o.id = a.account_id and o.disabled_at is not null)"
    " and not exists (select from departments t where t.id = a.department_id and t.ended_at is not null)"
    " returning d.tries, n.body, a.channel, a.address, a.id as address_id"
)
_END_ADDRESS = text(
    "update notice_addresses set ended_at = now() where county_code = :county and id = :address and ended_at is null"
)
_FAILED = text(
    "update notice_deliveries set state = :state, error = :error"
    " where county_code = :county and id = :id and state = 'sending'"
)
_SENT = text(
    "update notice_deliveries set state = 'sent', sent_at = now(), error = ''"
    " where county_code = :county and id = :id and state in ('sending', 'unsure')"
)


@jobs.app.periodic(cron="*/5 * * * *")
@jobs.app.task(name="notices.broken_off", queueing_lock="notices.broken_off", lock="notices.broken_off")
def broken_off(timestamp: int = 0) -> None:  # noqa: ARG001 - what the queue passes to periodic jobs
    """Mark deliveries whose worker died while sending."""
    with jobs.job_session() as session:
        count = mark_broken_off(session)
    if count:
        log.warning("%d deliveries were broken off while sending", count)


def mark_broken_off(session: Session) -> int:
    """Mark claims older than ``BROKEN_OFF_MINUTES`` as unsure; return how many."""
    done = session.execute(
        text(
            "update notice_deliveries set state = 'unsure', error = '发送时中断，不能确定是否已送达，没有重发' where state = 'sending'"
            " and started_at < clock_timestamp() - make_interval(mins => :minutes)"
        ),
        {"minutes": BROKEN_OFF_MINUTES},
    )
    return int(getattr(done, "rowcount", 0))
