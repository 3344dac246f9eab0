"""Effects of 三级调解: a tier and its clock start, sessions take rooms, agreements promise, a tier hands over to the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from gridmap.cases.actions.effects.desk import chosen
from gridmap.cases.actions.effects.work import Effect, Work
from gridmap.cases.actions.parties import open_for_agreement
from gridmap.cases.actions.tiers import start_tier
from gridmap.cases.models.mediation import (
    Mediation,
    MediationAgreement,
    MediationDuty,
    MediationPack,
    MediationSession,
)
from gridmap.cases.queries import mediation as reads
from gridmap.cases.queries.mediation import Template
from gridmap.cases.rules import Action
from gridmap.cases.rules.tiers import (
    Confirmation,
    DutyState,
    MediationState,
    SessionResult,
    Tier,
    clashes,
    next_free,
    pack,
)
from gridmap.clock import local
from gridmap.errors import BadInput, Conflict
from gridmap.worktime.rules import spoken_time

ROOM_CLASH = "ex_mediation_sessions_room"
LOOK_AHEAD = timedelta(days=21)


def current(work: Work) -> Mediation:
    """Return the open mediation of the case. Raises ``Conflict`` when there is none."""
    found = reads.open_mediation(work.session, work.case)
    if found is None:
        raise Conflict("该事件没有进行中的调解，请刷新页面后查看。")
    return found


def mediators(work: Work) -> tuple[list[int], str]:
    """Return the chosen mediators (ids, names). Raises ``BadInput`` for somebody who does not mediate here."""
    known = {row.id: row.name for row in reads.mediators_for(work.session, work.case.unit_code)}
    ids = list(work.given.get("mediators", ()))
    if any(number not in known for number in ids):
        raise BadInput("所选调解员中有不在岗或不在本地的，请重新选择。", field="mediators")
    return ids, "、".join(known[number] for number in ids)


def begin(work: Work, template: Template, tier: Tier, run: int) -> Mediation:
    """Start a tier and its clock."""
    ids, names = mediators(work)
    found = Mediation(
        **_place(work),
        run=run,
        template_id=template.id,
        tier=tier.number,
        tier_name=tier.name,
        most_sessions=tier.most_sessions,
        started_at=work.now,
        mediator_ids=ids,
        mediators=names,
        state=MediationState.OPEN.value,
    )
    if tier.limit:
        start_tier(work.session, found, work.case, tier.limit, work.now)
    work.session.add(found)
    return found


def start_mediation(work: Work) -> dict[str, Any]:
    """启动调解 on the chosen tier."""
    template = reads.template_at(work.session, work.case.unit_code, work.now)
    tier = next((tier for tier in template.tiers if tier.number == work.given.get("tier")), None)
    if tier is None:
        raise BadInput("没有这一级调解，请从列表中选择。", field="tier")
    last = max((item.run for item in reads.list_mediations(work.session, work.case)), default=0)
    return _told(_of_tier(begin(work, template, tier, last + 1)))


def plan_session(work: Work) -> dict[str, Any]:
    """安排调解会: the room is taken, or the clash is told with the next free time."""
    mediation, length = current(work), work.given.get("minutes")
    starts_at = work.given.get("starts_at")
    ends_at = starts_at + length
    room_id, place = _room(work)
    if ends_at <= work.now - timedelta(days=31):
        raise BadInput("开始时间已过去一个月以上，请检查日期。", field="starts_at")
    ids, names = mediators(work)
    mine = MediationSession.county_code == work.case.county_code, MediationSession.mediation_id == mediation.id
    number = work.session.scalar(select(func.coalesce(func.max(MediationSession.number), 0)).where(*mine)) or 0
    session = MediationSession(
        **_place(work),
        mediation_id=mediation.id,
        number=number + 1,
        starts_at=starts_at,
        ends_at=ends_at,
        room_id=room_id,
        place=place,
        parties=work.given.get("parties"),
        mediator_ids=ids or mediation.mediator_ids,
        mediators=names or mediation.mediators,
    )
    _take_room(work, session)
    when = f"{local(starts_at):%Y-%m-%d %H:%M}–{local(ends_at):%H:%M}"
    return _told(f"{mediation.tier_name}第 {session.number} 次", f"{when}，{place}", f"调解员：{session.mediators}")


def _room(work: Work) -> tuple[int | None, str]:
    """Return the chosen room and the words of the place. Raises ``BadInput`` when there is neither."""
    room_id, place = work.given.get("room", None), work.given.get("place")
    if room_id is None:
        if not place:
            raise BadInput("请选择调解室，或写明其他地点。", field="room")
        return None, place
    room = next((row for row in reads.rooms_for(work.session, work.case.unit_code) if row.id == room_id), None)
    if room is None:
        raise BadInput("该调解室已停用或不在本地，请重新选择。", field="room")
    return room_id, f"{room.unit_name} {room.name}"


def _take_room(work: Work, session: MediationSession) -> None:
    """Write the session. The database refuses a clash, also with what somebody else is writing at this moment."""
    _refuse_clash(work, session)
    point = work.session.begin_nested()
    try:
        work.session.add(session)
        work.session.flush()
    except IntegrityError as fault:
        point.rollback()
        name = getattr(getattr(fault.orig, "diag", None), "constraint_name", None)
        if name != ROOM_CLASH:
            raise
        _refuse_clash(work, session)
        raise BadInput("该调解室这段时间刚刚被预约，请换一个时间。", field="starts_at") from fault
    point.commit()


def _refuse_clash(work: Work, session: MediationSession) -> None:
    if session.room_id is None:
        return
    unit, begin_at, end_at = work.case.unit_code, session.starts_at, session.ends_at
    busy = reads.room_times(work.session, unit, session.room_id, begin_at, begin_at + LOOK_AHEAD)
    taken = clashes(busy, begin_at, end_at)
    if not taken:
        return
    free = next_free(
        busy, max(begin_at, work.now), end_at - begin_at, reads.work_stretches(work.session, unit, work.now)
    )
    span = f"{local(taken[0][0]):%m-%d %H:%M}–{local(taken[0][1]):%H:%M}"
    advice = f"最近的空闲时间是 {local(free):%Y-%m-%d %H:%M}。" if free else "两周内的工作时间都已约满，请换一间。"
    raise BadInput(f"{session.place}在 {span} 已有预约，不能重叠；{advice}", field="starts_at")


def record_session(work: Work) -> dict[str, Any]:
    """记录调解会: result, what the parties want and offer, why it failed or was put off."""
    mediation = current(work)
    planned = reads.planned_sessions(work.session, work.case)
    session = next((item for item in planned if item.number == work.given.get("session")), None)
    if session is None:
        raise BadInput("该次调解会已经记录或不存在，请重新选择。", field="session")
    result = SessionResult(chosen(work, "result", SessionResult, "结果"))
    reason = work.given.get("reason")
    if result is not SessionResult.AGREED and not reason:
        raise BadInput("请填写未达成一致或改期的原因。", field="reason")
    if result is not SessionResult.POSTPONED and session.starts_at > work.now:
        raise BadInput(
            f"该次调解会定于 {local(session.starts_at):%m-%d %H:%M}，尚未开始，只能记为改期。", field="result"
        )
    session.result, session.recorded_at, session.reason = result.value, work.now, reason
    session.claims, session.offers = work.given.get("claims"), work.given.get("offers")
    session.record = work.given.get("record")
    words = {SessionResult.AGREED: "达成一致", SessionResult.NOT_AGREED: "未达成一致", SessionResult.POSTPONED: "改期"}
    return _told(f"{mediation.tier_name}第 {session.number} 次", f"结果：{words[result]}")


def agree(work: Work) -> dict[str, Any]:
    """达成调解协议 with one counterpart: its promises get reminders; the last one ends the mediation."""
    mediation = current(work)
    applied = chosen(work, "confirmation", (Confirmation.NONE, Confirmation.APPLIED), "司法确认")
    ends = work.given.get("ends")
    if ends not in ("yes", "no"):
        raise BadInput("请选择本件调解是否到此结束。", field="ends")
    if ends == "yes" and work.facts.mediation and work.facts.mediation.planned:
        raise BadInput("还有调解会没有记录，请先记录（未召开的记为改期），或选择继续调解。", field="ends")
    signing = open_for_agreement(work.session, work.actor, case=work.case, party_ids=work.given.get("signing", ()))
    agreement = MediationAgreement(
        **_place(work),
        mediation_id=mediation.id,
        number=_next(work, MediationAgreement),
        counterpart=work.given.get("counterpart"),
        terms=work.given.get("terms"),
        agreed_at=work.now,
        confirmation=applied,
        applied_on=local(work.now).date() if applied == Confirmation.APPLIED else None,
    )
    work.session.add(agreement)
    work.session.flush()
    _promise(work, agreement, reads.template_with(work.session, mediation.template_id).remind_days)
    if ends == "yes":
        _end(work, mediation, MediationState.AGREED)
    done = _told(f"协议第 {agreement.number} 号", *(["调解结束"] if ends == "yes" else []))
    return {**done, **_named(agreement), "agreement": agreement.number, "signing": signing}


def _named(agreement: MediationAgreement) -> dict[str, Any]:
    """Return what the history tells only those who may open the parties of the case."""
    return {"named": [f"对方当事人：{agreement.counterpart}"]}


def _promise(work: Work, agreement: MediationAgreement, remind_days: int) -> None:
    first = _next(work, MediationDuty)
    for number, duty in enumerate(work.given.get("duties", ()), first):
        work.session.add(
            MediationDuty(
                **_place(work),
                agreement_id=agreement.id,
                number=number,
                what=duty.what,
                by_whom=duty.by_whom,
                amount_yuan=duty.amount_yuan,
                due_on=duty.due_on,
                remind_days=remind_days,
                state=DutyState.WAITING.value,
            )
        )


def move_up(work: Work) -> dict[str, Any]:
    """移交上一级调解: what was tried is kept as a pack, and the next tier's clock starts."""
    mediation = current(work)
    tier = reads.following_tier(work.session, mediation)
    if tier is None:
        raise Conflict("已是最后一级调解，不能再移交。")
    run = [item for item in reads.list_mediations(work.session, work.case) if item.run == mediation.run]
    _end(work, mediation, MediationState.MOVED_UP)
    body = pack(_tried(work, run), work.given.get("reason"), tier.name)
    kept = MediationPack(**_place(work), mediation_id=mediation.id, at=work.now, actor_name=work.actor.name, body=body)
    work.session.add(kept)
    work.session.flush()  # the tier below has ended before the next one is open
    template = reads.template_with(work.session, mediation.template_id)
    following = begin(work, template, tier, mediation.run)
    return _told(f"由{mediation.tier_name}移交{_of_tier(following)}")


