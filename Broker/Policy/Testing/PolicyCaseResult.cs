namespace SecretsBroker.Policy.Testing;

/// <param name="Case">What was asked.</param>
/// <param name="Differences">Empty when it came as expected.</param>
internal sealed record PolicyCaseResult(PolicyCase Case, IReadOnlyList<Difference> Differences)
{
    public bool HasPassed => Differences.Count == 0;
}

/// <param name="What">Which part of the answer.</param>
/// <param name="Expected">What should have come.</param>
/// <param name="Actual">What came.</param>
internal readonly record struct Difference(string What, string Expected, string Actual)
{
    public override string ToString() => $"{What}: expected {Expected}, was {Actual}";
}
