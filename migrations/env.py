"""Runs the migrations on the owner's connection, in one transaction for the whole upgrade."""

from alembic import context
from sqlalchemy import create_engine, pool

from gridmap.db import Base

url = context.config.get_main_option("sqlalchemy.url")
engine = create_engine(url, poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
