"""A form's own number belongs to one step of one case: the database says whether it was used, and whether for this one."""

from alembic import op

from gridmap.config import APP_ROLE
from gridmap.db import POSTS_ROLE

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

# The case may have left the caller's scope by the very step that is sent again (移交), so the policy would hide it. The answer
# tells the least: yes, no, or never, to who knows the form's number.
SENT_BEFORE = """
create function gridmap_sent_before(p_county int, p_client uuid, p_case_code text, p_action text, p_account bigint)
returns boolean language sql stable security definer set search_path = public, pg_temp as $$
  select c.case_code = p_case_code and s.action = p_action and s.actor_id is not distinct from p_account
  from case_steps s join cases c on c.county_code = s.county_code and c.id = s.case_id
  where s.county_code = p_county and s.client_id = p_client
$$;
revoke all on function gridmap_sent_before(int, uuid, text, text, bigint) from public;
"""


def upgrade() -> None:
    op.execute(SENT_BEFORE)
    op.execute(
        f"grant execute on function gridmap_sent_before(int, uuid, text, text, bigint) to {APP_ROLE}, {POSTS_ROLE}"
    )
