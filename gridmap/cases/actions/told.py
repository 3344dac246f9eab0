"""Who is told of which step, and what they are asked to do. Names no person: it also goes out by e-mail and to robots."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gridmap.access import Role
from gridmap.cases.actions.effects import Work
from gridmap.cases.actions.effects.orders import open_orders
from gridmap.cases.actions.notices import Account, Addressee, Centre, Department, tell
from gridmap.cases.queries.mediation import open_mediation
from gridmap.cases.rules import Action
from gridmap.cases.rules.orders import OrderKind
from gridmap.clock import local

Told = tuple[Addressee, str]


def _dispatched(work: Work) -> Iterator[Told]:
    if work.case.lead_department_id:
        yield Department(work.case.lead_department_id), "已派给贵部门主办，请接单办理。"
    for number in work.given.get("assisting", ()):
        yield Department(number), "请贵部门协办，请接单办理。"


def _lead(words: str) -> Callable[[Work], Iterator[Told]]:
    """Tell the department that leads, or led until this step."""

    def told(work: Work) -> Iterator[Told]:
        number = work.case.lead_department_id or (work.facts.lead.department_id if work.facts.lead else None)
        if number:
            yield Department(number), words

    return told


def _desk(words: str) -> Callable[[Work], Iterator[Told]]:
    """Tell the desk of the centre that is responsible for the case's unit."""

    def told(work: Work) -> Iterator[Told]:
        yield Centre(work.case.unit_code), words

    return told


def _released(work: Work) -> Iterator[Told]:
    """Tell the departments whose assisting orders ended with this step: nobody waits for them any more."""
    asked = {order.department_id for order in open_orders(work, OrderKind.ASSIST)}
    for number in dict.fromkeys(order.department_id for order in work.facts.assisting):
        if number not in asked:
            yield Department(number), "协办单已撤回，贵部门无需再办理。"


def _withdrawn(work: Work) -> Iterator[Told]:
    yield from _lead("派单已撤回，贵部门无需再办理。")(work)
    yield from _released(work)


def _returned(work: Work) -> Iterator[Told]:
    yield from _desk("部门已退单，请核对理由后重新派单。")(work)
    yield from _released(work)


def _supervised(work: Work) -> Iterator[Told]:
    """Tell whom the 督办单 is addressed to: the department that leads, else the centre of the place."""
    to = Department(work.facts.lead.department_id) if work.facts.lead else Centre(work.case.unit_code)
    yield to, "该事件已被督办，请立即办理并记录进展。"


def _mediators(words: str) -> Callable[[Work], Iterator[Told]]:
    """Tell the mediators who were chosen."""

    def told(work: Work) -> Iterator[Told]:
        for number in work.given.get("mediators", ()):
            yield Account(number), words

    return told


def _session(work: Work) -> Iterator[Told]:
    """Tell who mediates in the session: those chosen for it, else those of the tier."""
    mediation = open_mediation(work.session, work.case)
    when = f"{local(work.given.get('starts_at')):%m-%d %H:%M}"
    for number in work.given.get("mediators", ()) or (mediation.mediator_ids if mediation else ()):
        yield Account(number), f"已安排您主持 {when} 的调解会，地点见事件页面。"


def _reviewed(work: Work) -> Iterator[Told]:
    """After 初审 the second reviewer is next, or the appeal is over; after 复审 it is over: who appealed hears so."""
    agreed, first = work.given.get("verdict") == "agree", work.row.action is Action.REVIEW_APPEAL
    if agreed and first:
        yield Centre(work.case.unit_code, Role.SUPERVISOR), "超时申诉已通过初审，请复审。"
    elif work.facts.clocks.appellant:
        words = "已获同意，该超时不计入统计。" if agreed else "未获同意，请看审核意见。"
        yield Account(work.facts.clocks.appellant), f"您提出的超时申诉{words}"


def _assignee(work: Work) -> Iterator[Told]:
    if work.case.assignee_id:
        yield Account(work.case.assignee_id), "已指定由您经办，请办理。"


def _first_asked(work: Work) -> Iterator[Told]:
    if work.case.duty_account_id:
        yield Account(work.case.duty_account_id), "您首问的事件已结案，请留意当事人是否还有诉求。"


