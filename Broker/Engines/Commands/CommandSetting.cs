using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Commands;

/// <summary>A command in the settings: a list, the program by its absolute path first.</summary>
internal static class CommandSetting
{
    private const int MaxLength = 32;

    /// <returns>Null when it is not there or faulty.</returns>
    public static IReadOnlyList<string>? Read(SettingsReader reader, string name)
    {
        if (!reader.Has(name))
        {
            return null;
        }

        var command = reader.Texts(name);
        if (command.Count is 0 or > MaxLength || !Path.IsPathFullyQualified(command[0]) || command.Any(part => part.Any(char.IsControl)))
        {
            reader.Fault(name, $"must be a list of 1 to {MaxLength} texts without control characters, the program by its absolute path first");
            return null;
        }

        return command;
    }
}
