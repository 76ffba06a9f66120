using SecretsBroker.Audit;
using SecretsBroker.Behaviour;
using SecretsBroker.Catalog;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Policy;

/// <summary>A question as the audit log keeps it: all that policy was asked, so that it can be asked again, of other policies.</summary>
internal static class RecordedQuestion
{
    private const string Renewal = "renewal";

    /// <param name="question">What was asked.</param>
    /// <param name="decision">What was answered.</param>
    public static AuditRecord Of(PolicyQuestion question, Decision decision)
    {
        var (workload, intent, grant, context) = question;
        var answer = decision.Answer;
        return new AuditRecord
        {
            Id = decision.Id,
            Type = AuditEventType.Decided,
            Workload = workload.Id.Value,
            Authentication = workload.Method.ToString(),
            Possession = workload.Possession == Possession.None ? "" : workload.Possession.ToString(),
            Groups = workload.Groups,
            Claims = workload.Attributes,
            Task = context.Task.Value,
            TaskPurpose = context.TaskPurpose,
            Initiator = context.Initiator,
            InitiatorIssuer = context.VerifiedInitiator?.Issuer ?? "",
            InitiatorSubject = context.VerifiedInitiator?.Subject ?? "",
            InitiatorName = context.VerifiedInitiator?.Name ?? "",
            InitiatorGroups = context.VerifiedInitiator?.Groups ?? [],
            Labels = context.Labels,
            SourceAddress = context.SourceAddress,
            Action = intent.Action,
            Resource = intent.Resource,
            Tool = intent.Tool,
            Purpose = intent.Purpose,
            // As policy saw it: rounded up to what the log can hold.
            TimeToLive = intent.TimeToLive is { } asked ? RoundUp(asked) : null,
            DecisionId = decision.Id,
            DecisionTime = context.Time,
            Allowed = answer.Allowed,
            Reason = answer.Reason,
            Policies = answer.Policies,
            FailedPolicies = answer.FailedPolicies,
            PolicyHash = answer.PolicyHash,
            PolicyServerDecision = answer.ServerDecisionId,
            MaxTimeToLive = answer.Obligations.MaxTimeToLive,
            Approvals = answer.Obligations.Approvals,
            Sealed = answer.Obligations.Sealed ? true : null,
            Advice = answer.Obligations.Advice,
            Grant = grant.Name,
            Engine = grant.Engine,
            Target = grant.Target,
            Classification = grant.Classification,
            Environment = grant.Environment,
            Outcome = context.Renewal ? Renewal : "",
            SignalIssues = Recorded(context.Signals.Issues),
            SignalDenials = Recorded(context.Signals.Denials),
            SignalResources = Recorded(context.Signals.Resources),
            SignalViolations = Recorded(context.Signals.Violations),
            SignalFailures = Recorded(context.Signals.Failures),
        }.Under(context.Delegation);
    }

    /// <returns>
    /// Null when the record is no decision of policies: of another type, made by the catalogue alone, or by a version that did not yet record
    /// what was asked.
    /// </returns>
    public static PolicyQuestion? TryRead(AuditRecord record)
    {
        if (record is not { Type: AuditEventType.Decided, DecisionTime: { } time, TimeToLive: { } timeToLive }
            || record.PolicyHash.Length + record.PolicyServerDecision.Length == 0
            || !WorkloadId.TryParse(record.Workload, out var id)
            || !Enum.TryParse<AuthenticationMethod>(record.Authentication, out var method)
            || !TryReadPossession(record.Possession, out var possession))
        {
            return null;
        }

        return new PolicyQuestion(
            new Workload(id, method, record.Groups, record.Claims, time) { Possession = possession },
            new Intent(record.Action, record.Resource, record.Tool, record.Purpose, timeToLive),
            new Grant
            {
                Name = record.Grant,
                Action = record.Action,
                Resource = record.Resource,
                Target = record.Target,
                Engine = record.Engine,
                DefaultTimeToLive = timeToLive,
                MaxTimeToLive = timeToLive,
                Classification = record.Classification,
                Environment = record.Environment,
            },
            new PolicyContext(
                new TaskId(record.Task),
                record.TaskPurpose,
                record.Initiator,
                record.Labels,
                time,
                record.SourceAddress,
                Renewal: record.Outcome == Renewal)
            {
                Signals = new BehaviourSignals(
                    record.SignalIssues ?? 0,
                    record.SignalDenials ?? 0,
                    record.SignalResources ?? 0,
                    record.SignalViolations ?? 0,
                    record.SignalFailures ?? 0),
                VerifiedInitiator = record.InitiatorIssuer.Length == 0
                    ? null
                    : new VerifiedInitiator(record.InitiatorIssuer, record.InitiatorSubject, record.InitiatorName, record.InitiatorGroups),
                Delegation = DelegationOf(record),
            });
    }

    /// <summary>What was answered.</summary>
    public static PolicyAnswer AnswerOf(AuditRecord record) => new()
    {
        Allowed = record.Allowed == true,
        Reason = record.Reason,
        Policies = record.Policies,
        FailedPolicies = record.FailedPolicies,
        PolicyHash = record.PolicyHash,
        Obligations = new Obligations(record.MaxTimeToLive, record.Approvals, record.Sealed == true, record.Advice),
    };

    // None has no member: so it was with records from before there was a choice.
    private static bool TryReadPossession(string text, out Possession possession)
    {
        possession = Possession.None;
        return text.Length == 0 || Enum.TryParse(text, out possession);
    }

    // Zero has no member: so it is with records from before there were signals.
    private static long? Recorded(long signal) => signal == 0 ? null : signal;

    /// <summary>Null for a task of the workload's own, and for a chain with something in it that is no workload.</summary>
    private static DelegationFacts? DelegationOf(AuditRecord record)
    {
        var chain = new List<WorkloadId>();
        foreach (var text in record.DelegationChain)
        {
            if (!WorkloadId.TryParse(text, out var workload))
            {
                return null;
            }

            chain.Add(workload);
        }

        return chain.Count == 0
            ? null
            : new DelegationFacts(
                chain, new TaskId(record.RootTask), record.RootPurpose, record.RootInitiator, record.Delegation, record.RootIntent);
    }

    private static TimeSpan RoundUp(TimeSpan span) =>
        TimeSpan.FromMilliseconds((span.Ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond);
}
