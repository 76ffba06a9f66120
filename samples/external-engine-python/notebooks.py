"""A small service to hand out accounts for: notebooks in one SQLite file, opened with a user name and a password.

Its operator makes it by `python3 notebooks.py FILE`; its users call `open_session` and `read`.
"""
import contextlib
import hashlib
import secrets
import sqlite3
import sys
import time

SCHEMA = """
CREATE TABLE IF NOT EXISTS note (notebook TEXT NOT NULL, text TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS account (
    name TEXT PRIMARY KEY, password_hash BLOB NOT NULL, expire_time REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS may_read (account TEXT NOT NULL, notebook TEXT NOT NULL, PRIMARY KEY (account, notebook)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS session (id TEXT PRIMARY KEY, account TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS revoked (account TEXT PRIMARY KEY, time REAL NOT NULL) WITHOUT ROWID;
"""


class Refused(Exception):
    """The service lets nobody in with this."""


def connect(file, timeout=5.0):
    """A connection of its own for each call; SQLite's lock keeps calls apart, also those of other processes."""
    connection = sqlite3.connect(f"file:{file}?mode=rw", uri=True, timeout=timeout, isolation_level=None)
    return contextlib.closing(connection)


@contextlib.contextmanager
def change(connection):
    """A transaction that nobody else writes beside."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def hash_of(password):
    """Enough for a password of 256 random bits."""
    return hashlib.sha256(password.encode()).digest()


def open_session(file, name, password):
    with connect(file) as connection, change(connection):
        row = connection.execute("SELECT password_hash, expire_time FROM account WHERE name = ?", (name,)).fetchone()
        if row is None or not secrets.compare_digest(row[0], hash_of(password)) or row[1] <= time.time():
            raise Refused()
        session = secrets.token_urlsafe(16)
        connection.execute("INSERT INTO session VALUES (?, ?)", (session, name))
        return session


def read(file, session, notebook):
    with connect(file) as connection:
        if connection.execute(
                "SELECT 1 FROM session JOIN may_read USING (account) JOIN account AS owner ON owner.name = session.account "
                "WHERE id = ? AND notebook = ? AND expire_time > ?", (session, notebook, time.time())).fetchone() is None:
            raise Refused()
        return [text for (text,) in connection.execute("SELECT text FROM note WHERE notebook = ?", (notebook,))]


def create(file):
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.executescript(SCHEMA)
        connection.execute("INSERT INTO note VALUES ('minutes', 'We meet again on Thursday.')")
        connection.commit()


if __name__ == "__main__":
    create(sys.argv[1])
