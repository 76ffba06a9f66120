namespace SecretsBroker.Issuance;

/// <summary>Of several bounds the one that holds.</summary>
internal static class Shortest
{
    /// <param name="a">A bound.</param>
    /// <param name="b">Another; null for none.</param>
    public static TimeSpan Of(TimeSpan a, TimeSpan? b) => b is { } other && other < a ? other : a;
}
