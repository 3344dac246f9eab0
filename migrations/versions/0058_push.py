"""Web push to phones: an address of the person that ends with the phone; it says only that there is something to read."""

from alembic import op

revision = "0058"
down_revision = "0057"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        """
        alter table notice_addresses drop constraint ck_notice_addresses_channel;
        alter table notice_addresses add constraint ck_notice_addresses_channel
          check (channel in ('email', 'wecom', 'dingtalk', 'push'));
        alter table notice_addresses drop constraint ck_notice_addresses_address;
        alter table notice_addresses add constraint ck_notice_addresses_address check (length(address) between 3 and 1000);
        alter table notice_addresses add column phone_id bigint;
        alter table notice_addresses add constraint ck_notice_addresses_phone
          check ((channel = 'push') = (phone_id is not null) and (phone_id is null or account_id is not null));
        alter table notice_addresses add constraint fk_notice_addresses_county_code_phone_id
          foreign key (county_code, phone_id) references phones (county_code, id);
        create index ix_notice_addresses_phone_id on notice_addresses (county_code, phone_id) where phone_id is not null;
        """
    )
