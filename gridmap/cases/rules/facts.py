"""What the guards of the table look at, and the guards of the main line: the reason why not, in words, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from gridmap.cases.rules.charges import InCharge
from gridmap.cases.rules.clocks import Clocks
from gridmap.cases.rules.terms import Status
from gridmap.cases.rules.tiers import Mediating
from gridmap.cases.rules.whistles import Whistle


@dataclass(frozen=True)
class Order:
    """An open order: what the lead department (主办) or one that assists (协办) holds."""

    department_id: int
    department_name: str
    status: str
    assignee_id: int | None = None
    assignee_name: str = ""


@dataclass(frozen=True)
class Facts:
    """What the guards may look at: plain values read together with the case."""

    status: Status | None
    unit_code: int = 0
    reopened: bool = False  # registered once more after a 回访 or its closing
    lead: Order | None = None
    assisting: tuple[Order, ...] = ()  # of departments that have not reported
    handlers: frozenset[int] = frozenset()  # accounts that took part in the handling, in this or an earlier round
    copies: frozenset[int] = frozenset()  # departments that were told (抄告) and have not said that they read it
    whistle: Whistle | None = None  # the open one
    checks: tuple[tuple[int, str], ...] = ()  # who was asked to fill in facts and has not answered: account, name
    obstacles: tuple[str, ...] = ()  # what else must end before the case is reported (whistles, mediation), in words
    mediation: Mediating | None = None  # the open one
    promises: tuple[int, int] = (0, 0)  # agreements no court has confirmed, promises nobody has settled
    charge: InCharge | None = None  # the leader in charge
    charge_asked: tuple[int, str] | None = None  # the leader who was asked to take it: account, name
    tabled: bool = False  # on the agenda of a joint meeting
    tasks: tuple[tuple[int, str], ...] = ()  # who owes what a meeting asked of them: account, name
    decisions_open: bool = False  # of joint meetings
    clocks: Clocks = field(default_factory=Clocks)  # its limits


@dataclass(frozen=True)
class Doer:
    """Who acts: the account, the departments of their posts, and whether they are of the centre of the case's place."""

    account_id: int
    departments: frozenset[int] = field(default_factory=frozenset)
    centre: bool = False


Guard = Callable[[Facts, Doer], str]


def in_lead(facts: Facts, doer: Doer) -> str:
    """Only the lead department works on its order; what the centre handles itself (中心自办) is for the centre's people."""
    if facts.lead is None:
        return "" if doer.centre else "该事件由综治中心自办，由中心工作人员办理。"
    if facts.lead.department_id in doer.departments:
        return ""
    return f"该单由“{facts.lead.department_name}”主办，由该部门办理。"


def has_lead(facts: Facts, _doer: Doer) -> str:
    """There is an order to work on."""
    return "" if facts.lead else "该事件由中心自办，没有派给部门的单。"


def handled_here(facts: Facts, _doer: Doer) -> str:
    """Only what the centre handles itself is taken back from it."""
    if facts.lead:
        return f"该事件由“{facts.lead.department_name}”主办，不是中心自办；需要收回的，请该部门退单。"
    return ""


def nobody_assigned(facts: Facts, _doer: Doer) -> str:
    """A department withdraws its own assignee before it returns an order."""
    if facts.lead and facts.lead.assignee_id:
        return f"已指定经办人{facts.lead.assignee_name}，请先撤回经办人再退单。"
    return ""


def somebody_assigned(facts: Facts, _doer: Doer) -> str:
    """Only an assignee that is there can be withdrawn."""
    return "" if facts.lead and facts.lead.assignee_id else "还没有指定经办人。"


def all_reported(facts: Facts, _doer: Doer) -> str:
    """The lead reports when everybody who assists has."""
    if facts.assisting:
        names = "、".join(order.department_name for order in facts.assisting)
        return f"协办单位{names}还没有反馈，请等待或催办。"
    return facts.obstacles[0] if facts.obstacles else ""


def leader_done(facts: Facts, _doer: Doer) -> str:
    """What the leader in charge owes the case stands before its closing, where the template says so."""
    return facts.charge.obstacle if facts.charge else ""


def not_reopened(facts: Facts, _doer: Doer) -> str:
    """What was taken up once is brought to its end: a dissatisfied resident is not turned away at the desk."""
    return "该事件已受理办理过，现为重新办理，不能再作不予受理。" if facts.reopened else ""


def free_to_join(facts: Facts, _doer: Doer) -> str:
    """What was taken up again, or has a leader in charge, does not vanish into another case."""
    remedy = "确属同一件事的，请把另一件并入本件"
    if facts.reopened:
        return f"该事件是重新办理的，须办到底再回访，不能并入其他事件；{remedy}。"
    if facts.charge:
        return f"该事件由{facts.charge.name}包案，不能并入其他事件；{remedy}，或由{facts.charge.name}先“结束包案”。"
    return ""


def in_assisting(facts: Facts, doer: Doer) -> str:
    """Only a department that assists works on its assisting order."""
    if any(order.department_id in doer.departments for order in facts.assisting):
        return ""
    return "您所在的部门没有该事件的协办单。"


def assisting_waits(facts: Facts, doer: Doer) -> str:
    """An assisting order is accepted once."""
    mine = [order for order in facts.assisting if order.department_id in doer.departments]
    return "" if any(order.status == "sent" for order in mine) else "协办单已经接单。"


def not_own_work(facts: Facts, doer: Doer) -> str:
    """核实 and 回访 are done by somebody who did not handle the case."""
    return "您参与办理过该事件，核实和回访须由其他人进行。" if doer.account_id in facts.handlers else ""
