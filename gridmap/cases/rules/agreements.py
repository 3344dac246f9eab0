"""The row by which many agreements of one case are registered from a table at once, e.g. one for each of 218 shops."""

from __future__ import annotations

from gridmap.access import Permission
from gridmap.cases.rules.acts import Action
from gridmap.cases.rules.course import Input, Transition, _in
from gridmap.cases.rules.mediation import OPEN_IN, mediating, session_agreed

COLUMNS = ("对方当事人", "协议内容", "司法确认", "履行事项", "由谁履行", "金额（元）", "到期日期")
EXAMPLE = (
    "12 号商铺",
    "分两期支付所欠工资，第一期已付清。",
    "是",
    "支付第二期工资",
    "市场经营公司",
    "12600",
    "2026-12-31",
)
AGREEMENTS_ROWS: tuple[Transition, ...] = tuple(
    _in(
        OPEN_IN,
        Action.AGREE_MANY,
        Permission.CASE_MEDIATE,
        "agreed_many",
        inputs=(
            Input(
                "table",
                "协议清单",
                "table",
                hint="CSV 或 Excel（.xlsx）表格，一行一份协议；登记后可在“调解协议”页一次生成、下载协议书。",
            ),
            Input("ends", "本件调解", "ends"),
        ),
        guards=(mediating, session_agreed),
    )
)
