using System.Text.RegularExpressions;
using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Vault;

/// <summary>A path at Vault that a setting names: parts that mean nothing in a URL, so that it leads where it says.</summary>
internal static partial class VaultPath
{
    private const int MaxLength = 256;

    /// <returns>The path; <paramref name="fallback"/> when it is not given or faulty.</returns>
    public static string Read(SettingsReader reader, string name, string fallback)
    {
        if (reader.Text(name) is not { } path)
        {
            return fallback;
        }

        if (path.Length <= MaxLength && Parts().IsMatch(path) && !path.Split('/').Any(part => part is "." or ".."))
        {
            return path;
        }

        reader.Fault(
            name, $"must be at most {MaxLength} characters: parts of [A-Za-z0-9_.@-], neither . nor .., divided by single '/', without one at the ends");
        return fallback;
    }

    [GeneratedRegex(@"^[A-Za-z0-9_.@-]+(/[A-Za-z0-9_.@-]+)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Parts();
}
