namespace SecretsBroker.Policy.Operators;

/// <summary>Operators whom no policy has to name. Section <c>Operators</c>.</summary>
internal sealed class OperatorOptions
{
    public const string Section = "Operators";

    /// <summary>
    /// SPIFFE IDs of workloads that may always kill and see the kill orders, whatever the policies say: for the night on which they cannot
    /// be loaded, or are what went wrong. To lift an order they need a policy like everybody. Default: none.
    /// </summary>
    public IList<string> Killers { get; } = [];
}
