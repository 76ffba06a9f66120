namespace SecretsBroker.Policy;

/// <summary>What permits demand. Where several permit, the strictest of each kind holds.</summary>
/// <param name="MaxTimeToLive">Shortens the lease (<c>@max_ttl</c>); null for no demand.</param>
/// <param name="Approvals">
/// Of whom an approval is demanded, of all of these (<c>@approval</c>), each as <see cref="ApprovalDemand"/> reads it; in order, each once.
/// </param>
/// <param name="Sealed">Whether the secret may only be delivered sealed (<c>@sealed</c>).</param>
/// <param name="Advice">What is to be said to the caller (<c>@advice</c>); in order, each once. It demands nothing.</param>
internal sealed record Obligations(
    TimeSpan? MaxTimeToLive, IReadOnlyList<string> Approvals, bool Sealed, IReadOnlyList<string> Advice)
{
    public static Obligations None { get; } = new(MaxTimeToLive: null, [], Sealed: false, []);

    /// <summary>Whether another operator has to want the same (<c>@second_operator</c>). Of operators' questions only.</summary>
    public bool SecondOperator { get; init; }

    /// <summary>What both demand together. The order does not matter, and nothing is lost of either.</summary>
    public Obligations And(Obligations other)
    {
        if (ReferenceEquals(other, None))
        {
            return this;
        }

        return ReferenceEquals(this, None) ? other : new(
            Shorter(MaxTimeToLive, other.MaxTimeToLive),
            Both(Approvals, other.Approvals),
            Sealed || other.Sealed,
            Both(Advice, other.Advice))
        {
            SecondOperator = SecondOperator || other.SecondOperator,
        };
    }

    public bool Equals(Obligations? other) =>
        other is not null
        && MaxTimeToLive == other.MaxTimeToLive
        && Sealed == other.Sealed
        && SecondOperator == other.SecondOperator
        && Approvals.SequenceEqual(other.Approvals)
        && Advice.SequenceEqual(other.Advice);

    public override int GetHashCode() => HashCode.Combine(MaxTimeToLive, Sealed, Approvals.Count, Advice.Count);

    private static TimeSpan? Shorter(TimeSpan? a, TimeSpan? b) => a is null || b < a ? b ?? a : a;

    private static IReadOnlyList<string> Both(IReadOnlyList<string> a, IReadOnlyList<string> b) =>
        a.Count == 0 ? b : b.Count == 0 ? a : [.. a.Union(b).Order(StringComparer.Ordinal)];
}
