"""Papers of agreements know of which agreement they are, so that one that has none gets one, and one only."""

from alembic import op

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None

STATEMENTS = (
    "alter table case_documents add column agreement_number integer",
    # those that were asked for with the step that registered their agreement
    "update case_documents d set agreement_number = (s.data ->> 'agreement')::integer from case_steps s"
    " where d.kind = 'agreement' and s.county_code = d.county_code and s.case_id = d.case_id and s.number = d.step_number"
    " and s.data ? 'agreement'",
    "create unique index uq_case_documents_agreement_number on case_documents (county_code, case_id, agreement_number)"
    " where agreement_number is not null",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
