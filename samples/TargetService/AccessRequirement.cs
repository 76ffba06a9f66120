namespace SecretsBroker.Samples.TargetService;

/// <summary>What an endpoint does, and to what: the words of the broker's catalogue.</summary>
public sealed record AccessRequirement(string Action, string Resource);

/// <summary>Whom the broker gave the access that this request uses. A feature of a request that was let through.</summary>
/// <param name="Workload">The caller's SPIFFE ID.</param>
/// <param name="LeaseId">The lease of the token.</param>
public sealed record GrantedAccess(string Workload, string LeaseId);
