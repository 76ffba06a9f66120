using System.Text.Json;

namespace SecretsBroker.Audit;

/// <summary>The members of a record, in their fixed order.</summary>
internal static class AuditRecordJson
{
    public static void Write(CanonicalJson json, AuditRecord record)
    {
        json.Member("id"u8, record.Id);
        json.Member("type"u8, record.Type.ToString());
        json.Member("workload"u8, record.Workload);
        json.Member("authentication"u8, record.Authentication);
        json.Member("possession"u8, record.Possession);
        json.Member("groups"u8, record.Groups, CanonicalJson.MaxEntries);
        json.Member("claims"u8, record.Claims);
        json.Member("task"u8, record.Task);
        json.Member("task_purpose"u8, record.TaskPurpose);
        json.Member("initiator"u8, record.Initiator);
        json.Member("initiator_issuer"u8, record.InitiatorIssuer);
        json.Member("initiator_subject"u8, record.InitiatorSubject);
        json.Member("initiator_name"u8, record.InitiatorName);
        json.Member("initiator_groups"u8, record.InitiatorGroups, CanonicalJson.MaxEntries);
        json.Member("labels"u8, record.Labels);
        json.Member("source_address"u8, record.SourceAddress);
        json.Member("action"u8, record.Action);
        json.Member("resource"u8, record.Resource);
        json.Member("tool"u8, record.Tool);
        json.Member("purpose"u8, record.Purpose);
        json.Member("ttl_ms"u8, record.TimeToLive);
        json.Member("request_id"u8, record.RequestId);
        Member(json, "signal_issues"u8, record.SignalIssues);
        Member(json, "signal_denials"u8, record.SignalDenials);
        Member(json, "signal_resources"u8, record.SignalResources);
        Member(json, "signal_violations"u8, record.SignalViolations);
        Member(json, "signal_failures"u8, record.SignalFailures);
        json.Member("decision_id"u8, record.DecisionId);
        json.Member("decision_time"u8, record.DecisionTime);
        json.Member("allowed"u8, record.Allowed);
        json.Member("reason"u8, record.Reason);
        json.Member("policies"u8, record.Policies);
        json.Member("failed_policies"u8, record.FailedPolicies);
        json.Member("policy_hash"u8, record.PolicyHash);
        json.Member("policy_server_decision"u8, record.PolicyServerDecision);
        json.Member("max_ttl_ms"u8, record.MaxTimeToLive);
        json.Member("approvals"u8, record.Approvals);
        json.Member("sealed"u8, record.Sealed);
        json.Member("advice"u8, record.Advice);
        json.Member("lease"u8, record.Lease);
        json.Member("grant"u8, record.Grant);
        json.Member("engine"u8, record.Engine);
        json.Member("target"u8, record.Target);
        json.Member("classification"u8, record.Classification);
        json.Member("environment"u8, record.Environment);
        json.Member("expire_time"u8, record.ExpireTime);
        json.Member("sealed_for"u8, record.SealedFor);
        json.Member("cause"u8, record.Cause);
        json.Member("end_time"u8, record.EndTime);
        json.Member("gone_time"u8, record.GoneTime);
        json.Member("lag_ms"u8, record.Lag);
        Member(json, "attempts"u8, record.Attempts);
        json.Member("proof"u8, record.Proof);
        json.Member("outcome"u8, record.Outcome);
        json.Member("downstream_resource"u8, record.DownstreamResource);
        json.Member("authority"u8, record.Authority);
        Member(json, "count"u8, record.Count);
        json.Member("resource_server"u8, record.ResourceServer);
        json.Member("delegation"u8, record.Delegation);
        json.Member("delegation_chain"u8, record.DelegationChain);
        json.Member("root_task"u8, record.RootTask);
        json.Member("root_purpose"u8, record.RootPurpose);
        json.Member("root_initiator"u8, record.RootInitiator);
        json.Member("root_intent"u8, record.RootIntent);
        json.Member("delegate"u8, record.Delegate);
        json.Member("delegated_actions"u8, record.DelegatedActions);
        json.Member("delegated_resources"u8, record.DelegatedResources);
        Member(json, "max_uses"u8, record.MaxUses);
        Member(json, "more_hops"u8, record.MoreHops);
        json.Member("may_rephrase"u8, record.MayRephrase);
        json.Member("kill_order"u8, record.KillOrder);
        json.Member("selector"u8, record.Selector);
        json.Member("proposed_by"u8, record.ProposedBy);
        Member(json, "leases_found"u8, record.LeasesFound);
        Member(json, "leases_ended"u8, record.LeasesEnded);
        Member(json, "leases_gone"u8, record.LeasesGone);
        json.Member("approval"u8, record.Approval);
        json.Member("review"u8, record.Review);
        json.Member("requester"u8, record.Requester);
        json.Member("subject_hash"u8, record.SubjectHash);
        json.Member("trace_id"u8, record.TraceId);
    }

