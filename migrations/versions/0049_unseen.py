"""巡查: after how many days without a track a grid is pointed out."""

from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "insert into system_settings values ('patrols.unseen_days', '7',"
        " '网格多少天没有巡查轨迹就列入提醒。初始值，由单位按巡查制度决定')"
    )
