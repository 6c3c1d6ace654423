"""Every service in one process: SQLite files and the local log in one folder."""
