using System.Text.Json;
using System.Text.Json.Nodes;
using SecretsBroker.Catalog;
using SecretsBroker.Configuration;
using SecretsBroker.Engines;

namespace SecretsBroker.CommandLine.ExternalEngines;

/// <summary>
/// What an engine is tested with: <c>target</c> and <c>grant</c> hold settings as a catalogue has them, without <c>socket</c>, and <c>input</c> what a
/// caller sends along. Each may be left out.
/// </summary>
internal sealed record EngineTestFile(JsonObject Target, JsonElement Grant, IReadOnlyDictionary<string, string> Input)
{
    private const int MaxLength = 256 * 1024;

    /// <param name="path">Null for none.</param>
    /// <exception cref="ConfigurationException">It cannot be read, or has faults.</exception>
    public static EngineTestFile Read(string? path)
    {
        var faults = new CatalogFaults();
        var root = path is null ? null : new YamlReader(path, faults).Read(TextOf(path), out _);
        var reader = new SettingsReader(root?.ToJson() ?? default, path ?? "", faults);
        var file = new EngineTestFile(
            JsonObject.Create(ObjectOf(reader, "target"))!, ObjectOf(reader, "grant"), reader.TextsByName("input"));
        foreach (var name in file.Input.Keys.Where(name => !FieldName.IsValid(name)))
        {
            reader.Fault($"input/{name}", $"must be a name of {FieldName.Rule}");
        }

        reader.RefuseOthers();
        return faults.Any ? throw new ConfigurationException([.. faults.All.Select(fault => fault.ToString())]) : file;
    }

    private static JsonElement ObjectOf(SettingsReader reader, string name) =>
        reader.Has(name) ? reader.Object(name, MaxLength) : JsonElement.Parse("{}");

    private static string TextOf(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException([$"{path}: cannot be read"], e);
        }
    }
}