    public static AuditRecord Read(JsonElement line) => new()
    {
        Id = Text(line, "id"),
        // A type of a later version is zero; its name stands in the entry.
        Type = Enum.TryParse<AuditEventType>(Text(line, "type"), out var type) ? type : default,
        Workload = Text(line, "workload"),
        Authentication = Text(line, "authentication"),
        Possession = Text(line, "possession"),
        Groups = List(line, "groups"),
        Claims = Map(line, "claims"),
        Task = Text(line, "task"),
        TaskPurpose = Text(line, "task_purpose"),
        Initiator = Text(line, "initiator"),
        InitiatorIssuer = Text(line, "initiator_issuer"),
        InitiatorSubject = Text(line, "initiator_subject"),
        InitiatorName = Text(line, "initiator_name"),
        InitiatorGroups = List(line, "initiator_groups"),
        Labels = Map(line, "labels"),
        SourceAddress = Text(line, "source_address"),
        Action = Text(line, "action"),
        Resource = Text(line, "resource"),
        Tool = Text(line, "tool"),
        Purpose = Text(line, "purpose"),
        TimeToLive = Span(line, "ttl_ms"),
        RequestId = Text(line, "request_id"),
        SignalIssues = Number(line, "signal_issues"),
        SignalDenials = Number(line, "signal_denials"),
        SignalResources = Number(line, "signal_resources"),
        SignalViolations = Number(line, "signal_violations"),
        SignalFailures = Number(line, "signal_failures"),
        DecisionId = Text(line, "decision_id"),
        DecisionTime = Time(line, "decision_time"),
        Allowed = Flag(line, "allowed"),
        Reason = Text(line, "reason"),
        Policies = List(line, "policies"),
        FailedPolicies = List(line, "failed_policies"),
        PolicyHash = Text(line, "policy_hash"),
        PolicyServerDecision = Text(line, "policy_server_decision"),
        MaxTimeToLive = Span(line, "max_ttl_ms"),
        Approvals = List(line, "approvals"),
        Sealed = Flag(line, "sealed"),
        Advice = List(line, "advice"),
        Lease = Text(line, "lease"),
        Grant = Text(line, "grant"),
        Engine = Text(line, "engine"),
        Target = Text(line, "target"),
        Classification = Text(line, "classification"),
        Environment = Text(line, "environment"),
        ExpireTime = Time(line, "expire_time"),
        SealedFor = Text(line, "sealed_for"),
        Cause = Text(line, "cause"),
        EndTime = Time(line, "end_time"),
        GoneTime = Time(line, "gone_time"),
        Lag = Span(line, "lag_ms"),
        Attempts = (int?)Number(line, "attempts"),
        Proof = Text(line, "proof"),
        Outcome = Text(line, "outcome"),
        DownstreamResource = Text(line, "downstream_resource"),
        Authority = Text(line, "authority"),
        Count = Number(line, "count"),
        ResourceServer = Text(line, "resource_server"),
        Delegation = Text(line, "delegation"),
        DelegationChain = List(line, "delegation_chain"),
        RootTask = Text(line, "root_task"),
        RootPurpose = Text(line, "root_purpose"),
        RootInitiator = Text(line, "root_initiator"),
        RootIntent = Text(line, "root_intent"),
        Delegate = Text(line, "delegate"),
        DelegatedActions = List(line, "delegated_actions"),
        DelegatedResources = List(line, "delegated_resources"),
        MaxUses = Number(line, "max_uses"),
        MoreHops = Number(line, "more_hops"),
        MayRephrase = Flag(line, "may_rephrase"),
        KillOrder = Text(line, "kill_order"),
        Selector = Text(line, "selector"),
        ProposedBy = Text(line, "proposed_by"),
        LeasesFound = Number(line, "leases_found"),
        LeasesEnded = Number(line, "leases_ended"),
        LeasesGone = Number(line, "leases_gone"),
        Approval = Text(line, "approval"),
        Review = Text(line, "review"),
        Requester = Text(line, "requester"),
        SubjectHash = Text(line, "subject_hash"),
        TraceId = Text(line, "trace_id"),
    };

    private static void Member(CanonicalJson json, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } known)
        {
            json.Member(name, known);
        }
    }

    private static string Text(JsonElement line, string name) =>
        line.TryGetProperty(name, out var member) ? member.GetString() ?? "" : "";

    private static long? Number(JsonElement line, string name) =>
        line.TryGetProperty(name, out var member) ? member.GetInt64() : null;

    private static bool? Flag(JsonElement line, string name) =>
        line.TryGetProperty(name, out var member) ? member.GetBoolean() : null;

    private static TimeSpan? Span(JsonElement line, string name) =>
        line.TryGetProperty(name, out var member) ? TimeSpan.FromMilliseconds(member.GetInt64()) : null;

    private static DateTimeOffset? Time(JsonElement line, string name) =>
        line.TryGetProperty(name, out var member) ? AuditLine.ParseTime(member.GetString() ?? "") : null;

    private static IReadOnlyList<string> List(JsonElement line, string name) =>
        line.TryGetProperty(name, out var member) ? [.. member.EnumerateArray().Select(item => item.GetString() ?? "")] : [];

    private static Dictionary<string, string> Map(JsonElement line, string name) =>
        line.TryGetProperty(name, out var member)
            ? member.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetString() ?? "", StringComparer.Ordinal)
            : [];
}
