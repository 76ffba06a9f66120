namespace SecretsBroker.Engines.Static;

/// <param name="Number">1 for the first.</param>
/// <param name="State">What it is.</param>
/// <param name="Value">Encrypted, as <see cref="Encryption.SealedValue"/> is written; empty when it is destroyed.</param>
/// <param name="CreateTime">By the store's clock.</param>
internal sealed record SecretVersion(int Number, VersionState State, string Value, DateTimeOffset CreateTime)
{
    /// <summary>A rotation's command reported that the target has taken it. Else an operator said so, or nobody yet.</summary>
    public bool IsRotated { get; init; }

    /// <summary>Holders whose leases are over know it, and nobody sees to that.</summary>
    public bool IsKnown { get; init; }

    public SecretVersion Destroy() => this with { State = VersionState.Destroyed, Value = "" };
}
