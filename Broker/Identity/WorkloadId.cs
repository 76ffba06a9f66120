namespace SecretsBroker.Identity;

/// <summary>A SPIFFE ID: <c>spiffe://trust-domain/path</c>, already validated (SPIFFE-ID §2).</summary>
internal readonly record struct WorkloadId(string Value)
{
    public string TrustDomain => SpiffeSyntax.TrustDomainOf(Value).ToString();

    /// <summary>
    /// Accepts exactly what the SPIFFE-ID standard allows, with a path: an ID without one names a trust domain, not a workload.
    /// </summary>
    public static bool TryParse(string? text, out WorkloadId id)
    {
        id = default;
        if (text is null || !SpiffeSyntax.IsWorkloadId(text))
            return false;
        id = new WorkloadId(text);
        return true;
    }

    public override string ToString() => Value;
}
