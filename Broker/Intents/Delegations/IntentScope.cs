namespace SecretsBroker.Intents.Delegations;

/// <summary>A closed set of what may be asked for: each of these actions on each of these resources and on all that lies beneath it.</summary>
/// <param name="Actions">In order, each once; compared exactly.</param>
/// <param name="Resources">In order, each once; <c>orders</c> holds <c>orders/invoices</c>, not <c>orders2</c>.</param>
internal sealed record IntentScope(IReadOnlyList<string> Actions, IReadOnlyList<string> Resources)
{
    /// <summary>Of actions, and of resources.</summary>
    public const int MaxEntries = 32;

    /// <summary>The same scope whatever order its parts come in.</summary>
    public static IntentScope Of(IEnumerable<string> actions, IEnumerable<string> resources) => new(InOrder(actions), InOrder(resources));

    public bool Contains(string action, string resource) =>
        Actions.Contains(action, StringComparer.Ordinal) && Resources.Any(whole => LiesWithin(resource, whole));

    public bool Contains(IntentScope other) =>
        other.Actions.All(action => Actions.Contains(action, StringComparer.Ordinal))
        && other.Resources.All(resource => Resources.Any(whole => LiesWithin(resource, whole)));

    /// <summary>
    /// Whether each part of the path stands for itself. One that is empty, <c>.</c> or <c>..</c> may mean another place to whoever
    /// resolves it, so such a path lies within nothing.
    /// </summary>
    public static bool IsPlain(string resource) => resource.Split('/').All(part => part is not ("" or "." or ".."));

    public bool Equals(IntentScope? other) =>
        other is not null && Actions.SequenceEqual(other.Actions) && Resources.SequenceEqual(other.Resources);

    public override int GetHashCode() => HashCode.Combine(Actions.Count, Resources.Count, Actions.Count > 0 ? Actions[0] : "");

    private static bool LiesWithin(string resource, string whole) =>
        (resource == whole || resource.StartsWith(whole + "/", StringComparison.Ordinal)) && IsPlain(resource);

    private static string[] InOrder(IEnumerable<string> names) => [.. names.Distinct().Order(StringComparer.Ordinal)];
}
