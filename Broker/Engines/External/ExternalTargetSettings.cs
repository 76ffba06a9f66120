using System.Text;
using System.Text.Json;
using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.External;

/// <summary>Where an external engine listens, what is expected of it, and what it is told.</summary>
internal sealed record ExternalTargetSettings
{
    public const string EngineSettingsName = "engine_settings";

    /// <summary>Of all settings for the engine together, as JSON.</summary>
    public const int MaxLength = 64 * 1024;

    private const int MaxSecrets = 32;
    private const int MaxArguments = 100;

    // What the system takes for a socket's path.
    private const int MaxPathBytes = 107;

    private static readonly Dictionary<string, Revocability> Revocabilities = new()
    {
        ["destroy"] = Revocability.Destroy, ["deny-list"] = Revocability.DenyList, ["expire-only"] = Revocability.ExpireOnly,
    };

    /// <summary><c>socket</c>: the path at which it listens. Required.</summary>
    public required string Socket { get; init; }

    /// <summary><c>revocability</c>: what it has to promise; while it says otherwise nothing is issued. Required.</summary>
    public required Revocability Revocability { get; init; }

    /// <summary><c>owner</c>: the number of the user whose process may listen there, beside root. The broker's own when not set.</summary>
    public int? Owner { get; init; }

    /// <summary><c>command</c> and <c>environment</c>: how the broker starts it. Null when somebody else does.</summary>
    public EngineCommand? Command { get; init; }

    /// <summary><c>engine_settings</c>: handed to the engine as they are. None when not set.</summary>
    public required JsonElement EngineSettings { get; init; }

    /// <summary><c>secrets</c>: read for each call and handed to the engine, by name. None when not set.</summary>
    public required IReadOnlyDictionary<string, SecretReference> Secrets { get; init; }

    /// <summary>Whether the catalogue tells the engine anything by this name.</summary>
    public bool Has(string setting) => EngineSettings.TryGetProperty(setting, out _) || Secrets.ContainsKey(setting);

    /// <summary>Whether one process is what both mean.</summary>
    public bool IsOfSameProcess(ExternalTargetSettings other) =>
        Owner == other.Owner && (Command is { } command ? other.Command is { } another && command.IsSameAs(another) : other.Command is null);

    public static ExternalTargetSettings Read(Target target, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(target, faults);
        var settings = new ExternalTargetSettings
        {
            Socket = ReadSocket(reader),
            Revocability = reader.Choice("revocability", Revocability.ExpireOnly, Revocabilities),
            Owner = reader.Has("owner") ? reader.Number("owner", 0, 0, int.MaxValue) : null,
            Command = ReadCommand(reader),
            EngineSettings = reader.Object(EngineSettingsName, MaxLength),
            Secrets = ReadSecrets(reader.Section("secrets")),
        };
        if (!reader.Has("revocability"))
        {
            reader.Fault("revocability", "is required");
        }

        reader.RefuseOthers();
        return settings;
    }

    private static string ReadSocket(SettingsReader reader)
    {
        var path = reader.RequiredText("socket");
        if (reader.Has("socket") && (!path.StartsWith('/') || path.Contains('\0') || Path.GetFullPath(path) != path || Encoding.UTF8.GetByteCount(path) > MaxPathBytes))
        {
            reader.Fault("socket", $"must be an absolute path of at most {MaxPathBytes} bytes, without . and .. and empty parts");
        }

        return path;
    }

    private static EngineCommand? ReadCommand(SettingsReader reader)
    {
        var command = reader.Texts("command");
        var environment = reader.TextsByName("environment");
        if (reader.Has("command") && (command.Count is 0 or > MaxArguments || !command[0].StartsWith('/')))
        {
            reader.Fault("command", $"must be the absolute path of a program and its arguments, at most {MaxArguments} texts together");
        }

        if (command.Any(argument => argument.Contains('\0')))
        {
            reader.Fault("command", "must not have a NUL");
        }

        if (environment.Keys.Any(name => name.Length == 0 || name.Contains('=') || name.Any(char.IsControl)))
        {
            reader.Fault("environment", "must have names without = and control characters");
        }

        if (environment.Count > 0 && command.Count == 0)
        {
            reader.Fault("environment", "is for a command, and there is none");
        }

        return command.Count == 0 ? null : new EngineCommand(command, environment);
    }

    private static Dictionary<string, SecretReference> ReadSecrets(SettingsReader reader)
    {
        var secrets = new Dictionary<string, SecretReference>();
        reader.RequireObject();
        foreach (var (index, name) in reader.Names.Index())
        {
            if (index >= MaxSecrets || !FieldName.IsValid(name))
            {
                reader.Fault(name, $"must be one of at most {MaxSecrets}, with a name of {FieldName.Rule}");
            }

            if (reader.Secret(name) is { } reference)
            {
                secrets[name] = reference;
            }
        }

        return secrets;
    }
}
