using System.Text;
using System.Text.RegularExpressions;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Simulation;

/// <summary>The history of one seed, in words. Ids are random; here they are numbered, so that a replay reads the same.</summary>
internal sealed partial class SimulationLog
{
    private readonly List<string> _lines = [];
    private readonly Dictionary<string, string> _names = [];

    public Func<DateTimeOffset> Now { get; set; } = () => default;

    public void Write(string text) => _lines.Add($"{Now():mm:ss.fff} {WithNames(text)}");

    public string NameOf(LeaseId lease) => Name(lease.Value, "L");

    public override string ToString() => string.Join('\n', _lines);

    /// <summary>The last lines.</summary>
    public string Tail(int lines)
    {
        var text = new StringBuilder();
        foreach (var line in _lines.TakeLast(lines))
        {
            text.Append(line).Append('\n');
        }

        return text.ToString();
    }

    private string WithNames(string text)
    {
        text = LeaseName().Replace(text, match => Name(match.Value, "L"));
        text = Decision().Replace(text, match => Name(match.Value, "D"));
        return Pass().Replace(text, match => Name(match.Value, "R"));
    }

    private string Name(string id, string prefix)
    {
        if (!_names.TryGetValue(id, out var name))
        {
            _names[id] = name = $"{prefix}{_names.Count + 1}";
        }

        return name;
    }

    [GeneratedRegex(@"\b[0-9a-f]{2}[0-9a-v]{24}\b", RegexOptions.CultureInvariant)]
    private static partial Regex LeaseName();

    [GeneratedRegex(@"\bd-[0-9a-v]{20}\b", RegexOptions.CultureInvariant)]
    private static partial Regex Decision();

    [GeneratedRegex(@"\bLeasesRechecked-[0-9a-f]{24}\b", RegexOptions.CultureInvariant)]
    private static partial Regex Pass();
}
