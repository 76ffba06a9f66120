using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SecretsBroker.Engines.Static;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Issuance;
using SecretsBroker.Policy;
using ErrorDetail = SecretsBroker.V1.ErrorDetail;

namespace SecretsBroker.Api;

/// <summary>The one place that makes a status. Messages say what the caller can do; none repeats what a target or library said.</summary>
internal static class Errors
{
    /// <summary>The binary trailer that carries an <see cref="ErrorDetail"/>.</summary>
    public const string DetailTrailer = "secretsbroker-error-bin";

    /// <param name="field">The field's path in the request.</param>
    /// <param name="rule">What must hold.</param>
    public static RpcException Invalid(string field, string rule) =>
        Make(StatusCode.InvalidArgument, $"{field}: {rule}", new ErrorDetail { Reason = "INVALID_ARGUMENT", Field = field });

    public static RpcException NoSuchTask() =>
        Make(StatusCode.NotFound, "no such task", new ErrorDetail { Reason = "TASK_NOT_FOUND" });

    public static RpcException NoSuchLease() =>
        Make(StatusCode.NotFound, "no such lease", new ErrorDetail { Reason = "LEASE_NOT_FOUND" });

    public static RpcException NoSuchTarget() =>
        Make(StatusCode.NotFound, "the catalogue has no such target", new ErrorDetail { Reason = "TARGET_NOT_FOUND" });

    public static RpcException NotListable() =>
        Make(
            StatusCode.FailedPrecondition,
            "what this target holds cannot be listed",
            new ErrorDetail { Reason = "NOT_LISTABLE" });

    public static RpcException NotStatic() =>
        Make(StatusCode.FailedPrecondition, "a target of this kind keeps no secrets", new ErrorDetail { Reason = "NOT_STATIC" });

    public static RpcException NotKept(KeeperStatus status) => status switch
    {
        KeeperStatus.Rotating => Make(
            StatusCode.Aborted,
            "the secret is being rotated; try again when that is over",
            new ErrorDetail { Reason = "SECRET_ROTATING", Retryable = true }),
        KeeperStatus.OtherVersion => Make(
            StatusCode.Aborted, "another version is current than was expected: look again", new ErrorDetail { Reason = "SECRET_CHANGED" }),
        KeeperStatus.NoRotation => Make(
            StatusCode.FailedPrecondition, "the target's settings name no rotation", new ErrorDetail { Reason = "NO_ROTATION" }),
        KeeperStatus.NotRotatable => Invalid(
            "value", "must hold every field that the target's rotation renews, and stay within 8 KiB with the new values"),
        KeeperStatus.TooMany => Make(
            StatusCode.ResourceExhausted, "the target keeps as many secrets as it may", new ErrorDetail { Reason = "TOO_MANY_SECRETS" }),
        _ => Make(
            StatusCode.NotFound,
            "there is no such secret, or no such version of it whose value is kept",
            new ErrorDetail { Reason = "SECRET_NOT_FOUND" }),
    };

    public static RpcException NoInstallation() =>
        Make(
            StatusCode.FailedPrecondition,
            "what this installation made cannot be told from what others made: Store:Installation is not set",
            new ErrorDetail { Reason = "NO_INSTALLATION" });

    public static RpcException NoSuchDelegation() =>
        Make(StatusCode.NotFound, "no such delegation", new ErrorDetail { Reason = "DELEGATION_NOT_FOUND" });

    public static RpcException DelegationOver() =>
        Make(
            StatusCode.FailedPrecondition,
            "the delegation has ended or was narrowed, or one above it; ask its delegator for another",
            new ErrorDetail { Reason = "DELEGATION_OVER" });

    public static RpcException DelegationConflict() =>
        Make(
            StatusCode.AlreadyExists,
            "the request_id was used for another delegation, or for one that has ended; choose another",
            new ErrorDetail { Reason = "DELEGATION_CONFLICT" });

    public static RpcException TooManyDelegations() =>
        Make(
            StatusCode.ResourceExhausted,
            "the task has delegated as often as it may; end delegations that are not needed",
            new ErrorDetail { Reason = "DELEGATION_QUOTA", Retryable = true });

    /// <summary>More was asked for than there is to be delegated, or than was.</summary>
    public static RpcException DelegationRefused(DelegationFault fault) => fault switch
    {
        DelegationFault.Over => DelegationOver(),
        DelegationFault.NoScope => Make(
            StatusCode.FailedPrecondition,
            "the task was started without a scope; start one that says what may be asked for it",
            new ErrorDetail { Reason = "NO_SCOPE" }),
        _ => Make(
            StatusCode.PermissionDenied,
            $"refused: {DelegationFaultText.Of(fault)}",
            new ErrorDetail { Reason = "DELEGATION_REFUSED" }),
    };

