"""The accounts that the engine makes at the notebooks' service, and unmakes. Each is named by its lease."""
import secrets
import time

from notebooks import change, connect, hash_of

# No lease lives longer; after that nobody issues it any more.
REMEMBER_REVOKED = 24 * 60 * 60

# Of a lease's id: its characters, and the first of those that are the mark of its installation.
LEASE_LENGTH, MARK_START = 26, 3


class Overtaken(Exception):
    """The lease was revoked, or nobody waits for the answer any more."""


def name_of(lease):
    return f"sb_{lease}"


def make(file, lease, notebooks, expire_time, is_awaited):
    """The account's name and its password. An account that the lease has already is replaced."""
    name, password = name_of(lease), secrets.token_urlsafe(32)
    with connect(file) as connection, change(connection):
        # An Issue and a Revoke of one lease may arrive in any order; what was revoked stays so.
        if connection.execute("SELECT 1 FROM revoked WHERE account = ?", (name,)).fetchone() is not None:
            raise Overtaken()
        _delete(connection, name)
        connection.execute("INSERT INTO account VALUES (?, ?, ?)", (name, hash_of(password), expire_time))
        connection.executemany("INSERT OR IGNORE INTO may_read VALUES (?, ?)", [(name, notebook) for notebook in notebooks])
        if not is_awaited():
            raise Overtaken()
    return name, password


def prolong(file, lease, expire_time):
    """Whether the account lives until then. It never gets shorter."""
    with connect(file) as connection, change(connection):
        return connection.execute(
            "UPDATE account SET expire_time = MAX(expire_time, ?) WHERE name = ?", (expire_time, name_of(lease))).rowcount == 1


def remove(file, lease):
    """Ends the account's sessions with it."""
    name, now = name_of(lease), time.time()
    with connect(file) as connection, change(connection):
        connection.execute("DELETE FROM revoked WHERE time < ?", (now - REMEMBER_REVOKED,))
        connection.execute("INSERT OR REPLACE INTO revoked VALUES (?, ?)", (name, now))
        _delete(connection, name)


def count(file, lease):
    """How many accounts and how many sessions the lease has."""
    with connect(file) as connection:
        return tuple(connection.execute(
            "SELECT (SELECT COUNT(*) FROM account WHERE name = ?), (SELECT COUNT(*) FROM session WHERE account = ?)",
            (name_of(lease), name_of(lease))).fetchone())


def page(file, mark, after, most):
    """The leases of an installation that have an account or a session, in order, and whether there are more."""
    with connect(file) as connection:
        names = connection.execute(
            "SELECT name FROM (SELECT name FROM account UNION SELECT account FROM session) "
            "WHERE name > ? AND length(name) = ? AND substr(name, ?, ?) = ? ORDER BY name LIMIT ?",
            (name_of(after), len(name_of("")) + LEASE_LENGTH, len(name_of("")) + MARK_START, len(mark), mark, most + 1)).fetchall()
    leases = [name.removeprefix(name_of("")) for (name,) in names]
    return leases[:most], len(leases) > most


def _delete(connection, name):
    connection.execute("DELETE FROM session WHERE account = ?", (name,))
    connection.execute("DELETE FROM may_read WHERE account = ?", (name,))
    connection.execute("DELETE FROM account WHERE name = ?", (name,))
