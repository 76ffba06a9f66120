using System.Globalization;

namespace SecretsBroker.Audit;

/// <summary>
/// How the files of a folder are named: <c>B.jsonl</c> is being written by broker B, <c>B.00000000000000000042.jsonl</c> was set aside and
/// starts with record 42; <c>B.checkpoint</c> is the newest signed checkpoint, <c>B.pub.pem</c> holds the keys to check signatures with,
/// <c>B.lock</c> is held by the running broker.
/// </summary>
internal static class AuditFiles
{
    private const string Extension = ".jsonl";
    private const int SequenceDigits = 20;

    // No dot: a broker cannot be named like another's set-aside file.
    public static bool IsBrokerName(string name) =>
        name.Length is >= 1 and <= 64 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    public static string Current(string folder, string broker) => Path.Combine(folder, broker + Extension);

    public static string Rotated(string folder, string broker, long firstSequence) =>
        Path.Combine(folder, $"{broker}.{firstSequence.ToString(CultureInfo.InvariantCulture).PadLeft(SequenceDigits, '0')}{Extension}");

    public static string Checkpoint(string folder, string broker) => Path.Combine(folder, broker + ".checkpoint");

    public static string PublicKeys(string folder, string broker) => Path.Combine(folder, broker + ".pub.pem");

    public static string PrivateKey(string folder, string broker) => Path.Combine(folder, broker + ".key");

    public static string Lock(string folder, string broker) => Path.Combine(folder, broker + ".lock");

    /// <summary>Which broker wrote a file, and with which record it starts if it was set aside; null when it is no audit file.</summary>
    public static (string Broker, long? FirstSequence)? Parse(string path)
    {
        var name = Path.GetFileName(path);
        if (!name.EndsWith(Extension, StringComparison.Ordinal))
        {
            return null;
        }

        var parts = name[..^Extension.Length].Split('.');
        if (!IsBrokerName(parts[0]))
        {
            return null;
        }

        return parts switch
        {
            [var broker] => (broker, null),
            [var broker, { Length: SequenceDigits } digits]
                when long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var first) => (broker, first),
            _ => null,
        };
    }

    /// <summary>A broker's set-aside files, oldest first.</summary>
    public static IReadOnlyList<string> ListRotated(string folder, string broker) =>
        [.. Directory.EnumerateFiles(folder, $"{broker}.*{Extension}")
            .Where(path => Parse(path) is { FirstSequence: not null } file && file.Broker == broker)
            .Order(StringComparer.Ordinal)];

    /// <summary>The brokers that write or wrote into a folder.</summary>
    public static IReadOnlyList<string> ListBrokers(string folder) =>
        [.. Directory.EnumerateFiles(folder, "*" + Extension)
            .Select(path => Parse(path)?.Broker)
            .OfType<string>()
            .Distinct(StringComparer.Ordinal)
            .Order(StringComparer.Ordinal)];
}
