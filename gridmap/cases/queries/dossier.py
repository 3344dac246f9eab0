"""Gathering a whole case for 一案一卷, in a fixed order and without a clock: the same state of the case, the same bytes."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from gridmap.access import Actor, significant_digits, subtree
from gridmap.cases.models import Case, CaseDocument, CaseOrder, CasePhoto, CaseStep
from gridmap.cases.models.mediation import Mediation, MediationSession
from gridmap.cases.queries.course import list_orders, list_steps, registered_at
from gridmap.cases.queries.detail import list_photos
from gridmap.cases.queries.documents import list_documents, may_read_paper
from gridmap.cases.queries.listing import CaseRow
from gridmap.cases.queries.mediation import list_mediations, list_sessions
from gridmap.cases.queries.parties import masked_parties, may_open
from gridmap.cases.queries.places import tell_name
from gridmap.cases.rules import (
    ACTION_NAMES,
    CHANNEL_NAMES,
    GRADE_NAMES,
    POSITION_METHOD_NAMES,
    RISK_NAMES,
    SCALE_NAMES,
    STATUS_NAMES,
    Action,
    Channel,
    Document,
    Grade,
    PositionMethod,
    Risk,
    Scale,
    Status,
    telling,
)
from gridmap.cases.rules.letters.dossier import DOSSIER_SHEET, Dossier, Order, Paper, Photo, Step, Tier, dossier_html
from gridmap.cases.rules.letters.kinds import DOCUMENT_NAMES
from gridmap.cases.rules.letters.location import Area, location_map
from gridmap.cases.rules.letters.printing import pdf_of_html
from gridmap.cases.rules.letters.twin import twin
from gridmap.cases.rules.orders import ORDER_KIND_NAMES, ORDER_STATUS_NAMES, OrderKind, OrderStatus
from gridmap.cases.rules.parties import PARTY_ROLE_NAMES, PartyRole
from gridmap.cases.rules.tiers import MEDIATION_STATE_NAMES, SESSION_RESULT_NAMES, MediationState, SessionResult
from gridmap.clock import local
from gridmap.crypto import KeyFault
from gridmap.media import kept_path, photo_path
from gridmap.units.models import Outline, Unit
from gridmap.units.queries.outlines import drawn, in_force, latest


def dossier_of(session: Session, actor: Actor, row: CaseRow) -> bytes:
    """Return the PDF of a whole case that was found visible; papers that name people only for those who may read them."""
    case = row.case
    photos, papers = list_photos(session, case), list_documents(session, case)
    path = tell_name(session, case.unit_code)
    svg, words = _map(session, row, path)
    steps = list_steps(session, case)
    registered, named = registered_at(steps), bool(may_open(actor, case))
    parties, fault = _parties(session, case)
    dossier = Dossier(
        centre=f"{tell_name(session, _ground(case))}综治中心",
        title=case.title,
        cover=_cover(case, path, registered, len(photos), len(papers)),
        facts=_facts(case, path, registered),
        parties=parties,
        parties_fault=fault,
        steps=tuple(_step(step, named=named) for step in steps),
        orders=tuple(_order(order) for order in list_orders(session, case)),
        mediation=_mediation(session, case, named=named),
        photos=tuple(_photo(photo) for photo in photos),
        papers=tuple(_paper(actor, case, paper) for paper in papers),
        map_svg=svg,
        map_words=words,
    )
    return pdf_of_html(dossier_html(dossier), f"一案一卷 {case.case_code}", DOSSIER_SHEET)


def _when(instant: datetime | None, empty: str = "") -> str:
    return f"{local(instant):%Y-%m-%d %H:%M}" if instant else empty


def _cover(case: Case, path: str, registered: datetime | None, photos: int, papers: int) -> tuple[tuple[str, str], ...]:
    return (
        ("事件编号", case.case_code),
        ("事件标题", case.title),
        ("所属区划", path),
        ("类　　别", f"{case.category.family_name} › {case.category.name}"),
        ("上报时间", _when(case.received_at)),
        ("受理时间", _when(registered, "未受理")),
        ("办结时间", _when(case.closed_at, "未办结")),
        ("现　　状", STATUS_NAMES[Status(case.status)]),
        ("卷内材料", f"文书 {papers} 件，照片 {photos} 张"),
    )


def _facts(case: Case, path: str, registered: datetime | None) -> tuple[tuple[str, str], ...]:
    return (
        ("事件编号", case.case_code),
        ("事件标题", case.title),
        ("类别", f"{case.category.family_name} › {case.category.name}（{case.category.dimension}）"),
        ("来源渠道", CHANNEL_NAMES[Channel(case.channel)]),
        ("五事五办", GRADE_NAMES[Grade(case.grade)]),
        ("规模", SCALE_NAMES[Scale(case.scale)]),
        ("风险等级", RISK_NAMES[Risk(case.risk)] if case.risk else "未评定"),
        ("所属区划", path),
        ("地址", case.address_text or "未填写"),
        ("发生时间", _when(case.occurred_at, "未填写")),
        ("上报时间", _when(case.received_at)),
        ("受理时间", _when(registered, "未受理")),
        ("办理期限", _when(case.due_at, "未定期限")),
        ("现状", STATUS_NAMES[Status(case.status)]),
        ("情况描述", case.description or "没有填写描述。"),
    )


def _parties(session: Session, case: Case) -> tuple[tuple[tuple[str, str], ...], str]:
    """Return role and masked words of each party, as the page of the case shows them; or why they cannot be read."""
    try:
        found = masked_parties(session, case)
    except KeyFault as fault:
        return (), fault.message
    shown = []
    for party in found:
        words = [party.name, party.phone, party.id_number, party.address]
        words += [f"来自并入的 {party.from_case}"] if party.from_case else []
        shown.append((PARTY_ROLE_NAMES[PartyRole(party.role)], "　".join(word for word in words if word)))
    return tuple(shown), ""


def _mediation(session: Session, case: Case, *, named: bool) -> tuple[Tier, ...]:
    """Return the tiers with their sessions; what the parties said only for those who may open them (``named``)."""
    sessions = list_sessions(session, case)
    return tuple(
        Tier(
            f"{tier.tier_name}调解（{MEDIATION_STATE_NAMES[MediationState(tier.state)]}）",
            _tier_words(tier),
            tuple(_held(item, named=named) for item in sessions if item.mediation_id == tier.id),
        )
        for tier in list_mediations(session, case)
    )


def _tier_words(tier: Mediation) -> tuple[str, ...]:
    due = f"，{_when(tier.due_at)} 到期" if tier.due_at else ""
    lines = [f"调解员：{tier.mediators}；{_when(tier.started_at)} 启动{due}"]
    if tier.outcome:
        lines.append(f"{'移交理由' if tier.state == MediationState.MOVED_UP else '结束说明'}：{tier.outcome}")
    lines += [f"已告知依法可走的渠道：{tier.lawful_channel}"] if tier.lawful_channel else []
    return tuple(lines)


def _held(item: MediationSession, *, named: bool) -> tuple[str, tuple[str, ...]]:
    result = SESSION_RESULT_NAMES[SessionResult(item.result)] if item.result else "待召开"
    said = [("地点", item.place), ("调解员", item.mediators)]
    said += [("到场", item.parties)] if named else []
    said += [("原因", item.reason)]
    said += [("各方诉求", item.claims), ("提出的方案", item.offers), ("会议记录", item.record)] if named else []
    heading = f"第 {item.number} 次　{result}\n{_when(item.starts_at)}"
    return heading, tuple(f"{name}：{words}" for name, words in said if words)


def _step(step: CaseStep, *, named: bool) -> Step:
    said = ([step.reason] if step.reason else []) + telling(step.data, named=named)
    who = step.actor_name + (f"（{step.actor_post}）" if step.actor_post else "")
    return Step(_when(step.at), ACTION_NAMES[Action(step.action)], who, tuple(said))


def _order(order: CaseOrder) -> Order:
    times = [f"派单 {_when(order.sent_at)}"]
    times += [f"接单 {_when(order.accepted_at)}"] if order.accepted_at else []
    times += [f"结束 {_when(order.ended_at)}"] if order.ended_at else []
    return Order(
        order.department_name,
        ORDER_KIND_NAMES[OrderKind(order.kind)],
        ORDER_STATUS_NAMES[OrderStatus(order.status)],
        order.task,
        "\n".join(times),
        order.result,
    )


def _photo(photo: CasePhoto) -> Photo:
    return Photo(_bytes_of(photo_path(photo.sha256)), _when(photo.added_at), photo.sha256)


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _paper(actor: Actor, case: Case, paper: CaseDocument) -> Paper:
    name, number = DOCUMENT_NAMES[Document(paper.kind)], paper.number_text or "未编号"
    if not may_read_paper(actor, case, paper):
        return Paper(name, number, "", "含当事人信息，由综治中心调阅")
    if paper.docx_sha256 is None:
        return Paper(name, number, "", "正在生成")
    content = _bytes_of(kept_path(paper.docx_sha256, "docx"))
    if content is None:
        return Paper(name, number, "", "文件缺失，请从备份恢复")
    return Paper(name, number, twin(content))


def _map(session: Session, row: CaseRow, path: str) -> tuple[str, tuple[str, ...]]:
    """Return the map with the words below it; outlines as they were on the day the case was received, else as they are."""
    case = row.case
    spot = (row.lon, row.lat) if row.lon is not None and row.lat is not None else None
    areas = _areas(session, case)
    words = [f"所属区划：{path}", f"地址：{case.address_text or '未填写'}"]
    if spot:
        method = POSITION_METHOD_NAMES[PositionMethod(case.position_method)]
        near = f"，误差约 {case.position_accuracy_m:.0f} 米" if case.position_accuracy_m is not None else ""
        words.append(
            f"坐标（WGS-84，经度在前）：{spot[0]:.6f}，{spot[1]:.6f}；定位方式：{method}{near}。红圈为事件位置。"
        )
    else:
        words.append("该事件未定位，图上不标出位置。")
    if not areas:
        return "", (*words, "该地区没有已发布的边界，未绘制位置图。")
    return location_map(areas, spot), tuple(words)


def _ground(case: Case) -> int:
    """Return the town of a case, or the unit above towns that it is known at."""
    return int(f"{case.unit_code:015d}"[: min(significant_digits(case.unit_code), 9)].ljust(15, "0"))


def _areas(session: Session, case: Case) -> list[Area]:
    """Return the town (or county) of a case, its villages, and the grids of the case's own village."""
    digits, ground = significant_digits(case.unit_code), _ground(case)
    inner = subtree(int(f"{case.unit_code:015d}"[: min(digits, 12)].ljust(15, "0")))
    outer, level = subtree(ground), min(digits, 9)
    wanted = or_(
        Outline.unit_code == ground,
        and_(Outline.unit_code >= outer.lo, Outline.unit_code < outer.hi, Outline.level == level + 3),
        and_(Outline.unit_code >= inner.lo, Outline.unit_code < inner.hi, Outline.level == 15),
        Outline.unit_code == case.unit_code,
    )
    found = drawn(session, in_force(local(case.received_at).date()), wanted) or drawn(session, latest(), wanted)
    names: dict[int, Any] = {
        code: name
        for code, name in session.execute(
            select(Unit.unit_code, Unit.name).where(Unit.unit_code.in_([item.unit_code for item in found]))
        )
    }
    roles = {case.unit_code: "own", ground: "ground"}
    return [Area(names.get(item.unit_code, ""), roles.get(item.unit_code, "beside"), item.geom) for item in found]
