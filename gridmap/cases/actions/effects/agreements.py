"""Effect of registering agreements from a table: all of them, numbered on, each with its promises; or none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from gridmap.cases.actions.effects.mediation import current
from gridmap.cases.actions.effects.work import Effect, Work
from gridmap.cases.forms.agreements import FIELD, AgreementRow
from gridmap.cases.models.mediation import MediationAgreement, MediationDuty
from gridmap.cases.queries.mediation import template_with
from gridmap.cases.rules import Action
from gridmap.cases.rules.tiers import Confirmation, DutyState, MediationState
from gridmap.clock import local
from gridmap.errors import BadInput


def agree_many(work: Work) -> dict[str, Any]:
    """批量登记协议: one agreement for each row; who has one already is told with the row."""
    mediation, rows = current(work), work.given.get("table")
    ends = work.given.get("ends")
    if ends not in ("yes", "no"):
        raise BadInput("请选择本件调解是否到此结束。", field="ends")
    if ends == "yes" and work.facts.mediation and work.facts.mediation.planned:
        raise BadInput("还有调解会没有记录，请先记录（未召开的记为改期），或选择继续调解。", field="ends")
    _refuse_known(work, rows)
    first = next_number(work, MediationAgreement)
    today = local(work.now).date()
    made = [
        MediationAgreement(
            **row_place(work), mediation_id=mediation.id, number=number, counterpart=row.counterpart, terms=row.terms,
            agreed_at=work.now, confirmation=(Confirmation.APPLIED if row.applied else Confirmation.NONE).value,
            applied_on=today if row.applied else None,
        )
        for number, row in enumerate(rows, first)
    ]  # fmt: skip
    work.session.add_all(made)
    work.session.flush()
    amount, promises = _promise(work, made, rows, template_with(work.session, mediation.template_id).remind_days)
    if ends == "yes":
        mediation.state, mediation.ended_at = MediationState.AGREED.value, work.now
    told = [f"登记协议 {len(made)} 份（第 {first} 至 {made[-1].number} 号）", f"履行事项 {promises} 项"]
    told += [f"金额合计 {amount:,.2f} 元"] if amount else []
    return {"told": told + (["调解结束"] if ends == "yes" else [])}


def _refuse_known(work: Work, rows: tuple[AgreementRow, ...]) -> None:
    mine = MediationAgreement.county_code == work.case.county_code, MediationAgreement.case_id == work.case.id
    query = select(MediationAgreement.counterpart, MediationAgreement.number).where(*mine)
    known = {name: number for name, number in work.session.execute(query)}
    double = [row for row in rows if row.counterpart in known]
    if double:
        told = "；".join(
            f"第 {row.row} 行：“{row.counterpart}”已有第 {known[row.counterpart]} 号协议" for row in double[:12]
        )
        raise BadInput(f"表格有 {len(double)} 处需要修改，一份也没有登记。{told}。请从表格中去掉。", field=FIELD)


def _promise(
    work: Work, made: list[MediationAgreement], rows: tuple[AgreementRow, ...], remind_days: int
) -> tuple[Decimal, int]:
    number, amount = next_number(work, MediationDuty), Decimal(0)
    found: list[MediationDuty] = []
    for agreement, row in zip(made, rows, strict=True):
        for duty in row.duties:
            amount += duty.amount_yuan or 0
            found.append(
                MediationDuty(
                    **row_place(work), agreement_id=agreement.id, number=number + len(found), what=duty.what,
                    by_whom=duty.by_whom, amount_yuan=duty.amount_yuan, due_on=duty.due_on, remind_days=remind_days,
                    state=DutyState.WAITING.value,
                )
            )  # fmt: skip
    work.session.add_all(found)
    return amount, len(found)


def next_number(work: Work, table: Any) -> int:
    """Return the next number in the case; the case is locked, so no two are the same."""
    mine = table.county_code == work.case.county_code, table.case_id == work.case.id
    return int(work.session.scalar(select(func.coalesce(func.max(table.number), 0)).where(*mine)) or 0) + 1


def row_place(work: Work) -> dict[str, int]:
    """Return where the rows of the case stand."""
    return {"county_code": work.case.county_code, "unit_code": work.case.unit_code, "case_id": work.case.id}


AGREEMENTS_EFFECTS: dict[Action, Effect] = {Action.AGREE_MANY: agree_many}
