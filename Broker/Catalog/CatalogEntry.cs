using System.Text.Json;

namespace SecretsBroker.Catalog;

/// <summary>One target or grant as it is written, with the faults found in it.</summary>
internal sealed class CatalogEntry
{
    private static readonly JsonElement NoSettings = new YamlValue.Map([], 0).ToJson();

    private readonly string _file;
    private readonly YamlValue _value;
    private readonly JsonElement _json;
    private readonly string _path;

    /// <param name="file">Where it stands.</param>
    /// <param name="kind"><c>targets</c> or <c>grants</c>.</param>
    /// <param name="index">Which of the file's.</param>
    /// <param name="value">What is written.</param>
    public CatalogEntry(string file, string kind, int index, YamlValue value)
    {
        _file = file;
        _value = value;
        _json = value.ToJson();
        IsObject = _json.ValueKind == JsonValueKind.Object;
        Name = IsObject && _json.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String ? name.GetString()! : "";
        var isNamed = NameRule.Entry.Allows(Name);
        _path = $"{kind}/{(isNamed ? Name : $"{index}")}";
        Reader = new SettingsReader(_json, _path, Faults);
        if (!IsObject)
        {
            Faults.Add(_path, "must be an object");
        }
        else if (Reader.RequiredText("name").Length > 0 && !isNamed)
        {
            Reader.Fault("name", NameRule.Entry.Text);
        }
    }

    public CatalogFaults Faults { get; } = new();

    public SettingsReader Reader { get; }

    public bool IsObject { get; }

    /// <summary>Empty when it has none.</summary>
    public string Name { get; }

    /// <summary>Where it stands, for people.</summary>
    public string Place => $"{_file}:{_value.Line}";

    public string RequiredName(string member, NameRule rule) => Follow(member, Reader.RequiredText(member), rule);

    public string OptionalName(string member, NameRule rule) => Follow(member, Reader.Text(member) ?? "", rule);

    public JsonElement ReadSettings()
    {
        if (!Reader.Has("settings"))
        {
            return NoSettings;
        }

        var settings = _json.GetProperty("settings");
        if (settings.ValueKind == JsonValueKind.Object)
        {
            return settings;
        }

        Reader.Fault("settings", "must be an object");
        return NoSettings;
    }

    /// <summary>Lets an engine report the faults of the settings, after those that are secrets written inline.</summary>
    public void CheckSettings(JsonElement settings, Action<CatalogFaults> check)
    {
        var inline = InlineSecrets.Find(settings, Reader.PathOf("settings")).ToHashSet();
        foreach (var path in inline)
        {
            Faults.Add(path, InlineSecrets.Rule);
        }

        var found = new CatalogFaults();
        check(found);
        foreach (var fault in found.All.Where(fault => !inline.Contains(fault.Path)))
        {
            Faults.Add(fault.Path, fault.Rule);
        }
    }

    /// <summary>Passes the faults on, each with the file and line that it is about.</summary>
    public void Report(CatalogFaults all)
    {
        foreach (var fault in Faults.All.Distinct())
        {
            all.Add($"{_file}:{LineOf(fault.Path)} {fault.Path}", fault.Rule);
        }
    }

    private string Follow(string member, string name, NameRule rule)
    {
        if (name.Length > 0 && !rule.Allows(name))
        {
            Reader.Fault(member, rule.Text);
        }

        return name;
    }

    private int LineOf(string path) =>
        path.StartsWith(_path + "/", StringComparison.Ordinal) ? _value.LineOf(path[(_path.Length + 1)..].Split('/')) : _value.Line;
}