    public static RpcException NoSuchKillOrder() =>
        Make(StatusCode.NotFound, "no such kill order stands", new ErrorDetail { Reason = "KILL_ORDER_NOT_FOUND" });

    public static RpcException NoSuchApproval() =>
        Make(StatusCode.NotFound, "no such approval", new ErrorDetail { Reason = "APPROVAL_NOT_FOUND" });

    public static RpcException NoSuchReview() =>
        Make(StatusCode.NotFound, "no such review is open", new ErrorDetail { Reason = "REVIEW_NOT_FOUND" });

    public static RpcException IsParty() =>
        Make(
            StatusCode.PermissionDenied,
            "whoever asked for it, or stands behind that in another way, does not decide about it",
            new ErrorDetail { Reason = "SEPARATION_OF_DUTIES" });

    public static RpcException NotAsked() =>
        Make(StatusCode.PermissionDenied, "the approval of others is asked for", new ErrorDetail { Reason = "NOT_ASKED" });

    public static RpcException ApprovalNotPending() =>
        Make(
            StatusCode.FailedPrecondition,
            "it is decided, its time is over, or its task has ended",
            new ErrorDetail { Reason = "APPROVAL_NOT_PENDING" });

    public static RpcException HasVoted() =>
        Make(StatusCode.FailedPrecondition, "the caller has said the opposite before", new ErrorDetail { Reason = "HAS_VOTED" });

    public static RpcException TooManyStreams() =>
        Make(
            StatusCode.ResourceExhausted,
            "the workload holds as many streams as it may; close some",
            new ErrorDetail { Reason = "STREAM_QUOTA", Retryable = true });

    public static RpcException TaskEnded() =>
        Make(StatusCode.FailedPrecondition, "the task has ended", new ErrorDetail { Reason = "TASK_ENDED" });

    public static RpcException TaskConflict() =>
        Make(
            StatusCode.AlreadyExists,
            "the task id is taken by a task with other content, or by one that has ended; choose another",
            new ErrorDetail { Reason = "TASK_CONFLICT" });

    public static RpcException NotActive() =>
        Make(StatusCode.FailedPrecondition, "the lease is not active", new ErrorDetail { Reason = "LEASE_NOT_ACTIVE" });

    public static RpcException NotRenewable() =>
        Make(
            StatusCode.FailedPrecondition,
            "this kind of credential cannot be renewed; issue another",
            new ErrorDetail { Reason = "NOT_RENEWABLE" });

    public static RpcException Denied(Decision decision) =>
        Make(
            StatusCode.PermissionDenied,
            $"denied: {decision.Answer.Reason} (decision {decision.Id})",
            new ErrorDetail { Reason = "DENIED", DecisionId = decision.Id });

    public static RpcException OperatorDenied(Decision decision) =>
        Make(
            StatusCode.PermissionDenied,
            $"denied: {decision.Answer.Reason}; operators are those whom a policy lets do this by its name (decision {decision.Id})",
            new ErrorDetail { Reason = "OPERATOR_DENIED", DecisionId = decision.Id });

