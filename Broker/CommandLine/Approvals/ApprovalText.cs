using SecretsBroker.Catalog;
using SecretsBroker.CommandLine.Kill;
using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Approvals;

/// <summary>Requests for approvals in words.</summary>
internal static class ApprovalText
{
    public static List<string> Brief(Approval approval)
    {
        var (subject, intent) = (approval.Subject, approval.Subject.Intent);
        return
        [
            $"{approval.ApprovalId}  {StateOf(approval)}",
            $"  {subject.Workload} wants to {intent.Action} on {intent.Resource} for {SettingsDuration.Format(intent.TimeToLive.ToTimeSpan())}: {intent.Purpose}",
        ];
    }

    public static List<string> Whole(Approval approval)
    {
        var (subject, intent) = (approval.Subject, approval.Subject.Intent);
        List<string> lines =
        [
            $"{approval.ApprovalId}  {StateOf(approval)}",
            .. Line("workload", subject.Workload),
            .. Line("acts for", string.Join(" → ", subject.Chain)),
            .. Line("by delegation", subject.DelegationId),
            .. Line("for their task", subject.RootTaskId.Length > 0 ? $"{subject.RootTaskId}: {subject.RootPurpose}" : ""),
            .. Line("fixed as", subject.RootIntentHash),
            .. Line("initiator", InitiatorOf(subject)),
            .. Line("task", subject.TaskId.Length > 0 ? $"{subject.TaskId}: {subject.TaskPurpose}" : $"a new one: {subject.TaskPurpose}"),
            .. subject.Labels.OrderBy(label => label.Key, StringComparer.Ordinal).SelectMany(label => Line("label", $"{label.Key}={label.Value}")),
            .. Line("wants to", $"{intent.Action} on {intent.Resource}"),
            .. Line("purpose", intent.Purpose),
            .. Line("with tool", intent.Tool),
            .. Line("for", SettingsDuration.Format(intent.TimeToLive.ToTimeSpan())),
            .. Line("renews lease", subject.LeaseId),
            .. Line("by grant", $"{subject.Grant} ({subject.Engine} at {subject.Target})"),
            .. Line("classified", subject.Classification),
            .. Line("environment", subject.Environment),
            .. Line("credential", subject.Credential),
            .. Line("its key's hash", subject.CredentialHash),
            .. Line("sealed for", subject.SealedFor),
            .. Line("permitted by", $"{string.Join(", ", subject.Policies)} of policies {subject.PolicyHash}"),
            .. Line("of late", Of(approval.Signals)),
            .. Line("decision", approval.DecisionId),
            .. Line("bound to", subject.SubjectHash),
        ];
        lines.AddRange(approval.Votes.SelectMany(vote => Line(
            vote.Approves ? "approved by" : "rejected by", $"{vote.Approver} for {string.Join(", ", vote.Groups)} at {KillText.Of(vote.VoteTime)}: {vote.Reason}")));
        return lines;
    }

    public static string StateOf(Approval approval) => approval.State switch
    {
        ApprovalState.Pending =>
            $"pending until {KillText.Of(approval.ExpireTime)}, needs {string.Join(", ", approval.Demands.Where(demand => demand.Missing > 0).Select(MissingOf))}",
        ApprovalState.Approved => $"approved, may be used until {KillText.Of(approval.ExpireTime)}",
        ApprovalState.Rejected => "rejected",
        ApprovalState.Used => "used",
        ApprovalState.Expired => $"expired at {KillText.Of(approval.ExpireTime)}",
        _ => "in a state that this command does not know",
    };

    private static string InitiatorOf(ApprovalSubject subject) => subject switch
    {
        { Initiator: "" } => "",
        { InitiatorVerified: false } => $"{subject.Initiator}, as the workload states it",
        { InitiatorName: "" } => $"{subject.Initiator}, as a token showed",
        _ => $"{subject.InitiatorName} ({subject.Initiator}), as a token showed",
    };

    private static string Of(PolicySignals? signals) => signals is null
        ? ""
        : $"issues {signals.Issues}, denials {signals.Denials}, resources {signals.Resources}, violations {signals.Violations}, failures {signals.Failures}";

    private static string MissingOf(ApprovalDemand demand) => demand.Missing == 1 ? demand.Group : $"{demand.Missing} of {demand.Group}";

    /// <summary>None when there is nothing to say.</summary>
    private static IEnumerable<string> Line(string what, string value) => value.Length == 0 ? [] : [$"  {what,-15} {value}"];
}
