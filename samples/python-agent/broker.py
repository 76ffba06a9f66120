"""The calls to the broker that this agent makes."""
import uuid

import grpc

import stubs

stubs.use()

# pylint: disable=wrong-import-position
from secretsbroker.v1 import credential_pb2, error_pb2, lease_pb2, lease_service_pb2, lease_service_pb2_grpc  # noqa: E402
from secretsbroker.v1 import task_pb2, task_service_pb2, task_service_pb2_grpc  # noqa: E402

ERROR_TRAILER = "secretsbroker-error-bin"
TOOL = "python-agent"
LIMIT = 15


class Denied(Exception):
    """Policy said no."""

    def __init__(self, reason, decision_id):
        super().__init__(reason)
        self.reason = reason
        self.decision_id = decision_id


class Broker:
    """A connection to the development broker, which listens on loopback without TLS."""

    def __init__(self, address, token):
        channel = grpc.insecure_channel(address)
        self._tasks = task_service_pb2_grpc.TaskServiceStub(channel)
        self._leases = lease_service_pb2_grpc.LeaseServiceStub(channel)
        self._metadata = [("authorization", f"Bearer {token}")]

    def start_task(self, purpose, initiator):
        request = task_service_pb2.StartTaskRequest(purpose=purpose, initiator=initiator)
        return self._call(self._tasks.StartTask, request).task

    def hold_task(self, task_id):
        """The lifeline: a stream of events, as long as the task lives."""
        return self._tasks.HoldTask(task_service_pb2.HoldTaskRequest(task_id=task_id), metadata=self._metadata)

    def complete_task(self, task_id):
        request = task_service_pb2.CompleteTaskRequest(task_id=task_id, outcome=task_pb2.TASK_OUTCOME_SUCCEEDED)
        return self._call(self._tasks.CompleteTask, request).lease_ends

    def issue_certificate(self, task_id, action, resource, signing_request):
        request = lease_service_pb2.IssueLeaseRequest(
            task_id=task_id,
            intent=self._intent(action, resource),
            credential=credential_pb2.CredentialRequest(
                certificate=credential_pb2.CertificateRequest(certificate_signing_request=signing_request)),
            request_id=str(uuid.uuid4()))
        return self._call(self._leases.IssueLease, request)

    def issue_token(self, action, resource, certificate):
        """For a task of this one secret, opened in the same call."""
        request = lease_service_pb2.IssueLeaseRequest(
            new_task=lease_service_pb2.NewTask(initiator="user:alice"),
            intent=self._intent(action, resource),
            credential=credential_pb2.CredentialRequest(
                access_token=credential_pb2.AccessTokenRequest(certificate=certificate)),
            request_id=str(uuid.uuid4()))
        return self._call(self._leases.IssueLease, request)

    def report_use(self, lease_id, downstream_resource):
        request = lease_service_pb2.ReportUseRequest(
            lease_id=lease_id, tool=TOOL, downstream_resource=downstream_resource, outcome=lease_service_pb2.USE_OUTCOME_SUCCEEDED)
        return self._call(self._leases.ReportUse, request)

    @staticmethod
    def is_gone(lease_end):
        return (lease_end.status == task_service_pb2.LEASE_END_STATUS_GONE
                and lease_end.cause == lease_pb2.END_CAUSE_COMPLETED)

    @staticmethod
    def _intent(action, resource):
        intent = lease_pb2.Intent(action=action, resource=resource, tool=TOOL, purpose="look up invoices")
        intent.time_to_live.FromSeconds(120)
        return intent

    def _call(self, method, request):
        try:
            return method(request, metadata=self._metadata, timeout=LIMIT)
        except grpc.RpcError as failure:
            detail = _detail(failure)
            if failure.code() == grpc.StatusCode.PERMISSION_DENIED and detail.reason == "DENIED":
                raise Denied(failure.details(), detail.decision_id) from failure
            raise


def _detail(failure):
    """What a program needs to know of an error stands in a trailer."""
    detail = error_pb2.ErrorDetail()
    for key, value in failure.trailing_metadata() or ():
        if key == ERROR_TRAILER:
            detail.ParseFromString(value)
    return detail
