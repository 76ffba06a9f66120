using System.Text.RegularExpressions;

namespace SecretsBroker.Tests.Engines.Vault;

/// <summary>A policy as Vault reads it, as far as the samples use the language: paths with capabilities and names of parameters.</summary>
internal sealed partial class VaultPolicy
{
    private readonly List<Rule> _rules = [];

    private sealed record Rule(string Path, string[] Capabilities, string[]? Parameters)
    {
        public bool Matches(string path) =>
            Path.EndsWith('*') ? path.StartsWith(Path[..^1], StringComparison.Ordinal) : path.TrimEnd('/') == Path.TrimEnd('/');
    }

    public static VaultPolicy OfSample(string name)
    {
        var policy = new VaultPolicy();
        var text = File.ReadAllText(Path.Combine(Repository.Root, "samples", "vault", name));
        foreach (Match block in Blocks().Matches(Comments().Replace(text, "")))
        {
            var body = block.Groups["body"].Value;
            var parameters = Parameters().Match(body);
            policy._rules.Add(new Rule(
                block.Groups["path"].Value,
                [.. Quoted().Matches(Capabilities().Match(body).Groups[1].Value).Select(word => word.Groups[1].Value)],
                parameters.Success ? [.. Names().Matches(parameters.Groups[1].Value).Select(word => word.Groups[1].Value)] : null));
        }

        return policy;
    }

    /// <summary>In place of what was said of that path.</summary>
    public VaultPolicy Allow(string path, params string[] capabilities)
    {
        _rules.RemoveAll(rule => rule.Path == path);
        _rules.Add(new Rule(path, capabilities, Parameters: null));
        return this;
    }

    /// <summary>Of all rules that match a path, the one that says most of it.</summary>
    public IReadOnlyList<string> CapabilitiesOn(string path) => Find(path)?.Capabilities ?? [];

    public bool Allows(string path, IEnumerable<string> parameters) =>
        Find(path) is not { Parameters: { } allowed } || parameters.All(name => allowed.Contains(name));

    private Rule? Find(string path) => _rules.Where(rule => rule.Matches(path)).MaxBy(rule => rule.Path.Length);

    [GeneratedRegex("#[^\n]*")]
    private static partial Regex Comments();

    [GeneratedRegex("path \"(?<path>[^\"]+)\" \\{(?<body>.*?)\n\\}", RegexOptions.Singleline)]
    private static partial Regex Blocks();

    [GeneratedRegex(@"capabilities\s*=\s*\[([^\]]*)\]")]
    private static partial Regex Capabilities();

    [GeneratedRegex(@"allowed_parameters\s*=\s*\{([^}]*)\}")]
    private static partial Regex Parameters();

    [GeneratedRegex("\"([^\"]+)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex("\"([^\"]+)\"\\s*=")]
    private static partial Regex Names();
}
