using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Vault;

/// <summary>A Vault or OpenBao, or one namespace of it.</summary>
internal sealed record VaultTargetSettings
{
    private const int MaxNamespace = 256;
    private static readonly Uri Nowhere = new("https://localhost/");

    /// <summary><c>url</c>: without <c>/v1</c>. Plain http only for loopback. Required.</summary>
    public required Uri Url { get; init; }

    /// <summary><c>namespace</c>: the one in which everything is; the root when not set.</summary>
    public string? Namespace { get; init; }

    /// <summary><c>tls_ca_file</c>: PEM; the system's trusted roots when not set.</summary>
    public string? TlsCaFile { get; init; }

    /// <summary><c>token</c>, <c>approle</c> or <c>jwt</c>. Required.</summary>
    public required VaultLogin Login { get; init; }

    public static VaultTargetSettings Read(Target target, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(target, faults);
        var settings = new VaultTargetSettings
        {
            Url = TargetAddress.ReadRequired(reader, "url") ?? Nowhere,
            Namespace = ReadNamespace(reader),
            TlsCaFile = reader.Text("tls_ca_file"),
            Login = VaultLogin.Read(reader),
        };
        reader.RefuseOthers();
        return settings;
    }

    // It becomes a header.
    private static string? ReadNamespace(SettingsReader reader)
    {
        const string Name = "namespace";
        var name = reader.Text(Name);
        if (name is not null && (name.Length > MaxNamespace || !name.All(character => character is > ' ' and <= '~')))
        {
            reader.Fault(Name, $"must be at most {MaxNamespace} characters of ASCII without spaces");
        }

        return name;
    }
}
