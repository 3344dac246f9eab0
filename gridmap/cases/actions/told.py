"""Who is told of which step, and what they are asked to do. Names no person: it also goes out by e-mail and to robots."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from gridmap.cases.actions.effects import Work
from gridmap.cases.actions.notices import Account, Addressee, Centre, Department, tell
from gridmap.cases.rules import Action
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
    Action.WITHDRAW: _lead("派单已撤回，贵部门无需再办理。"),
    Action.RETURN: _desk("部门已退单，请核对理由后重新派单。"),
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
    Action.SUPERVISE: _lead("该事件已被督办，请立即办理并记录进展。"),
    Action.APPEAL: _desk("部门对超时提出申诉，请初审。"),
}


def tell_of(work: Work) -> None:
    """Leave the notices of a step that was just taken; who took it is not told of it as the only person addressed."""
    for to, words in TOLD.get(work.row.action, lambda _work: iter(()))(work):
        if to != Account(work.actor.account_id):
            tell(work.session, case=work.case, kind=f"case.{work.row.action.value}", body=words, to=to)
