using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Extensions;

/// <summary>An instant: milliseconds since 1970-01-01 in UTC.</summary>
public sealed class CedarDateTime(long milliseconds) : ExtensionValue
{
    internal const long Day = 86_400_000;

    public long Milliseconds { get; } = milliseconds;

    public override string TypeName => "datetime";

    public override string Constructor => "datetime";

    /// <summary>Empty for an instant outside the years that the constructor reads: such a value has no literal.</summary>
    public override string Argument => DateTimeText.Format(Milliseconds) ?? "";

    /// <summary>Reads <c>YYYY-MM-DD</c>, optionally with <c>Thh:mm:ss[.SSS](Z|±hhmm)</c>; <c>null</c> when it is not that.</summary>
    public static CedarDateTime? Parse(string text)
        => DateTimeText.Parse(text) is { } milliseconds ? new CedarDateTime(milliseconds) : null;

    public override bool Equals(CedarValue? other)
        => other is CedarDateTime instant && instant.Milliseconds == Milliseconds;

    public override int GetHashCode() => HashCode.Combine(typeof(CedarDateTime), Milliseconds);

    public override string ToString()
        => Argument.Length > 0
            ? base.ToString()
            : $"datetime(\"1970-01-01\").offset(duration(\"{Milliseconds}ms\"))";
}
