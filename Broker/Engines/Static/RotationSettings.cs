using SecretsBroker.Catalog;
using SecretsBroker.Engines.Commands;

namespace SecretsBroker.Engines.Static;

/// <summary>How the secrets of a target get another value.</summary>
internal sealed record RotationSettings
{
    /// <summary><c>command</c>: sets the new value at the target; the program by its absolute path first. Required.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary><c>fields</c>: those that the broker makes a new value for; the others are kept. Default <c>[password]</c>.</summary>
    public required IReadOnlyList<string> Fields { get; init; }

    /// <summary><c>length</c> of a new value, in letters and digits. Default 32; 16 to 256.</summary>
    public required int Length { get; init; }

    /// <summary>
    /// <c>exclusive</c>: one lease holds a secret at a time, and its end is the value's. Else many do, and the last one's end is. Default true.
    /// </summary>
    public required bool IsExclusive { get; init; }

    public static RotationSettings Read(SettingsReader reader)
    {
        var settings = new RotationSettings
        {
            Command = CommandSetting.Read(reader, "command") ?? [],
            Fields = reader.Has("fields") ? reader.Texts("fields") : ["password"],
            Length = reader.Number("length", 32, 16, 256),
            IsExclusive = reader.Flag("exclusive", fallback: true),
        };
        if (!reader.Has("command"))
        {
            reader.Fault("command", "is required");
        }

        if (settings.Fields.Count is 0 or > 8 || !settings.Fields.All(SecretFields.IsName))
        {
            reader.Fault("fields", $"must be 1 to 8 names of 1 to {SecretFields.MaxNameLength} characters of [A-Za-z0-9._-]");
        }

        reader.RefuseOthers();
        return settings;
    }
}
