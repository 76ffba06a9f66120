using System.Globalization;
using System.Text.Json.Nodes;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.AwsSts;

/// <summary>An inline policy of the role that denies everything to the sessions of one lease, and is named by the lease and its session's end.</summary>
internal static class SessionDenial
{
    /// <summary>How long after its end a session counts as one that may still do something: clocks differ.</summary>
    private static readonly TimeSpan Leeway = TimeSpan.FromMinutes(5);

    public static string NameOf(LeaseId lease, DateTimeOffset end) =>
        string.Create(CultureInfo.InvariantCulture, $"{PrefixOf(lease)}{end.ToUnixTimeSeconds()}");

    public static bool IsOf(string name, LeaseId lease) => name.StartsWith(PrefixOf(lease), StringComparison.Ordinal);

    /// <summary>Whether a session with that end may do nothing any more, whoever's clock it is measured by.</summary>
    public static bool IsOver(DateTimeOffset end, DateTimeOffset now) => now - Leeway > end;

    /// <summary>Whether it is one that serves nothing any more. False for a policy that somebody else made.</summary>
    public static bool IsOver(string name, DateTimeOffset now) =>
        name.Split('_') is ["sb", var id, var seconds]
        && LeaseId.TryParse(id, out _)
        && long.TryParse(seconds, NumberStyles.None, CultureInfo.InvariantCulture, out var end)
        && end < (now - Leeway).ToUnixTimeSeconds();

    public static string DocumentOf(LeaseId lease) => new JsonObject
    {
        ["Version"] = "2012-10-17",
        ["Statement"] = new JsonArray(new JsonObject
        {
            ["Effect"] = "Deny",
            ["Action"] = "*",
            ["Resource"] = "*",
            ["Condition"] = new JsonObject { ["StringEquals"] = new JsonObject { ["aws:SourceIdentity"] = LeaseNames.Of(lease) } },
        }),
    }.ToJsonString();

    private static string PrefixOf(LeaseId lease) => $"{LeaseNames.Of(lease)}_";
}
