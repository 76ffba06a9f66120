using System.Globalization;
using System.Text.Json;

namespace SecretsBroker.Catalog;

/// <summary>
/// Reads settings member by member, so that one pass reports every fault with its path. Each member is asked for once;
/// <see cref="RefuseOthers"/> then reports those that nobody asked for. A faulty or missing member reads as its fallback.
/// </summary>
/// <param name="settings">An object; undefined counts as an empty one.</param>
/// <param name="path">Where it stands: <c>targets/invoices-db/settings</c>.</param>
/// <param name="faults">Takes the faults.</param>
internal sealed class SettingsReader(JsonElement settings, string path, CatalogFaults faults)
{
    private static readonly JsonElement NoObject = JsonElement.Parse("{}");

    private readonly HashSet<string> _known = [];

    public static SettingsReader Of(Target target, CatalogFaults faults) =>
        new(target.Settings, $"targets/{target.Name}/settings", faults);

    public static SettingsReader Of(Grant grant, CatalogFaults faults) =>
        new(grant.Settings, $"grants/{grant.Name}/settings", faults);

    /// <summary>The names of its members in order, for settings whose names are the writer's; empty when it is no object.</summary>
    public IReadOnlyList<string> Names =>
        settings.ValueKind == JsonValueKind.Object ? [.. settings.EnumerateObject().Select(member => member.Name)] : [];

    public string PathOf(string name) => $"{path}/{name}";

    public void Fault(string name, string rule) => faults.Add(PathOf(name), rule);

    /// <summary>Whether the member is there, whatever it holds.</summary>
    public bool Has(string name) => Find(name) is not null;

    public string RequiredText(string name)
    {
        if (!Has(name))
        {
            Fault(name, "is required");
        }

        return Text(name) ?? "";
    }

    /// <returns>Text without control characters; null when missing.</returns>
    public string? Text(string name)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        if (IsText(value, out var text))
        {
            return text;
        }

