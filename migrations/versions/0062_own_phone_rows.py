"""What a phone sent is seen by its worker alone, also by the database; long bodies are compressed the quick way."""

from alembic import op

from gridmap.config import APP_ROLE
from gridmap.db import POSTS_ROLE

revision = "0062"
down_revision = "0061"
branch_labels = None
depends_on = None

TABLES = ("field_items", "field_uploads")
OWN = "account_id = nullif(current_setting('gridmap.account_id', true), '')::bigint"


def upgrade() -> None:
    """Beside the policies of the scope, which let others of the same units in, one that everybody must also meet."""
    for table in TABLES:
        op.execute(
            f"create policy own on {table} as restrictive to {APP_ROLE}, {POSTS_ROLE} using ({OWN}) with check ({OWN})"
        )
    op.execute("alter table field_items alter column body set compression lz4")
