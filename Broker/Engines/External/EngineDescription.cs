using System.Text.Json;
using SecretsBroker.Engine.V1;

namespace SecretsBroker.Engines.External;

/// <summary>
/// What an engine says that it is, held against what the catalogue expects of it. Faults name settings that the catalogue has, and count the others:
/// their names are the engine's words. Never values.
/// </summary>
internal static class EngineDescription
{
    private const int MaxSettings = 100;

    /// <summary>Every way in which the engine is another than the target of the catalogue needs.</summary>
    public static IEnumerable<string> FindFaults(DescribeResponse description, ExternalTargetSettings settings)
    {
        if (!IsWellFormed(description))
        {
            return ["the engine's description is not as the contract says"];
        }

        List<string> faults = [];
        if ((int)description.Revocability != (int)settings.Revocability)
        {
            faults.Add("the engine promises another revocability than the catalogue expects");
        }

        faults.AddRange(FaultsOf(
            settings.EngineSettings, ExternalTargetSettings.EngineSettingsName, [.. description.TargetSettings.Where(s => s.Kind != SettingKind.Secret)]));
        var secrets = description.TargetSettings.Where(setting => setting.Kind == SettingKind.Secret).ToArray();
        faults.AddRange(Missing("secrets", secrets.Count(secret => secret.Required && !settings.Secrets.ContainsKey(secret.Name))));
        faults.AddRange(settings.Secrets.Keys
            .Where(name => !secrets.Any(secret => secret.Name == name))
            .Select(name => $"secrets/{name} is not a secret of this engine"));
        return faults;
    }

    /// <summary>Every fault of what a grant tells the engine.</summary>
    public static IEnumerable<string> FindFaults(DescribeResponse description, JsonElement grantSettings) =>
        FaultsOf(grantSettings, ExternalTargetSettings.EngineSettingsName, description.GrantSettings);

    private static bool IsWellFormed(DescribeResponse description) =>
        IsName(description.Name) && IsName(description.Version) && AreWellFormed(description.TargetSettings)
        && AreWellFormed(description.GrantSettings) && description.GrantSettings.All(setting => setting.Kind != SettingKind.Secret)
        && !(description is { Lists: true, Revocability: Engine.V1.Revocability.ExpireOnly });

    private static bool AreWellFormed(IReadOnlyCollection<SettingDescription> settings) =>
        settings.Count <= MaxSettings
        && settings.All(setting => FieldName.IsValid(setting.Name) && setting.Kind != SettingKind.Unspecified && Enum.IsDefined(setting.Kind))
        && settings.Select(setting => setting.Name).Distinct(StringComparer.Ordinal).Count() == settings.Count;

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-');

    private static IEnumerable<string> FaultsOf(JsonElement settings, string path, IReadOnlyCollection<SettingDescription> known)
    {
        foreach (var member in settings.EnumerateObject())
        {
            var description = known.FirstOrDefault(setting => setting.Name == member.Name);
            if (description is null)
            {
                yield return $"{path}/{member.Name} is not a setting of this engine";
            }
            else if (!IsOfKind(member.Value, description.Kind))
            {
                yield return $"{path}/{member.Name} must be {WordOf(description.Kind)}";
            }
        }

        foreach (var missing in Missing(path, known.Count(setting => setting.Required && !settings.TryGetProperty(setting.Name, out _))))
        {
            yield return missing;
        }
    }

    private static IEnumerable<string> Missing(string path, int count) =>
        count == 0 ? [] : [$"{path} must have all that the engine requires: {count} missing"];

    private static bool IsOfKind(JsonElement value, SettingKind kind) => kind switch
    {
        SettingKind.Text => value.ValueKind == JsonValueKind.String,
        SettingKind.Number => value.ValueKind == JsonValueKind.Number,
        SettingKind.Flag => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        SettingKind.Texts => value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(entry => entry.ValueKind == JsonValueKind.String),
        _ => value.ValueKind is JsonValueKind.Object or JsonValueKind.Array,
    };

    private static string WordOf(SettingKind kind) => kind switch
    {
        SettingKind.Text => "a text",
        SettingKind.Number => "a number",
        SettingKind.Flag => "true or false",
        SettingKind.Texts => "a list of texts",
        _ => "an object or a list",
    };
}