        Fault(name, "must be text that is not empty and has no control characters");
        return null;
    }

    public int Number(string name, int fallback, int min, int max)
    {
        if (Find(name) is not { } value)
        {
            return fallback;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) && number >= min && number <= max)
        {
            return number;
        }

        Fault(name, $"must be a whole number from {min} to {max}");
        return fallback;
    }

    public bool Flag(string name, bool fallback)
    {
        if (Find(name) is not { } value)
        {
            return fallback;
        }

        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetBoolean();
        }

        Fault(name, "must be true or false");
        return fallback;
    }

    /// <summary>A whole number and a unit: <c>500ms</c>, <c>30s</c>, <c>5m</c>, <c>1h</c>.</summary>
    public TimeSpan Duration(string name, TimeSpan fallback, TimeSpan min, TimeSpan max)
    {
        if (Find(name) is not { } value)
        {
            return fallback;
        }

        if (IsText(value, out var text) && SettingsDuration.TryParse(text, out var duration) && duration >= min && duration <= max)
        {
            return duration;
        }

        Fault(name, $"must be a duration such as 30s, from {SettingsDuration.Format(min)} to {SettingsDuration.Format(max)}");
        return fallback;
    }

    /// <summary>An instant as RFC 3339 writes it.</summary>
    public DateTimeOffset RequiredInstant(string name)
    {
        var text = RequiredText(name);
        if (!DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant) && text.Length > 0)
        {
            Fault(name, "must be an instant such as 2030-01-31T12:00:00Z");
        }

        return instant;
    }

    public T Choice<T>(string name, T fallback, IReadOnlyDictionary<string, T> choices)
    {
        if (Find(name) is not { } value)
        {
            return fallback;
        }

        if (IsText(value, out var text) && choices.TryGetValue(text, out var choice))
        {
            return choice;
        }

        Fault(name, $"must be one of {string.Join(", ", choices.Keys)}");
        return fallback;
    }

    /// <returns>The texts in order; empty when missing. A faulty entry is reported with its index and left out.</returns>
    public IReadOnlyList<string> Texts(string name)
    {
        if (Find(name) is not { } value)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            Fault(name, "must be a list of texts");
            return [];
        }

        var texts = new List<string>();
        foreach (var (index, entry) in value.EnumerateArray().Index())
        {
            if (entry.ValueKind == JsonValueKind.String && entry.GetString() is { Length: > 0 } text)
            {
                texts.Add(text);
            }
            else
            {
                Fault($"{name}/{index}", "must be text that is not empty");
            }
        }

        return texts;
    }

    /// <returns>Texts by names of the user's own choice; empty when missing. A faulty one is reported and left out.</returns>
    public IReadOnlyDictionary<string, string> TextsByName(string name)
    {
        var texts = new Dictionary<string, string>();
        if (Find(name) is not { } value)
        {
            return texts;
        }

        if (value.ValueKind != JsonValueKind.Object)
        {
            Fault(name, "must be an object of texts");
            return texts;
        }

        foreach (var member in value.EnumerateObject())
        {
            if (IsText(member.Value, out var text))
            {
                texts[member.Name] = text;
            }
            else
            {
                Fault($"{name}/{member.Name}", "must be text that is not empty and has no control characters; write numbers in quotes");
            }
        }

        return texts;
    }

    /// <returns>The reference; null when missing or faulty. The value of an inline secret is never repeated in the fault.</returns>
    public SecretReference? Secret(string name)
    {
        if (Find(name) is not { } value)
        {
            return null;
        }

        const string Rule = "must name a secret as {file: PATH} or {env: NAME}; a secret is never written inline";
        if (value.ValueKind != JsonValueKind.Object)
        {
            Fault(name, Rule);
            return null;
        }

        var inner = new SettingsReader(value, PathOf(name), faults);
        var reference = new SecretReference { File = inner.Text("file"), Env = inner.Text("env") };
        inner.RefuseOthers();
        if (reference.IsValid)
        {
            return reference;
        }

        Fault(name, Rule);
        return null;
    }

    /// <summary>An object that somebody else reads, as it is; an empty one when missing or faulty.</summary>
    public JsonElement Object(string name, int maxLength)
    {
        var value = Find(name) ?? NoObject;
        if (value.ValueKind == JsonValueKind.Object && value.GetRawText().Length <= maxLength)
        {
            return value;
        }

        Fault(name, $"must be an object of at most {maxLength} characters");
        return NoObject;
    }

    /// <summary>The settings of a member that is an object; an empty one when missing.</summary>
    public SettingsReader Section(string name) => new(Find(name) ?? default, PathOf(name), faults);

    /// <summary>The settings of each entry of a list of objects, in order; empty when missing.</summary>
    public IReadOnlyList<SettingsReader> Sections(string name)
    {
        if (Find(name) is not { } value)
        {
            return [];
        }

        if (value.ValueKind != JsonValueKind.Array)
        {
            Fault(name, "must be a list of objects");
            return [];
        }

        return [.. value.EnumerateArray().Select((entry, index) => new SettingsReader(entry, PathOf($"{name}/{index}"), faults))];
    }

    /// <summary>Reports settings that are no object, and members that nobody asked for.</summary>
    public void RefuseOthers()
    {
        RequireObject();
        foreach (var name in Names.Where(name => !_known.Contains(name)))
        {
            Fault(name, "is not a known setting");
        }
    }

    /// <summary>Reports settings that are no object.</summary>
    public void RequireObject()
    {
        if (settings.ValueKind is not (JsonValueKind.Object or JsonValueKind.Undefined))
        {
            faults.Add(path, "must be an object");
        }
    }

    private static bool IsText(JsonElement value, out string text)
    {
        text = value.ValueKind == JsonValueKind.String ? value.GetString()! : "";
        return text.Length > 0 && !text.Any(char.IsControl);
    }

    private JsonElement? Find(string name)
    {
        _known.Add(name);
        return settings.ValueKind == JsonValueKind.Object && settings.TryGetProperty(name, out var value) ? value : null;
    }
}