def _tried(work: Work, run: Sequence[Mediation]) -> list[dict[str, Any]]:
    """Return the tiers of one proceeding with their sessions, as plain values of a pack."""
    sessions = reads.list_sessions(work.session, work.case)
    return [
        {
            "name": item.tier_name,
            "mediators": item.mediators,
            "started_at": item.started_at.isoformat(),
            "ended_at": item.ended_at.isoformat() if item.ended_at else None,
            "due_at": item.due_at.isoformat() if item.due_at else None,
            "sessions": [_session(found) for found in sessions if found.mediation_id == item.id],
        }
        for item in run
    ]


def _session(found: MediationSession) -> dict[str, Any]:
    names = ("number", "place", "parties", "mediators", "result", "claims", "offers", "reason", "record")
    return {"starts_at": found.starts_at.isoformat(), **{name: getattr(found, name) for name in names}}


def end_mediation(work: Work) -> dict[str, Any]:
    """终结调解: with what was agreed so far, or without; the lawful channels are told."""
    mediation = current(work)
    done = bool(work.facts.mediation and work.facts.mediation.agreements)
    _end(work, mediation, MediationState.AGREED if done else MediationState.FAILED)
    mediation.lawful_channel = work.given.get("lawful_channel")
    return {"lawful_channel": mediation.lawful_channel, **_told(f"{mediation.tier_name}调解终结")}


