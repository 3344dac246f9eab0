"""Where a person wants their notices sent besides the page: adding an address, ending it, sending a test there."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from gridmap import audit, jobs
from gridmap.access import Actor, Post
from gridmap.accounts.actions.channels import robot_fault
from gridmap.accounts.models import Notice, NoticeAddress, NoticeDelivery
from gridmap.accounts.queries import last_test_at, own_address, own_addresses, own_delivery
from gridmap.accounts.rules import Channel, mail_fault
from gridmap.clock import now
from gridmap.errors import BadInput, Conflict, NotFound

MOST_ADDRESSES = 5
TEST_EVERY = timedelta(minutes=1)
TEST_KIND = "account.test"
TEST_WORDS = "这是一条测试通知。收到它，说明这个地址可以接收网格防控图的通知。"


def add_address(session: Session, actor: Actor, *, channel: Channel, address: str) -> NoticeAddress:
    """Add an address of the actor's own. Raises ``BadInput`` (field and remedy)."""
    home = _home(actor)
    fault = mail_fault(address) if channel is Channel.EMAIL else robot_fault(address)
    if fault:
        raise BadInput(fault, field="address")
    kept = [item for item in own_addresses(session, actor) if item.channel != Channel.PUSH]
    if any((item.channel, item.address) == (channel, address) for item in kept):
        raise BadInput("这个地址已经登记。", field="address")
    if len(kept) >= MOST_ADDRESSES:
        raise BadInput(f"至多登记 {MOST_ADDRESSES} 个地址，请先停用不用的。", field="address")
    row = NoticeAddress(
        county_code=home.unit_code // 10**9,
        unit_code=home.unit_code,
        account_id=actor.account_id,
        channel=channel.value,
        address=address,
    )
    session.add(row)
    audit.record(session, actor, "account.address_added", actor.username, home.unit_code, channel=channel.value)
    session.flush()
    return row


def end_address(session: Session, actor: Actor, *, address_id: int) -> NoticeAddress:
    """Send nothing there any more. Raises ``NotFound``."""
    row = _own(session, actor, address_id)
    row.ended_at = now()
    audit.record(session, actor, "account.address_ended", actor.username, row.unit_code, channel=row.channel)
    session.flush()
    return row


def send_test(session: Session, actor: Actor, *, address_id: int) -> NoticeAddress:
    """Send a test to one address, by the queue as every notice. Raises ``NotFound``, ``Conflict`` (one was sent just now)."""
    row = _own(session, actor, address_id)
    last = last_test_at(session, row)
    if last is not None and now() - last < TEST_EVERY:
        raise Conflict("刚刚发送过测试，请一分钟后再试。")
    place = {"county_code": row.county_code, "unit_code": row.unit_code}
    notice = Notice(
        **place,
        account_id=actor.account_id,
        kind=TEST_KIND,
        body=TEST_WORDS,
        link="/account/notices",
        read_at=now(),  # who asked for it knows of it
        read_by=actor.account_id,
    )
    session.add(notice)
    session.flush()
    delivery = NoticeDelivery(**place, notice_id=notice.id, address_id=row.id)
    session.add(delivery)
    session.flush()
    jobs.defer(session, "notices.send", county_code=row.county_code, delivery_id=delivery.id)
    audit.record(session, actor, "account.address_tested", actor.username, row.unit_code, channel=row.channel)
    return row


def send_again(session: Session, actor: Actor, *, delivery_id: int) -> NoticeDelivery:
    """Send once more what may have arrived, because its addressee says it has not. Raises ``NotFound``, ``Conflict``."""
    row = own_delivery(session, actor, delivery_id)
    if row is None:
        raise NotFound("没有找到这次发送，可能该地址已经停用。")
    if row.state != "unsure":
        raise Conflict("这次发送已经有了结果，或已重新交给后台任务，请刷新页面核对。")
    row.state, row.error = "waiting", ""
    session.flush()
    jobs.defer(session, "notices.send", county_code=row.county_code, delivery_id=row.id)
    audit.record(session, actor, "account.sent_again", actor.username, row.unit_code, delivery=row.id)
    return row


def _home(actor: Actor) -> Post:
    if actor.home is None:
        raise BadInput("您还没有岗位，暂不能登记通知地址，请联系系统管理员。", field="address")
    return actor.home


def _own(session: Session, actor: Actor, address_id: int) -> NoticeAddress:
    row = own_address(session, actor, address_id)
    if row is None:
        raise NotFound("没有找到该通知地址，可能已经停用。")
    return row