    public static RpcException Refused(IssueResult.Refused refused) => refused.Reason switch
    {
        RefusalReason.TaskNotFound => NoSuchTask(),
        RefusalReason.TaskConflict => TaskConflict(),
        RefusalReason.TaskEnded => TaskEnded(),
        RefusalReason.DelegationNotFound => NoSuchDelegation(),
        RefusalReason.NotUnderDelegation => Invalid("delegation_id", "must be the delegation that the task was started under"),
        RefusalReason.InitiatorChanged => Invalid("new_task.initiator", "must be the root task's under a delegation, or be empty"),
        RefusalReason.DelegationOver => Make(
            StatusCode.FailedPrecondition,
            $"the delegation has ended or was narrowed, or one above it (decision {refused.DecisionId})",
            new ErrorDetail { Reason = "DELEGATION_OVER", DecisionId = refused.DecisionId }),
        RefusalReason.DelegationUsedUp => Make(
            StatusCode.ResourceExhausted,
            $"the delegation has no use left, or one above it (decision {refused.DecisionId})",
            new ErrorDetail { Reason = "DELEGATION_USED_UP", DecisionId = refused.DecisionId }),
        RefusalReason.DelegatorDenied => Make(
            StatusCode.PermissionDenied,
            $"policy does not allow this to everybody through whom it was delegated (decision {refused.DecisionId})",
            new ErrorDetail { Reason = "DELEGATOR_DENIED", DecisionId = refused.DecisionId }),
        RefusalReason.AmbiguousCredential => Invalid(
            "credential", "several kinds of credential serve this intent; say which one is wanted"),
        RefusalReason.Killed => Make(
            StatusCode.PermissionDenied,
            $"stopped by a kill switch (decision {refused.DecisionId})",
            new ErrorDetail { Reason = "KILLED", DecisionId = refused.DecisionId }),
        RefusalReason.ApprovalNeeded => Approval(
            StatusCode.FailedPrecondition, "APPROVAL_NEEDED", "this waits for an approval; repeat the call with its id once it is given", refused),
        RefusalReason.ApprovalNotFound => NoSuchApproval(),
        RefusalReason.ApprovalRejected => Approval(StatusCode.PermissionDenied, "APPROVAL_REJECTED", "this was not approved", refused),
        RefusalReason.ApprovalEnded => Approval(
            StatusCode.FailedPrecondition, "APPROVAL_ENDED", "the approval was used before, or not in time; ask for another one", refused),
        RefusalReason.ApprovalVoid => Approval(
            StatusCode.FailedPrecondition,
            "APPROVAL_VOID",
            "the approval is for something else than is asked for now, or something has changed since; ask for another one",
            refused),
        RefusalReason.ApprovalQuota => Make(
            StatusCode.ResourceExhausted,
            "the workload has asked for as many approvals as it may; wait until they are decided",
            new ErrorDetail { Reason = "APPROVAL_QUOTA", DecisionId = refused.DecisionId, Retryable = true }),
        RefusalReason.BreakGlassDenied => Make(
            StatusCode.PermissionDenied,
            $"policy does not let the workload go without the approval; ask for it (decision {refused.DecisionId})",
            new ErrorDetail { Reason = "BREAK_GLASS_DENIED", DecisionId = refused.DecisionId }),
        RefusalReason.SealedDeliveryNeeded => Make(
            StatusCode.FailedPrecondition,
            $"this secret is delivered sealed only; send a public key as recipient_key (decision {refused.DecisionId})",
            new ErrorDetail { Reason = "SEALED_DELIVERY_NEEDED", DecisionId = refused.DecisionId }),
        RefusalReason.TokenUsed => Make(
            StatusCode.Unauthenticated,
            $"the grant takes each token once, and this one was used; call again with another (decision {refused.DecisionId})",
            new ErrorDetail { Reason = "TOKEN_USED", DecisionId = refused.DecisionId, Retryable = true }),
        RefusalReason.TokenIdMissing => Make(
            StatusCode.Unauthenticated,
            $"the grant takes each token once: call with a token that has an id, 'jti' (decision {refused.DecisionId})",
            new ErrorDetail { Reason = "TOKEN_ID_MISSING", DecisionId = refused.DecisionId }),
        RefusalReason.WorkloadQuota => Quota("WORKLOAD_QUOTA", "the workload has as many live leases as it may", refused),
        RefusalReason.TaskQuota => Quota("TASK_QUOTA", "the task has as many live leases as it may", refused),
        RefusalReason.RateLimit => Quota("RATE_LIMIT", "the workload asks faster than it may", refused),
        RefusalReason.TargetBusy => Make(
            StatusCode.ResourceExhausted,
            "the target is asked for more than it can serve; try again later",
            new ErrorDetail
            {
                Reason = "TARGET_BUSY",
                DecisionId = refused.DecisionId,
                Retryable = true,
                RetryAfter = refused.RetryAfter?.ToDuration(),
            }),
        RefusalReason.TargetInDebt => Make(
            StatusCode.ResourceExhausted,
            "too much that should be gone at the target is not gone yet, and nothing is issued there until it is; try again later",
            new ErrorDetail { Reason = "TARGET_IN_DEBT", DecisionId = refused.DecisionId, Retryable = true }),
        RefusalReason.Replaced => Make(
            StatusCode.Aborted,
            "a later call with the same request_id took its place",
            new ErrorDetail { Reason = "REPLACED", DecisionId = refused.DecisionId }),
        _ => Make(
            StatusCode.Aborted,
            "the lease was ended while its secret was being made",
            new ErrorDetail { Reason = "LEASE_ENDED", DecisionId = refused.DecisionId, Retryable = true }),
    };

    /// <summary>A failure that operators read about in the log, under the exception's own message.</summary>
    public static RpcException Unavailable(BrokerException failure) =>
        Make(
            StatusCode.Unavailable,
            "the broker cannot do this now; nothing was handed out; try again",
            new ErrorDetail { Reason = failure.Reason, Retryable = failure.IsTransient });

    public static RpcException Stopping() =>
        Make(
            StatusCode.Unavailable,
            "the broker is stopping; open the stream again",
            new ErrorDetail { Reason = "STOPPING", Retryable = true });

