"""What Alembic runs: every revision in the transaction of the connection that it is given."""

from alembic import context

from kwhen.storage import vtn_tables  # noqa: F401  its tables belong to the schema
from kwhen.storage.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,  # SQLite changes a table by writing it anew
)
with context.begin_transaction():
    context.run_migrations()
