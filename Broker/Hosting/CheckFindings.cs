namespace SecretsBroker.Hosting;

/// <summary>What looking at a broker's settings has shown.</summary>
/// <param name="Faults">Each with its place; a broker does not start with one of its configuration.</param>
/// <param name="Notes">What may be as it was meant to be, and should be known.</param>
internal sealed record CheckFindings(IReadOnlyList<string> Faults, IReadOnlyList<string> Notes);
