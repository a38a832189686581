"""The database's history, one step a file; cases/migrate.py runs it."""
