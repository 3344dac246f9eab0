"""The same place again after closing: a case keeps which closed case happened there before; how near and how lately is data."""

from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

TABLES = """
alter table cases add column repeat_of text;
alter table cases add constraint ck_cases_repeat_of check (repeat_of <> case_code);
create index ix_cases_repeat_of on cases (unit_code, received_at) where repeat_of is not null;
insert into system_settings values ('cases.repeat_place', '{"radius_m": 50, "days": 180}',
  '同一小类在多少米内、结案后多少天内再次受理，标为“同地重复”。初始值：全国没有统一规定，由本级综治中心按当地制度修改')
"""


def upgrade() -> None:
    op.execute(TABLES)
