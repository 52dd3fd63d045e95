"""Runs migrations on the connection, and in the transaction, that ``migration`` hands over."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    transactional_ddl=True,  # ours on SQLite too: BEGIN was sent before the first statement
)
with context.begin_transaction():
    context.run_migrations()
