using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Extensions;

/// <param name="Parameters">Names of the types; of a method the first is what stands before the dot.</param>
/// <param name="Apply">Gets arguments of the right number and types; <c>null</c> when they have no result.</param>
internal sealed record ExtensionFunction(
    string Name,
    IReadOnlyList<string> Parameters,
    string Result,
    Func<CedarValue[], CedarValue?> Apply)
{
    /// <summary>Constructors are called as functions, everything else as methods.</summary>
    public bool IsConstructor { get; init; }

    /// <summary>The result; <c>null</c> when the arguments are wrong, and then <paramref name="fault"/> says how.</summary>
    public CedarValue? TryCall(CedarValue[] arguments, out string fault)
    {
        fault = "";
        if (arguments.Length != Parameters.Count)
        {
            fault = $"`{Name}` takes {Parameters.Count} arguments, not {arguments.Length}";
            return null;
        }

        for (var i = 0; i < arguments.Length; i++)
        {
            if (arguments[i].TypeName == Parameters[i])
                continue;
            fault = $"`{Name}` takes a value of type {Parameters[i]}, not {arguments[i].TypeName}";
            return null;
        }

        var result = Apply(arguments);
        if (result is null)
            fault = $"`{Name}` has no result for {string.Join(", ", arguments.AsEnumerable())}";
        return result;
    }
}
