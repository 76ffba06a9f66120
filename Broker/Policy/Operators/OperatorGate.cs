using SecretsBroker.Audit;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Values;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Policy.Operators;

/// <summary>
/// Decides what operators may do, by those policies in force whose head names an operator's action, and puts each decision on the record
/// before anybody acts on it. Always in this process, whatever decides for agents: operators must get in when a policy server is down.
/// </summary>
internal sealed partial class OperatorGate(
    CurrentPolicies current, IAuditSink audit, BrokerMetrics metrics, TimeProvider time, ILogger<OperatorGate> logger)
{
    /// <exception cref="AuditException">The decision is not on the record, and nothing may follow from it.</exception>
    public async Task<Decision> DecideAsync(OperatorQuestion question, CancellationToken cancellationToken)
    {
        var policies = current.Snapshot;
        var (request, entities) = Map(question, policies, time.GetUtcNow());
        var decision = new Decision(Decision.NewId(), CedarVerdict.Of(policies.Operators.IsAuthorized(request, entities), policies));
        var outcome = decision.Answer.Allowed ? OperatorOutcome.Allowed : OperatorOutcome.Denied;
        LogDecided(decision.Id, decision.Answer.Allowed, question.Workload.Id, question.Action, question.Subject);
        try
        {
            await audit.AppendAsync(Record(question, decision), cancellationToken);
        }
        catch (AuditException) when (question.WhenUnrecorded == WhenUnrecorded.GoOn)
        {
            LogUnrecorded(decision.Id, decision.Answer.Allowed, question.Workload.Id, question.Action, question.Subject);
            outcome = OperatorOutcome.Unrecorded;
        }

        metrics.OperatorDecided(question.Action.Name, outcome);
        return decision;
    }

    /// <summary>The question in Cedar's terms, as <c>operators.cedarschema</c> describes them.</summary>
    internal static (AuthorizationRequest Request, EntitySet Entities) Map(
        OperatorQuestion question, PolicySnapshot policies, DateTimeOffset time)
    {
        var principal = CedarTerms.Of(question.Workload, policies.Schema.Claims);
        var context = new List<KeyValuePair<string, CedarValue>>(3) { new("time", CedarTerms.Of(time)) };
        if (CedarTerms.AddressOf(question.SourceAddress) is { } address)
        {
            context.Add(new("source_address", address));
        }

        if (question.Reason.Length > 0)
        {
            context.Add(new("reason", CedarValue.Of(question.Reason)));
        }

        var entities = EntitySet.Create(principal, question.Subject.Entity).OrThrow();
        var request = new AuthorizationRequest(
            principal.Uid, question.Action.Uid, question.Subject.Entity.Uid, CedarRecord.Of(context));
        return (request, entities);
    }

    private static AuditRecord Record(OperatorQuestion question, Decision decision) => new()
    {
        Id = decision.Id,
        Type = AuditEventType.OperatorDecided,
        Workload = question.Workload.Id.Value,
        Authentication = question.Workload.Method.ToString(),
        SourceAddress = question.SourceAddress,
        Action = question.Action.Uid.ToString(),
        Resource = question.Subject.Entity.Uid.ToString(),
        Purpose = question.Reason,
        DecisionId = decision.Id,
        Allowed = decision.Answer.Allowed,
        Reason = decision.Answer.Reason,
        Policies = decision.Answer.Policies,
        FailedPolicies = decision.Answer.FailedPolicies,
        PolicyHash = decision.Answer.PolicyHash,
        TraceId = BrokerTracing.CurrentTraceId,
    };

    [LoggerMessage(Level = LogLevel.Information,
        Message = "Decision {DecisionId}: allowed {Allowed}, operator {Workload} to {Action} on {Subject}")]
    private partial void LogDecided(
        string decisionId, bool allowed, Identity.WorkloadId workload, OperatorAction action, OperatorSubject subject);

    [LoggerMessage(Level = LogLevel.Critical,
        Message = "Decision {DecisionId} holds without being in the audit log: allowed {Allowed}, operator {Workload} to {Action} on {Subject}")]
    private partial void LogUnrecorded(
        string decisionId, bool allowed, Identity.WorkloadId workload, OperatorAction action, OperatorSubject subject);
}