    public static RpcException WatchOver() =>
        Make(
            StatusCode.Unavailable,
            "the stream has lasted as long as it may, or as long as its caller's proof of identity; open it again",
            new ErrorDetail { Reason = "WATCH_OVER", Retryable = true });

    public static RpcException Internal() =>
        Make(StatusCode.Internal, "the broker failed; nothing was handed out", new ErrorDetail { Reason = "INTERNAL" });

    public static RpcException TooManyCalls() =>
        Make(
            StatusCode.ResourceExhausted,
            "the workload calls oftener than it may; wait",
            new ErrorDetail { Reason = "CALL_RATE", Retryable = true });

    public static RpcException CandidatesBusy() =>
        Make(
            StatusCode.ResourceExhausted,
            "other policies are being looked at; try again",
            new ErrorDetail { Reason = "CANDIDATES_BUSY", Retryable = true });

    public static RpcException CandidatesSlow() =>
        Make(
            StatusCode.ResourceExhausted,
            "these policies take longer to check than a call may; check them from files",
            new ErrorDetail { Reason = "CANDIDATES_SLOW" });

    public static RpcException PoliciesChanged() =>
        Make(
            StatusCode.Aborted,
            "the policies have changed since the page before; begin again",
            new ErrorDetail { Reason = "POLICIES_CHANGED", Retryable = true });

    public static RpcException NothingHeld() =>
        Make(
            StatusCode.FailedPrecondition,
            "this broker holds nothing because of these policies; look at what it holds, and confirm that",
            new ErrorDetail { Reason = "NOTHING_HELD" });

    /// <param name="cutShort">Whether reading stopped before all was read.</param>
    public static RpcException NotInAuditLog(bool cutShort) =>
        Make(
            StatusCode.NotFound,
            cutShort
                ? "no record of it was found as far as a call may read back; the command line reads the folder itself without that limit"
                : "the audit log that this broker can read has no record of it",
            new ErrorDetail { Reason = "NOT_IN_AUDIT_LOG" });

    public static RpcException SeveralTasks() =>
        Make(
            StatusCode.FailedPrecondition,
            "several workloads have a task of this id; say whose is meant",
            new ErrorDetail { Reason = "SEVERAL_TASKS" });

    public static RpcException AuditBusy() =>
        Make(
            StatusCode.ResourceExhausted,
            "as many read the audit log as may at once; try again",
            new ErrorDetail { Reason = "AUDIT_BUSY", Retryable = true });

    public static RpcException AuditFilesGone() =>
        Make(
            StatusCode.Aborted,
            "the file in which the page before ended is not there any more; begin again",
            new ErrorDetail { Reason = "AUDIT_FILES_GONE", Retryable = true });

    public static RpcException TooManyLifelines() =>
        Make(
            StatusCode.ResourceExhausted,
            "the workload holds as many lifelines as it may; end tasks that are done",
            new ErrorDetail { Reason = "LIFELINE_QUOTA", Retryable = true });

    public static RpcException Unauthenticated() =>
        Make(
            StatusCode.Unauthenticated,
            "no valid proof of identity: send one token, for this broker's audience, as 'authorization: Bearer …', or, if it is bound to a key, as "
            + "'authorization: DPoP …' with a proof; or connect with an X.509-SVID; if both, of the same workload",
            new ErrorDetail { Reason = "UNAUTHENTICATED" });

    /// <param name="nonce">Goes into the trailer that RFC 9449 §8 names.</param>
    public static RpcException ProofNonceMissing(string nonce)
    {
        var error = Make(
            StatusCode.Unauthenticated,
            "the DPoP proof must hold a nonce: take the one in the trailer 'dpop-nonce' and call again",
            new ErrorDetail { Reason = "USE_DPOP_NONCE", Retryable = true });
        error.Trailers.Add("dpop-nonce", nonce);
        return error;
    }

    private static RpcException Approval(StatusCode code, string reason, string message, IssueResult.Refused refused) =>
        Make(
            code,
            $"{message} (approval {refused.ApprovalId}, decision {refused.DecisionId})",
            new ErrorDetail { Reason = reason, DecisionId = refused.DecisionId, ApprovalId = refused.ApprovalId });

    private static RpcException Quota(string reason, string message, IssueResult.Refused refused) =>
        Make(
            StatusCode.ResourceExhausted,
            $"{message}; end leases that are not needed, or wait",
            new ErrorDetail { Reason = reason, DecisionId = refused.DecisionId, Retryable = true });

    private static RpcException Make(StatusCode code, string message, ErrorDetail detail) =>
        new(new Status(code, message), new Metadata { { DetailTrailer, detail.ToByteArray() } });
}
