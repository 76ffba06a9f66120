using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Policy;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Issuance;

/// <summary>
/// Uses up the caller's token where the grant takes each only once. Comes after policy: a request that is denied costs no token, and one
/// that fails later does, because nobody knows any more what was done with it.
/// </summary>
internal sealed partial class TokenUse(IReplayStore replays, IAuditSink audit, BrokerMetrics metrics, ILogger<TokenUse> logger)
{
    /// <returns>Null when the grant takes tokens more than once, or this is the first use.</returns>
    /// <exception cref="BrokerException">It is not known whether it was used, or the refusal is not on the record.</exception>
    public async Task<IssueResult.Refused?> RefuseUsedAsync(PolicyQuestion question, Decision decision, CancellationToken cancellationToken)
    {
        if (!question.Grant.SingleUseTokens)
        {
            return null;
        }

        if (question.Workload.SingleUse is not { } token)
        {
            return await RefuseAsync(question, decision, RefusalReason.TokenIdMissing, cancellationToken);
        }

        // Clocks differ: it must be remembered until the last broker refuses it for its age.
        return await replays.TryUseAsync(token.Key, token.EndTime + Identity.Tokens.TokenTimes.Leeway, cancellationToken)
            ? null
            : await RefuseAsync(question, decision, RefusalReason.TokenUsed, cancellationToken);
    }

    private async Task<IssueResult.Refused> RefuseAsync(
        PolicyQuestion question, Decision decision, RefusalReason reason, CancellationToken cancellationToken)
    {
        metrics.LeaseDenied(Refusals.ToDenial(reason), question.Grant.Name);
        LogRefused(decision.Id, reason);
        await audit.AppendAsync(Refusals.Record(question, decision, reason, killOrder: ""), cancellationToken);
        return new IssueResult.Refused(reason, decision.Id);
    }

    [LoggerMessage(LogLevel.Warning, "Decision {DecisionId} is not served: {Reason}")]
    private partial void LogRefused(string decisionId, RefusalReason reason);
}
