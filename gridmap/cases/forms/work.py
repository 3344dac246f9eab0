"""Request data of the work list: which group and page, which cases are ticked, and names of saved filters."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from gridmap.cases.forms.filter import CaseFilter
from gridmap.cases.forms.paging import MOST, PAGE, Page
from gridmap.cases.forms.plain import clean
from gridmap.cases.rules import Action, county_of
from gridmap.cases.rules.work import GROUP_NAMES, Group
from gridmap.errors import BadInput
from gridmap.web import UNREADABLE

MOST_TICKED = 100
MOST_NAME = 30
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BATCH_ACTIONS = (Action.REGISTER, Action.DISPATCH, Action.ACCEPT, Action.CLOSE, Action.ARCHIVE)


@dataclass(frozen=True)
class Spot:
    """Where a row stands in the work list: own ones first, then the due time (``None``: after all), when received, its key."""

    others: int
    due_at: datetime | None
    received_at: datetime
    county_code: int
    id: int

    def text(self) -> str:
        """Return the place as it stands in an address."""
        due = _micros(self.due_at) if self.due_at else "x"
        return f"{self.others}.{due}.{_micros(self.received_at)}.{self.county_code}.{self.id}"

    @classmethod
    def read(cls, text: str) -> Spot:
        """Read a place from an address. Raises ``BadInput``."""
        found = re.fullmatch(r"([01])\.(x|-?[0-9]{1,17})\.(-?[0-9]{1,17})\.([0-9]{1,6})\.([0-9]{1,18})", text)
        fault = BadInput("翻页位置无法识别，请回到第一页。", field="after")
        if not found:
            raise fault
        try:
            due = None if found[2] == "x" else EPOCH + timedelta(microseconds=int(found[2]))
            received = EPOCH + timedelta(microseconds=int(found[3]))
        except OverflowError as error:
            raise fault from error
        return cls(int(found[1]), due, received, int(found[4]), int(found[5]))


def _micros(at: datetime) -> int:
    return (at - EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True)
class WorkPage:
    """Which group of the work list (``None``: all that waits), after which place, how many rows."""

    group: Group | None = None
    after: Spot | None = None
    limit: int = PAGE

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> WorkPage:
        """Read ``group``, ``after`` and ``limit``. Raises ``BadInput`` naming the field."""
        group = args.get("group") or ""
        if group and group not in set(Group):
            known = "、".join(f"{item.value}（{name}）" for item, name in GROUP_NAMES.items())
            raise BadInput(f"没有“{group[:40]}”这一组待办，可用的值：{known}。", field="group")
        limit = args.get("limit") or str(PAGE)
        if not re.fullmatch(r"[0-9]{1,4}", limit) or not 1 <= int(limit) <= MOST:
            raise BadInput(f"每页条数应在 1 至 {MOST} 之间。", field="limit")
        after = args.get("after")
        return cls(Group(group) if group else None, Spot.read(after) if after else None, int(limit))


@dataclass(frozen=True)
class Batch:
    """A step to be taken on several cases; ``client_id`` makes the same request sent twice the same steps."""

    action: Action
    codes: tuple[str, ...]
    client_id: uuid.UUID


def read_batch(values: MultiDict[str, str]) -> Batch:
    """Read ``action``, every ``case`` and ``client_id`` (made where it is missing). Raises ``BadInput`` with the remedy."""
    action = values.get("action", "")
    if action not in {item.value for item in BATCH_ACTIONS}:
        raise BadInput("请选择要批量办理的操作。", field="action")
    codes = tuple(sorted(set(values.getlist("case"))))
    if not codes:
        raise BadInput("请先勾选要批量办理的事件。", field="case")
    if len(codes) > MOST_TICKED:
        raise BadInput(f"一次至多办理 {MOST_TICKED} 件，现勾选了 {len(codes)} 件，请分批办理。", field="case")
    if any(county_of(code) is None for code in codes):
        raise BadInput("勾选的事件中有无法识别的编号，请回到列表重新勾选。", field="case")
    try:
        number = uuid.UUID(values["client_id"]) if values.get("client_id") else uuid.uuid4()
    except ValueError as fault:
        raise BadInput("页面已过期，请回到列表重新勾选。", field="client_id") from fault
    return Batch(Action(action), codes, number)


def read_filter_name(text: str) -> str:
    """Return the name of a saved filter. Raises ``BadInput``."""
    name = clean(text)
    if not name or len(name) > MOST_NAME or UNREADABLE.search(name):
        raise BadInput(f"请为筛选条件起一个名字，至多 {MOST_NAME} 个字。", field="name")
    return name


def read_saved(page: str, args: Mapping[str, str]) -> str:
    """Return the canonical query string of the filter to be saved for a list. Raises ``BadInput`` where it says nothing."""
    if page == "work":
        group = WorkPage.from_args(args).group
        values = {"group": group.value} if group else {}
    else:
        values, sort = CaseFilter.from_args(args).to_args(), Page.from_args(args).sort
        values |= {"sort": sort.value} if sort is not Page().sort else {}
    if not values:
        raise BadInput("当前没有筛选条件，不需要保存。", field="name")
    return urlencode(values)