def _end(work: Work, mediation: Mediation, state: MediationState) -> None:
    mediation.state, mediation.ended_at, mediation.outcome = state.value, work.now, work.given.get("reason")


def confirm(work: Work) -> dict[str, Any]:
    """登记司法确认 of an agreement."""
    found = _numbered(work, MediationAgreement, "agreement", "协议")
    if found.confirmation == Confirmation.CONFIRMED:
        raise BadInput(f"协议第 {found.number} 号已登记司法确认（{found.confirmed_on}）。", field="agreement")
    on = _not_ahead(work)
    found.confirmation, found.confirmed_on = Confirmation.CONFIRMED.value, on
    return {**_told(f"协议第 {found.number} 号", f"{on} 司法确认"), **_named(found)}


def perform(work: Work) -> dict[str, Any]:
    """登记协议履行: a promise was kept or not; no further reminder goes out."""
    found = _numbered(work, MediationDuty, "duty", "履行事项")
    if found.state != DutyState.WAITING:
        raise BadInput(f"履行事项第 {found.number} 项已登记过，不能重复登记。", field="duty")
    state = DutyState(chosen(work, "performed", (DutyState.PERFORMED, DutyState.FAILED), "履行情况"))
    reason = work.given.get("reason")
    if state is DutyState.FAILED and not reason:
        raise BadInput("未履行的，请写明原因和后续措施。", field="reason")
    found.state, found.settled_on, found.note = state.value, _not_ahead(work), reason
    words = "已履行" if state is DutyState.PERFORMED else "未履行"
    return {**_told(f"履行事项第 {found.number} 项：{words}"), "named": [f"履行事项：{found.what}"]}


