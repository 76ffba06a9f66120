using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Keys;

/// <summary>A key that signed before, and stays published until the last of what it signed has ended.</summary>
/// <param name="File"><c>file</c>: a private or public key, PEM, mode 0600.</param>
/// <param name="Until"><c>until</c>: an instant, RFC 3339.</param>
internal sealed record PreviousKey(string File, DateTimeOffset Until)
{
    private const string Setting = "previous_keys";

    public static IReadOnlyList<PreviousKey> ReadAll(SettingsReader reader) => [.. reader.Sections(Setting).Select(Read)];

    private static PreviousKey Read(SettingsReader reader)
    {
        var previous = new PreviousKey(reader.RequiredText("file"), reader.RequiredInstant("until"));
        reader.RefuseOthers();
        return previous;
    }
}
