using System.Text.Json;
using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.External;

/// <summary>What a grant tells an external engine.</summary>
internal static class ExternalGrantSettings
{
    /// <returns><c>engine_settings</c>: handed to the engine as they are. None when not set.</returns>
    public static JsonElement Read(Grant grant, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(grant, faults);
        var settings = reader.Object(ExternalTargetSettings.EngineSettingsName, ExternalTargetSettings.MaxLength);
        reader.RefuseOthers();
        return settings;
    }
}
