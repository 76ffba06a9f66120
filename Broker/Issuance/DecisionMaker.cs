using SecretsBroker.Audit;
using SecretsBroker.Policy;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Issuance;

/// <summary>Asks policy within a time limit and puts the answer on the record before anybody acts on it. Whatever fails, denies.</summary>
internal sealed partial class DecisionMaker(
    IPolicyEngine policy,
    IAuditSink audit,
    BrokerMetrics metrics,
    BrokerTracing tracing,
    IOptions<IssuanceOptions> options,
    TimeProvider time,
    ILogger<DecisionMaker> logger)
{
    /// <exception cref="AuditException">The decision is not on the record: nothing may follow from it.</exception>
    public async Task<Decision> DecideAsync(PolicyQuestion question, CancellationToken cancellationToken)
    {
        var decision = new Decision(Decision.NewId(), await AskAsync(question, cancellationToken));
        if (!decision.Answer.Allowed)
        {
            var reason = decision.Answer.IsDueToFailure ? DenialReason.PolicyError : DenialReason.Policy;
            metrics.LeaseDenied(reason, question.Grant.Name);
        }

        await RecordAsync(question, question.Grant.Name, decision, cancellationToken);
        return decision;
    }

    /// <summary>Denies without asking policy: the catalogue already rules the intent out.</summary>
    public async Task<Decision> DenyAsync(
        PolicyQuestion question, DenialReason reason, string text, CancellationToken cancellationToken)
    {
        var decision = new Decision(Decision.NewId(), PolicyAnswer.Deny(text));
        var grant = reason == DenialReason.UnknownGrant ? "" : question.Grant.Name;
        metrics.LeaseDenied(reason, grant.Length == 0 ? null : grant);
        await RecordAsync(question, grant, decision, cancellationToken);
        return decision;
    }

    /// <summary>Turns down what is allowed only with what this broker or the caller cannot do. That is on the record, too.</summary>
    /// <param name="question">What was asked.</param>
    /// <param name="decision">That allowed it.</param>
    /// <param name="isSealed">Whether the secret is, or was, delivered sealed.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Null when it can be done as policy and grant demand.</returns>
    public async Task<IssueResult.Refused?> RefuseUnfulfillableAsync(
        PolicyQuestion question, Decision decision, bool isSealed, CancellationToken cancellationToken)
    {
        if (Refusals.Of(question, decision, isSealed) is not { } reason)
        {
            return null;
        }

        LogUnfulfillable(decision.Id, reason);
        return await RefuseAsync(question, decision, reason, approval: "", cancellationToken);
    }

    /// <summary>Turns down what policy allows, on the record.</summary>
    /// <param name="question">What policy was asked.</param>
    /// <param name="decision">It allowed it.</param>
    /// <param name="reason">Why it is not served all the same.</param>
    /// <param name="approval">The request for an approval that this is about; empty for none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    public async Task<IssueResult.Refused> RefuseAsync(
        PolicyQuestion question, Decision decision, RefusalReason reason, string approval, CancellationToken cancellationToken)
    {
        metrics.LeaseDenied(Refusals.ToDenial(reason), question.Grant.Name);
        var record = Refusals.Record(question, decision, reason, killOrder: "") with { Approval = approval };
        await audit.AppendAsync(record, cancellationToken);
        return new IssueResult.Refused(reason, decision.Id) { ApprovalId = approval };
    }

    private async Task<PolicyAnswer> AskAsync(PolicyQuestion question, CancellationToken cancellationToken)
    {
        using var span = tracing.StartPolicy();
        var start = time.GetTimestamp();
        var outcome = DecisionOutcome.Failed;
        try
        {
            using var timer = new CancellationTokenSource(options.Value.DecisionTimeout, time);
            using var linked = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancellationToken);
            var answer = await policy.DecideAsync(question, linked.Token);
            outcome = answer.Allowed ? DecisionOutcome.Allowed : DecisionOutcome.Denied;
            return answer;
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            span.Fail(e);
            LogPolicyFailed(e is BrokerException known ? known.Message : e.GetType().Name);
            return PolicyAnswer.Deny("policy could not be asked") with { IsFailure = true };
        }
        finally
        {
            metrics.Decided(outcome, time.GetElapsedTime(start));
        }
    }

    private async Task RecordAsync(PolicyQuestion question, string grant, Decision decision, CancellationToken cancellationToken)
    {
        LogDecided(decision.Id, decision.Answer.Allowed, question.Workload.Id, question.Intent.Action, question.Intent.Resource);
        await audit.AppendAsync(
            RecordedQuestion.Of(question, decision) with { Grant = grant, TraceId = BrokerTracing.CurrentTraceId }, cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Information,
        Message = "Decision {DecisionId}: allowed {Allowed}, {Workload} to {Action} on {Resource}")]
    private partial void LogDecided(
        string decisionId, bool allowed, Identity.WorkloadId workload, string action, string resource);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Decision {DecisionId} is not served: {Reason}, which cannot be fulfilled")]
    private partial void LogUnfulfillable(string decisionId, RefusalReason reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "Policy could not be asked, the intent is denied: {Failure}")]
    private partial void LogPolicyFailed(string failure);
}
