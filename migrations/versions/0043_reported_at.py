"""Letters to who reported name the time of the report: 受理时间 is the time of registering, 反映时间 that of the report."""

import hashlib

import sqlalchemy as sa
from alembic import op

from gridmap.config import ROOT

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None

NAMES = {"declining": "不予受理告知书", "completion": "办结告知书", "reminder": "提示函"}
STOP = sa.text(
    "update document_templates set active = false where kind = :kind and area_code = 0 and version = 1 and active"
    " and digest <> :digest returning id"
)
ADD = sa.text(
    "insert into document_templates (kind, area_code, version, name, content, digest, source_note, made_at, actor_name, active)"
    " select :kind, 0, max(version) + 1, :name, :content, :digest, '随系统更新：反映的时间与受理的时间分开', now(), '系统', true"
    " from document_templates where kind = :kind and area_code = 0"
)


def upgrade() -> None:
    """Follow the shipped template where it is in use; what an administrator put in its place stays."""
    for kind, name in NAMES.items():
        content = (ROOT / "data" / "document_templates" / f"{kind}.docx").read_bytes()
        digest = hashlib.sha256(content).hexdigest()
        if op.get_bind().execute(STOP, {"kind": kind, "digest": digest}).first():
            values = {"kind": kind, "name": f"{name}（系统自带）", "content": content, "digest": digest}
            op.get_bind().execute(ADD, values)