def _added(work: Work) -> Iterator[Told]:
    for number in work.given.get("assisting", ()):
        yield Department(number), "请贵部门协办，请接单办理。"


def _copied(work: Work) -> Iterator[Told]:
    for number in work.given.get("departments", ()):
        yield Department(number), "已抄告贵部门，请阅知。"


def _whistled(work: Work) -> Iterator[Told]:
    by_when = f"{local(work.given.get('deadline')):%m-%d %H:%M}"
    for number in (work.given.get("department"), *work.given.get("assisting", ())):
        yield Department(number), f"中心吹哨，请贵部门在 {by_when} 前报到，地点见事件页面。"


def _leader(work: Work) -> Iterator[Told]:
    yield Account(int(work.given.get("leader"))), "综治中心提请您包案，请答复是否包案。"


def _decided(work: Work) -> Iterator[Told]:
    by_when = f"{local(work.given.get('deadline')):%m-%d %H:%M}"
    if work.given.get("department"):
        yield Department(work.given.get("department")), f"联席会议交办，请贵部门在 {by_when} 前办理。"
    else:
        yield Account(int(work.given.get("person"))), f"联席会议交给您一项任务，请在 {by_when} 前完成。"


def _handed_on(work: Work) -> Iterator[Told]:
    yield Department(work.given.get("department")), "原承办部门的单已移交贵部门，请接续办理。"


def _transferred(work: Work) -> Iterator[Told]:
    yield Centre(work.case.unit_code), "已移交给其他区划，本单位不再办理。"
    yield Centre(int(work.given.get("unit"))), "已移交给贵单位，请接手研判派单。"
    if work.facts.lead:
        yield Department(work.facts.lead.department_id), "事件已移交其他区划，派单已撤回，贵部门无需再办理。"
    yield from _released(work)


TOLD: dict[Action, Callable[[Work], Iterator[Told]]] = {
    Action.DISPATCH: _dispatched,
    Action.ADD_ASSIST: _added,
    Action.COPY: _copied,
    Action.TRANSFER: _transferred,
    Action.WHISTLE: _whistled,
    Action.ASK_CHARGE: _leader,
    Action.TAKE_CHARGE: _desk("领导已包案，请配合。"),
    Action.DECLINE_CHARGE: _desk("领导未接受包案，请看理由。"),
    Action.END_CHARGE: _desk("领导已结束包案，请看理由。"),
    Action.DECIDE: _decided,
    Action.FINISH_TASK: _desk("联席会议交办的任务已完成，请查看。"),
    Action.HAND_ON: _handed_on,
    Action.WITHDRAW: _withdrawn,
    Action.RETURN: _returned,
    Action.ASSIST_RETURN: _desk("协办部门已退单，请核对理由。"),
    Action.ASSIGN: _assignee,
    Action.REPORT: _desk("已反馈办理结果，请核实。"),
    Action.REJECT: _lead("核实未通过，请继续办理。"),
    Action.DISSATISFIED: _desk("回访不满意，请重新研判。"),
    Action.REOPEN: _desk("已重新办理，请研判派单。"),
    Action.CLOSE: _first_asked,
    Action.EXTEND: _desk("部门申请延期，请审批。"),
    Action.GRANT_EXTENSION: _lead("延期申请已同意，请看新的到期时间。"),
    Action.REFUSE_EXTENSION: _lead("延期申请未获同意，请按原期限办理。"),
    Action.SUPERVISE: _supervised,
    Action.APPEAL: _desk("部门对超时提出申诉，请初审。"),
    Action.REVIEW_APPEAL: _reviewed,
    Action.DECIDE_APPEAL: _reviewed,
    Action.START_MEDIATION: _mediators("已请您调解，请查看并安排调解会。"),
    Action.PLAN_SESSION: _session,
    Action.MOVE_UP: _mediators("下级调解未成，已移交给您调解，请查看移交材料并安排调解会。"),
}


def tell_of(work: Work) -> None:
    """Leave the notices of a step that was just taken; who took it is not told of it as the only person addressed."""
    for to, words in TOLD.get(work.row.action, lambda _work: iter(()))(work):
        if to != Account(work.actor.account_id):
            tell(work.session, case=work.case, kind=f"case.{work.row.action.value}", body=words, to=to)
