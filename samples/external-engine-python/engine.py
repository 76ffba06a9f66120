"""A credential engine in Python: accounts at the notebooks' service, handed out by the Secrets Broker and taken back.

    python3 engine.py --socket /run/notebooks-engine/engine.sock

Nothing is logged: what passes through here is secret. See README.md.
"""
import argparse
import os
import signal
import sqlite3
import sys
import threading
from concurrent import futures

import grpc

import stubs

stubs.use()

# pylint: disable=wrong-import-position
from secretsbroker.engine.v1 import engine_pb2 as messages  # noqa: E402
from secretsbroker.engine.v1 import engine_pb2_grpc as services  # noqa: E402
import accounts  # noqa: E402

VERSION = "1.0"


class NotebooksEngine(services.EngineServiceServicer):
    def Describe(self, request, context):
        return messages.DescribeResponse(
            name="notebooks",
            version=VERSION,
            revocability=messages.REVOCABILITY_DESTROY,
            renewable=True,
            lists=True,
            target_settings=[messages.SettingDescription(name="file", kind=messages.SETTING_KIND_TEXT, required=True)],
            grant_settings=[messages.SettingDescription(name="notebooks", kind=messages.SETTING_KIND_TEXTS, required=True)])

    def Check(self, request, context):
        answer = messages.CheckResponse()
        try:
            accounts.count(file_of(request), "nobody")
        except sqlite3.Error:
            answer.faults.add(setting="file", rule=messages.SETTING_RULE_NOT_FOUND)
        return answer

    def Issue(self, request, context):
        with failures_told(context):
            name, password = accounts.make(
                file_of(request), request.lease_id, list(request.grant_settings["notebooks"]),
                request.expire_time.ToMicroseconds() / 1e6, context.is_active)
            return messages.IssueResponse(
                fields={"username": name.encode(), "password": password.encode()}, expire_time=request.expire_time)

    def Renew(self, request, context):
        with failures_told(context):
            return messages.RenewResponse(
                renewed=accounts.prolong(file_of(request), request.lease_id, request.expire_time.ToMicroseconds() / 1e6))

    def Revoke(self, request, context):
        with failures_told(context):
            accounts.remove(file_of(request), request.lease_id)
            return messages.RevokeResponse()

    def Verify(self, request, context):
        with failures_told(context):
            existing, sessions = accounts.count(file_of(request), request.lease_id)
            return messages.VerifyResponse(gone=existing == 0 and sessions == 0, findings=[
                messages.Finding(kind=messages.FINDING_KIND_ACCOUNT, count=existing),
                messages.Finding(kind=messages.FINDING_KIND_SESSION, count=sessions)])

    def List(self, request, context):
        with failures_told(context):
            leases, more = accounts.page(file_of(request), request.mark, request.cursor, request.max)
            return messages.ListResponse(lease_ids=leases, next_cursor=leases[-1] if more else "")


def file_of(request):
    return request.target.settings["file"]


class failures_told:
    """Turns what went wrong into a status; the text would be read by nobody."""

    def __init__(self, context):
        self.context = context

    def __enter__(self):
        return self

    def __exit__(self, kind, failure, trace):
        if kind is accounts.Overtaken:
            self.context.abort(grpc.StatusCode.ABORTED, "")
        if kind is not None and issubclass(kind, sqlite3.OperationalError):
            self.context.abort(grpc.StatusCode.UNAVAILABLE, "")
        return False


def main():
    parser = argparse.ArgumentParser(description="Accounts at the notebooks' service, for the Secrets Broker.")
    parser.add_argument("--socket", required=True, help="where to listen: a path")
    parser.add_argument("--until-input-ends", action="store_true", help="for a broker that starts it: end with the standard input")
    parser.add_argument("--group-may-connect", action="store_true", help="for a user of the engine's own: the broker is in its group")
    arguments = parser.parse_args()

    # Whoever can write to the socket can ask for secrets past the broker.
    os.umask(0o117 if arguments.group_may_connect else 0o177)
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=16))
    services.add_EngineServiceServicer_to_server(NotebooksEngine(), server)
    server.add_insecure_port(f"unix:{arguments.socket}")
    server.start()

    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    signal.signal(signal.SIGINT, lambda *_: ended.set())
    if arguments.until_input_ends:
        threading.Thread(target=lambda: (sys.stdin.buffer.read(), ended.set()), daemon=True).start()
    ended.wait()
    server.stop(grace=3).wait()


if __name__ == "__main__":
    main()
