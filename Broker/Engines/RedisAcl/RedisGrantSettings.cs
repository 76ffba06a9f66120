using System.Text.RegularExpressions;
using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.RedisAcl;

/// <summary>What a lease of a grant may do at the server. What is not named is not allowed.</summary>
internal sealed partial record RedisGrantSettings
{
    private const int MaxPatternLength = 512;

    /// <summary><c>keys</c>: patterns of keys that may be read and written.</summary>
    public required IReadOnlyList<string> Keys { get; init; }

    /// <summary><c>read_keys</c>: patterns of keys that may be read. From Redis 7 on.</summary>
    public required IReadOnlyList<string> ReadKeys { get; init; }

    /// <summary><c>write_keys</c>: patterns of keys that may be written. From Redis 7 on.</summary>
    public required IReadOnlyList<string> WriteKeys { get; init; }

    /// <summary><c>channels</c>: patterns of channels that may be published to and subscribed to.</summary>
    public required IReadOnlyList<string> Channels { get; init; }

    /// <summary>
    /// <c>commands</c>: commands (<c>get</c>, <c>client|setname</c>) and categories (<c>@read</c>). Of those, what is in one of
    /// <see cref="DeniedCommands.Categories"/> is taken away again. Required.
    /// </summary>
    public required IReadOnlyList<string> Commands { get; init; }

    /// <summary><c>dangerous_commands</c>: the same, added after those categories were taken away.</summary>
    public required IReadOnlyList<string> DangerousCommands { get; init; }

    /// <summary>
    /// The rules of a user who may do this, as arguments of <c>ACL SETUSER</c>. Their order matters: each adds to, or takes from, those
    /// before it, and the first one takes all that the user may have had.
    /// </summary>
    /// <param name="passwordHash">SHA-256, hexadecimal, lower case.</param>
    public IEnumerable<string> Rules(string passwordHash) =>
    [
        "reset",
        "on",
        $"#{passwordHash}",
        .. Keys.Select(pattern => $"~{pattern}"),
        .. ReadKeys.Select(pattern => $"%R~{pattern}"),
        .. WriteKeys.Select(pattern => $"%W~{pattern}"),
        // What reset leaves of these depends on the server's configuration.
        "resetchannels",
        .. Channels.Select(pattern => $"&{pattern}"),
        .. Commands.Select(command => $"+{command}"),
        .. DeniedCommands.Categories.Select(category => $"-{category}"),
        .. DangerousCommands.Select(command => $"+{command}"),
    ];

    public static RedisGrantSettings Read(Grant grant, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(grant, faults);
        var settings = new RedisGrantSettings
        {
            Keys = ReadPatterns(reader, "keys"),
            ReadKeys = ReadPatterns(reader, "read_keys"),
            WriteKeys = ReadPatterns(reader, "write_keys"),
            Channels = ReadPatterns(reader, "channels"),
            Commands = ReadCommands(reader, "commands"),
            DangerousCommands = ReadCommands(reader, "dangerous_commands"),
        };
        if (!reader.Has("commands"))
        {
            reader.Fault("commands", "is required");
        }

        foreach (var (index, command) in settings.Commands.Index())
        {
            if (DeniedCommands.Contains(command))
            {
                reader.Fault(
                    $"commands/{index}",
                    $"must not be {command}, which {string.Join(", ", DeniedCommands.Categories)} hold; name it under dangerous_commands if it is meant");
            }
        }

        reader.RefuseOthers();
        return settings;
    }

    private static IReadOnlyList<string> ReadPatterns(SettingsReader reader, string name)
    {
        var patterns = reader.Texts(name);
        foreach (var (index, pattern) in patterns.Index())
        {
            if (pattern.Length > MaxPatternLength || pattern.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)))
            {
                reader.Fault($"{name}/{index}", $"must have at most {MaxPatternLength} characters, without white space");
            }
        }

        if (patterns.Count > 1 && patterns.Contains("*"))
        {
            reader.Fault(name, "must not hold others beside *");
        }

        return patterns;
    }

    private static IReadOnlyList<string> ReadCommands(SettingsReader reader, string name)
    {
        var commands = reader.Texts(name);
        foreach (var (index, command) in commands.Index())
        {
            if (!CommandOrCategory().IsMatch(command))
            {
                reader.Fault($"{name}/{index}", "must be a command, a command|subcommand or a @category, in lower case");
            }
        }

        return commands;
    }

    [GeneratedRegex(@"^(@[a-z]{1,32}|[a-z0-9][a-z0-9_.-]{0,63}(\|[a-z0-9][a-z0-9_.-]{0,63})?)\z", RegexOptions.CultureInvariant)]
    private static partial Regex CommandOrCategory();
}
