"""How the last delivery to an address went is found without reading all of them."""

from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("create index ix_notice_deliveries_address_id on notice_deliveries (address_id, id)")