def _not_ahead(work: Work) -> Any:
    on = work.given.get("on")
    if on > local(work.now).date():
        raise BadInput("日期不能晚于今天，请检查。", field="on")
    return on


def _numbered(work: Work, table: Any, field: str, label: str) -> Any:
    """Return the row of the case with the number that was written. Raises ``BadInput``."""
    text = work.given.get(field)
    mine = table.county_code == work.case.county_code, table.case_id == work.case.id
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0
    found = work.session.scalars(select(table).where(*mine, table.number == number)).one_or_none()
    if found is None:
        raise BadInput(f"本事件没有第 {text[:12]} 号{label}，请填写“调解协议”列表中的序号。", field=field)
    return found


def _next(work: Work, table: Any) -> int:
    """Return the next number in the case; the case is locked, so no two are the same."""
    mine = table.county_code == work.case.county_code, table.case_id == work.case.id
    return int(work.session.scalar(select(func.coalesce(func.max(table.number), 0)).where(*mine)) or 0) + 1


def _place(work: Work) -> dict[str, int]:
    return {"county_code": work.case.county_code, "unit_code": work.case.unit_code, "case_id": work.case.id}


def _of_tier(mediation: Mediation) -> str:
    due = f"，{spoken_time(mediation.due_at, is_end=True)}到期" if mediation.due_at else ""
    return f"{mediation.tier_name}调解（调解员：{mediation.mediators}{due}）"


def _told(*words: str) -> dict[str, Any]:
    return {"told": list(words)}


MEDIATION_EFFECTS: dict[Action, Effect] = {
    Action.START_MEDIATION: start_mediation,
    Action.PLAN_SESSION: plan_session,
    Action.RECORD_SESSION: record_session,
    Action.AGREE: agree,
    Action.MOVE_UP: move_up,
    Action.END_MEDIATION: end_mediation,
    Action.CONFIRM_AGREEMENT: confirm,
    Action.PERFORM: perform,
}
