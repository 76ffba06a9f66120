using SecretsBroker.Approvals.Notices;
using SecretsBroker.Audit;
using SecretsBroker.Policy;
using SecretsBroker.Policy.Operators;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Approvals;

/// <summary>
/// Lets those whom policy names take a secret without the approval that it demands. Never without a permit, never against a forbid or a kill
/// order; and never quietly: a review is opened first, which somebody else has to close.
/// </summary>
internal sealed partial class GlassBreaking(
    IApprovalStore approvals,
    OperatorGate gate,
    IAuditSink audit,
    NoticeQueue notices,
    BrokerMetrics metrics,
    ILogger<GlassBreaking> logger)
{
    /// <summary>An action of its own: being allowed to read invoices is not being allowed to break the glass for it.</summary>
    public async Task<bool> IsAllowedAsync(PolicyQuestion question, string justification, CancellationToken cancellationToken)
    {
        var asked = new OperatorQuestion(question.Workload, OperatorAction.BreakGlass, OperatorSubject.Access(question.Grant))
        {
            SourceAddress = question.Context.SourceAddress,
            Reason = justification,
        };
        var decision = await gate.DecideAsync(asked, cancellationToken);
        if (!decision.Answer.Allowed)
        {
            LogRefused(question.Workload.Id, question.Grant.Name, decision.Id);
        }

        return decision.Answer.Allowed;
    }

    /// <param name="subject">What is taken.</param>
    /// <param name="decisionId">By which policy allowed it, but for the approval.</param>
    /// <param name="justification">Why, as the one who does it says.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="AuditException">It is not on the record, and no secret may follow.</exception>
    public async Task BreakAsync(ApprovalSubject subject, string decisionId, string justification, CancellationToken cancellationToken)
    {
        // Before the record and the secret: whatever fails afterwards, somebody will ask what happened.
        var review = await approvals.OpenReviewAsync(
            new Review { Id = $"r-{decisionId}", Subject = subject, DecisionId = decisionId, Justification = justification }, cancellationToken);
        await audit.AppendAsync(ApprovalRecords.GlassBroken(review), cancellationToken);
        metrics.GlassBroken(subject.Grant);
        notices.Publish(Notice.GlassBroken(review));
        LogBroken(subject.Workload, subject.Action, subject.Resource, review.Id, decisionId);
    }

    [LoggerMessage(Level = LogLevel.Critical,
        Message = "{Workload} broke the glass to {Action} on {Resource} without an approval; review {Review} is open, decision {DecisionId}")]
    private partial void LogBroken(string workload, string action, string resource, string review, string decisionId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Workload} may not break the glass for {Grant}, decision {DecisionId}")]
    private partial void LogRefused(Identity.WorkloadId workload, string grant, string decisionId);
}
