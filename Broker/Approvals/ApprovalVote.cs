namespace SecretsBroker.Approvals;

/// <summary>What one approver said. Whoever approves counts for one of the groups only.</summary>
/// <param name="Approver">SPIFFE ID.</param>
/// <param name="Groups">Those of the demanded groups that the approver may speak for.</param>
/// <param name="Approves">False rejects, whatever the others say.</param>
/// <param name="Reason">In the approver's words.</param>
/// <param name="Time">By the store's clock; set by the store.</param>
internal sealed record ApprovalVote(string Approver, IReadOnlyList<string> Groups, bool Approves, string Reason, DateTimeOffset Time);
