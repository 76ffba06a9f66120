namespace SecretsBroker.Policy.Cedar;

/// <summary>Makes the id of a policy that was read from text.</summary>
/// <param name="source">Where it stands.</param>
/// <param name="indexInSource">How many policies and templates stand before it in that source.</param>
/// <param name="indexInAll">How many stand before it in all sources.</param>
/// <param name="annotations">Its annotations.</param>
public delegate string PolicyIdRule(
    PolicySource source,
    int indexInSource,
    int indexInAll,
    IReadOnlyDictionary<string, string> annotations);

/// <summary>The usual rules.</summary>
public static class PolicyIds
{
    /// <summary><c>policy0</c>, <c>policy1</c> … through all sources: what Cedar itself does.</summary>
    public static PolicyIdRule Numbered { get; } = static (_, _, index, _) => $"policy{index}";

    /// <summary>The <c>@id</c> annotation; without one, e.g. <c>payments.cedar#0</c>.</summary>
    public static PolicyIdRule AnnotatedOrByFile { get; } = static (source, index, _, annotations)
        => annotations.TryGetValue("id", out var id) && id.Length > 0 ? id : $"{source.FileName}#{index}";
}
