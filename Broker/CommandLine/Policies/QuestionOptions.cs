using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using SecretsBroker.Catalog;
using SecretsBroker.Policy.Trials;

namespace SecretsBroker.CommandLine.Policies;

/// <summary>A question from options, from a file, or from both: an option goes before what the file says.</summary>
internal sealed class QuestionOptions
{
    private readonly Option<FileInfo?> _file = new("--question", "-q")
    {
        Description = "The question as YAML, with who, what and context as in 'broker policy test'.",
        HelpName = "FILE",
    };

    private readonly Option<bool> _renewal = new("--renewal") { Description = "An existing lease is to be stretched." };

    // By the place in the question.
    private readonly (string Section, string Member, Option<string?> Option)[] _texts =
    [
        Text("who", "workload", "--workload", "ID", "Who asks: a SPIFFE ID."),
        Text("who", "method", "--method", "METHOD", "How it authenticated: jwt_svid, x509_svid or oidc_token."),
        Text("who", "proof", "--proof", "PROOF", "How it showed that it holds its key: none (default), dpop or certificate."),
        Text("what", "action", "--action", "NAME", "The intended action."),
        Text("what", "resource", "--resource", "PATH", "The intended resource."),
        Text("what", "engine", "--engine", "TYPE", "The type of engine, where several grants serve the intent."),
        Text("what", "tool", "--tool", "NAME", "The tool that would use the secret."),
        Text("what", "ttl", "--ttl", "DURATION", "The requested time to live, such as 5m."),
        Text("context", "purpose", "--purpose", "TEXT", "Why."),
        Text("context", "task", "--task", "ID", "The task's id."),
        Text("context", "task_purpose", "--task-purpose", "TEXT", "The task's purpose."),
        Text("context", "initiator", "--initiator", "TEXT", "On whose behalf."),
        Text("context", "time", "--time", "TIME", "When, such as 2030-01-31T12:00:00Z; now by default."),
        Text("context", "source_address", "--source-address", "ADDRESS", "From which IP address."),
    ];

    private readonly Option<string[]> _groups = Many("--group", "A group of the workload; may be given more than once.", "NAME");
    private readonly Option<string[]> _claims = Many("--claim", "A claim of the workload; may be given more than once.", "NAME=VALUE");
    private readonly Option<string[]> _labels = Many("--label", "A label of the task; may be given more than once.", "NAME=VALUE");

    private readonly Option<string[]> _signals = Many(
        "--signal", "How the workload has behaved, such as denials=20; 0 by default; may be given more than once.", "NAME=COUNT");

    public void AddTo(Command command)
    {
        command.Add(_file);
        foreach (var (_, _, option) in _texts)
        {
            command.Add(option);
        }

        command.Add(_groups);
        command.Add(_claims);
        command.Add(_labels);
        command.Add(_signals);
        command.Add(_renewal);
    }

    /// <returns>Null when it has faults, which have been printed then.</returns>
    public TrialQuestion? Read(ParseResult parsed)
    {
        var faults = new CatalogFaults();
        if (ReadFile(parsed.GetValue(_file), faults) is not { } question)
        {
            Output.Faults("What is to be asked?", [.. faults.All.Select(fault => fault.ToString())]);
            return null;
        }

        foreach (var (section, member, option) in _texts)
        {
            if (parsed.GetValue(option) is { } text)
            {
                Section(question, section)[member] = text;
            }
        }

        if (parsed.GetValue(_groups) is { Length: > 0 } groups)
        {
            Section(question, "who")["groups"] = new JsonArray([.. groups.Select(group => JsonValue.Create(group))]);
        }

        ReadPairs(parsed.GetValue(_claims), Section(question, "who"), "claims", faults);
        ReadPairs(parsed.GetValue(_labels), Section(question, "context"), "labels", faults);
        ReadPairs(parsed.GetValue(_signals), Section(question, "context"), "signals", faults, asNumbers: true);
        if (parsed.GetValue(_renewal))
        {
            Section(question, "context")["renewal"] = true;
        }

        var reader = new SettingsReader(JsonSerializer.SerializeToElement(question), "question", faults);
        var read = new QuestionReader(TimeProvider.System.GetUtcNow()).Read(reader);
        reader.RefuseOthers();
        if (!faults.Any)
        {
            return read;
        }

        Output.Faults(
            "What is to be asked? Name it with --workload, --action and --resource, or in a file with --question:",
            [.. faults.All.Select(fault => fault.ToString())]);
        return null;
    }

    private static JsonObject? ReadFile(FileInfo? file, CatalogFaults faults)
    {
        if (file is null)
        {
            return [];
        }

        try
        {
            var value = new YamlReader(file.Name, faults).Read(File.ReadAllText(file.FullName), out _);
            if (value is YamlValue.Map && !faults.Any)
            {
                return JsonObject.Create(value.ToJson());
            }

            faults.Add(file.Name, "must be an object of who, what and context");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            faults.Add(file.Name, "cannot be read");
        }

        return null;
    }

    private static JsonObject Section(JsonObject question, string name)
    {
        if (question[name] is JsonObject section)
        {
            return section;
        }

        section = [];
        question[name] = section;
        return section;
    }

    private static void ReadPairs(string[]? pairs, JsonObject section, string name, CatalogFaults faults, bool asNumbers = false)
    {
        foreach (var pair in pairs ?? [])
        {
            var separator = pair.IndexOf('=');
            if (separator < 1)
            {
                faults.Add(name, $"must be given as NAME=VALUE, is '{pair}'");
                continue;
            }

            var text = pair[(separator + 1)..];
            // What is no number stays text, and the reader says what it has to be.
            Section(section, name)[pair[..separator]] = asNumbers && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                ? count
                : text;
        }
    }

    private static (string, string, Option<string?>) Text(
        string section, string member, string name, string helpName, string description) =>
        (section, member, new Option<string?>(name) { Description = description, HelpName = helpName });

    private static Option<string[]> Many(string name, string description, string helpName) =>
        new(name) { Description = description, HelpName = helpName };
}
