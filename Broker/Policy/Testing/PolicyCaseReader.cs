using SecretsBroker.Catalog;
using SecretsBroker.Policy.Trials;

namespace SecretsBroker.Policy.Testing;

/// <summary>
/// Reads cases from YAML. A file has <c>cases</c>, each with <c>name</c>, the question (<see cref="QuestionReader"/>) and <c>expect</c>, and may
/// give <c>workloads</c> names, so that a case can say <c>who: researcher</c>.
/// </summary>
internal sealed class PolicyCaseReader
{
    public const int MaxCases = 10_000;

    /// <summary>When a case is asked that does not say: the same on every day it is run.</summary>
    public static readonly DateTimeOffset DefaultTime = new(2030, 1, 2, 12, 0, 0, TimeSpan.Zero);

    private static readonly Dictionary<string, bool> Decisions = new() { ["allow"] = true, ["deny"] = false };

    private readonly string _file;
    private readonly CatalogFaults _faults = new();
    private readonly QuestionReader _questions = new(DefaultTime);
    private readonly Dictionary<string, YamlValue> _workloads = [];
    private readonly HashSet<string> _names = [];

    private PolicyCaseReader(string file) => _file = file;

    /// <param name="file">The name under which faults are reported.</param>
    /// <param name="text">The document.</param>
    /// <returns>No cases when there are faults.</returns>
    public static (IReadOnlyList<PolicyCase> Cases, IReadOnlyList<CatalogFault> Faults) Read(string file, string text)
    {
        var reader = new PolicyCaseReader(file);
        var cases = reader.ReadFile(text);
        return reader._faults.Any ? ([], reader._faults.All) : (cases, []);
    }

    private List<PolicyCase> ReadFile(string text)
    {
        if (new YamlReader(_file, _faults).Read(text, out var wellFormed) is not YamlValue.Map root)
        {
            if (wellFormed)
            {
                _faults.Add(_file, "must have a list 'cases'");
            }

            return [];
        }

        foreach (var member in root.Members.Where(member => member.Name is not ("workloads" or "cases")))
        {
            _faults.Add($"{_file}:{member.Line} {member.Name}", "is not a known setting");
        }

        ReadWorkloads(root.Find("workloads"));
        if (root.Find("cases")?.Value is not YamlValue.List { Items.Count: > 0 and <= MaxCases } list)
        {
            _faults.Add($"{_file}:{root.Find("cases")?.Line ?? root.Line} cases", $"must be a list of 1 to {MaxCases} cases");
            return [];
        }

        return [.. list.Items.Select(ReadCase).OfType<PolicyCase>()];
    }

    private void ReadWorkloads(YamlValue.Member? workloads)
    {
        if (workloads is not null and not { Value: YamlValue.Map })
        {
            _faults.Add($"{_file}:{workloads.Line} workloads", "must be an object of named workloads");
        }

        foreach (var member in (workloads?.Value as YamlValue.Map)?.Members ?? [])
        {
            _workloads[member.Name] = member.Value;
        }
    }

    private PolicyCase? ReadCase(YamlValue value, int index)
    {
        var path = $"cases/{index}";
        if (value is not YamlValue.Map map)
        {
            _faults.Add($"{_file}:{value.Line} {path}", "must be an object");
            return null;
        }

        map = WithNamedWorkload(map, path);
        var faults = new CatalogFaults();
        var reader = new SettingsReader(map.ToJson(), path, faults);
        var name = reader.RequiredText("name");
        if (name.Length > 0 && !_names.Add(name))
        {
            reader.Fault("name", "is taken by another case of this file");
        }

        var question = _questions.Read(reader);
        var expected = ReadExpectation(reader);
        reader.RefuseOthers();
        foreach (var fault in faults.All)
        {
            var line = fault.Path.Length > path.Length ? map.LineOf(fault.Path[(path.Length + 1)..].Split('/')) : map.Line;
            _faults.Add($"{_file}:{line} {fault.Path}", fault.Rule);
        }

        return new PolicyCase(name, $"{_file}:{map.Line}", question, expected);
    }

    private static PolicyExpectation ReadExpectation(SettingsReader reader)
    {
        var expect = reader.Section("expect");
        if (!expect.Has("decision"))
        {
            expect.Fault("decision", "is required");
        }

        var expected = new PolicyExpectation(
            expect.Choice("decision", fallback: false, Decisions),
            expect.Has("policies") ? expect.Texts("policies") : null,
            expect.Texts("failed_policies"),
            expect.Text("reason"),
            expect.Has("obligations") ? expect.TextsByName("obligations") : null);
        expect.RefuseOthers();
        return expected;
    }

    private YamlValue.Map WithNamedWorkload(YamlValue.Map map, string path)
    {
        if (map.Find("who") is not { Value: YamlValue.Scalar { Text: var name } } who)
        {
            return map;
        }

        if (!_workloads.TryGetValue(name, out var workload))
        {
            _faults.Add($"{_file}:{who.Line} {path}/who", $"'{name}' is none of this file's workloads");
            workload = new YamlValue.Map([], who.Line);
        }

        return map with { Members = [.. map.Members.Select(member => member == who ? who with { Value = workload } : member)] };
    }
}
