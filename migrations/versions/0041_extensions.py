"""Extensions have a bound, which is data; a request ends with the timer it was for."""

from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

STATEMENTS = (
    "insert into system_settings values ('cases.extension', '{\"times\": 2, \"share\": 1}',"
    " '一次办理时限至多同意延期几次（times），合计不超过原时限的几倍（share）。初始值：全国没有统一规定，由本级综治中心按当地制度修改')",
    "alter table case_extensions drop constraint ck_case_extensions_status",
    "alter table case_extensions add constraint ck_case_extensions_status"
    " check (status in ('asked', 'granted', 'refused', 'lapsed'))",
    "update case_extensions e set status = 'lapsed', decided_at = t.stopped_at, decision = '办理环节已结束，申请自动失效。'"
    " from case_timers t where t.county_code = e.county_code and t.id = e.timer_id and e.status = 'asked'"
    " and t.stopped_at is not null",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
