"""Alembic's revisions, applied by ``python -m bot migrate`` and at every start of the bot."""
