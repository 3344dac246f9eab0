"""The agreement of a mediation as a paper: whose sealed data it carries. Reminders of promises know their case and move with it."""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

CHANGES = """
alter table case_documents add column party_ids bigint[] default '{}' not null;
alter table mediation_reminders add column case_id bigint;
update mediation_reminders r set case_id = d.case_id, unit_code = d.unit_code from mediation_duties d
  where d.county_code = r.county_code and d.id = r.duty_id;
alter table mediation_reminders alter column case_id set not null;
alter table mediation_reminders add constraint fk_mediation_reminders_county_code_case_id
  foreign key (county_code, case_id) references cases (county_code, id);
create index ix_mediation_reminders_case_id on mediation_reminders (county_code, case_id);
"""


def upgrade() -> None:
    op.execute(CHANGES)
