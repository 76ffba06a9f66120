using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Jwt;

/// <summary>The settings of a grant whose target is of type <c>jwt</c>.</summary>
/// <param name="Bearer">
/// <c>bearer</c>: whether a token may be issued that is bound to no key, so that whoever has it can use it. Default false.
/// </param>
internal sealed record JwtGrantSettings(bool Bearer)
{
    public static JwtGrantSettings Read(Grant grant, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(grant, faults);
        var settings = new JwtGrantSettings(reader.Flag("bearer", fallback: false));
        reader.RefuseOthers();
        return settings;
    }
}
