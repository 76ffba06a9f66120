#!/usr/bin/env python3
"""An agent that gets a secret for one task from the development broker, uses it, and loses it again.

Start the broker first: dotnet run --project Broker -- dev
"""
import argparse
import os
import shlex
import subprocess
import sys
import tempfile

try:
    import grpc
except ImportError:
    sys.exit("This Python has no grpcio. Debian's has: apt-get install python3-grpcio python3-grpc-tools, and run it by /usr/bin/python3")

from broker import Broker, Denied
from client_key import ClientKey
from lifeline import Lifeline
from story import StepFailed, expect, tell
from target import InvoicesTarget

REPOSITORY = os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
WORKLOAD = "spiffe://dev.local/agent/python"
RESOURCE = "invoices-api/invoices"


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--broker", default="127.0.0.1:7443", help="address for gRPC (default %(default)s)")
    parser.add_argument("--publications", default="http://127.0.0.1:7480",
                        help="where certificates and lists of what was revoked are published (default %(default)s)")
    parser.add_argument("--data", metavar="FOLDER", help="the development broker's folder, when it is not the default one")
    parser.add_argument("--token-command", metavar="COMMAND",
                        help="prints this agent's token; used when BROKER_TOKEN is not set (default: broker token, from the sources)")
    return parser.parse_args()


def find_token(arguments):
    """The proof of identity: BROKER_TOKEN, or what the token command prints."""
    if os.environ.get("BROKER_TOKEN"):
        return os.environ["BROKER_TOKEN"].strip()
    if arguments.token_command:
        command = shlex.split(arguments.token_command)
    else:
        command = ["dotnet", "run", "--project", os.path.join(REPOSITORY, "Broker"), "--", "token", "--workload", WORKLOAD]
        if arguments.data:
            command += ["--data", arguments.data]
    made = subprocess.run(command, stdout=subprocess.PIPE, universal_newlines=True, check=False)
    expect(made.returncode == 0 and made.stdout.strip(), "no token: start the broker with 'broker dev', or set BROKER_TOKEN")
    return made.stdout.split()[-1]


def run(arguments, folder):
    broker = Broker(arguments.broker, find_token(arguments))

    task = broker.start_task(purpose="answer a customer's question about her invoices", initiator="user:alice")
    tell(f"The task {task.task_id} is open; it belongs to {task.owner}.")
    with Lifeline(broker, task.task_id) as lifeline:
        tell("The lifeline holds: should this process die, the task is lost and its secrets with it.")

        key = ClientKey(folder)
        issued = broker.issue_certificate(task.task_id, "read", RESOURCE, key.signing_request())
        key.keep_certificate(issued.secret.certificate.certificate_chain)
        tell(f"Lease {issued.lease.lease_id}: a client certificate for 'read' on {RESOURCE}, until "
             f"{issued.lease.expire_time.ToDatetime():%H:%M:%S} UTC, allowed by {', '.join(issued.decision.policies)} "
             f"(decision {issued.decision.decision_id}).")

        with InvoicesTarget(folder, arguments.publications, task.owner) as target:
            answer = target.call(key)
            expect("invoices" in answer, f"the target did not answer with invoices but with {answer}")
            tell(f"The target accepts it and serves {len(answer['invoices'])} invoices.")
            broker.report_use(issued.lease.lease_id, RESOURCE + "/2026")

            ends = broker.complete_task(task.task_id)
            expect([end.lease_id for end in ends] == [issued.lease.lease_id], "completing the task did not end its one lease")
            expect(broker.is_gone(ends[0]), "the certificate was not proven revoked when the call answered")
            tell("The task is completed, and the broker has proven the certificate revoked.")

            reason = target.call_refused(key)
            expect(reason == "certificate revoked", f"the target refuses the certificate, but because of '{reason}'")
            tell("The same call with the same certificate is refused: certificate revoked.")

        lifeline.expect_ended(issued.lease.lease_id)
        tell("The lifeline has told of the lease's end and of the task's, and is closed.")

    try:
        broker.issue_token("delete", RESOURCE, key.certificate_der())
    except Denied as denied:
        expect(denied.decision_id, "the denial does not name its decision")
        tell(f"'delete' on {RESOURCE} is not allowed; the broker says: {denied.reason}.")
    else:
        raise StepFailed("'delete' was allowed")


def main():
    try:
        # Only this user can read what is in it, and it goes with everything in it.
        with tempfile.TemporaryDirectory(prefix="python-agent-") as folder:
            run(parse_arguments(), folder)
    except StepFailed as failure:
        print(f"FAILED: {failure}", file=sys.stderr)
        return 1
    except grpc.RpcError as failure:
        print(f"FAILED: the broker answered {failure.code().name}: {failure.details()}", file=sys.stderr)
        return 1
    print("Everything went as told.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
