namespace SecretsBroker.Revocation.Recheck;

internal sealed partial class PolicyRecheck
{
    [LoggerMessage(Message = "Live leases asked about again under policies {PolicyHash}: {Outcome}; {Counts}")]
    private partial void LogPassed(LogLevel level, string policyHash, RecheckOutcome outcome, RecheckReport counts);

    [LoggerMessage(LogLevel.Error,
        "{Denied} of {Answered} live leases are no longer allowed, more than {Percent}%: none of them is revoked until an operator says "
        + "broker policy recheck --confirm {PolicyHash}, or other policies come into force")]
    private partial void LogHeld(int denied, int answered, int percent, string policyHash);

    [LoggerMessage(LogLevel.Warning, "{Actor} confirms that what policies {PolicyHash} no longer allow is revoked, {Denied} leases")]
    private partial void LogConfirmed(string actor, string policyHash, int denied);

    [LoggerMessage(LogLevel.Warning, "Whether an operator has confirmed cannot be seen, so it counts as not confirmed: {Failure}")]
    private partial void LogConfirmationUnknown(string failure);

    [LoggerMessage(LogLevel.Error, "What asking about live leases again under policies {PolicyHash} came to is not in the audit log: {Failure}")]
    private partial void LogNotRecorded(string policyHash, string failure);
}
