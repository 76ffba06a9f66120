using SecretsBroker.Engines;

namespace SecretsBroker.Catalog;

/// <summary>
/// Reads a grant: <c>name</c>, <c>action</c>, <c>resource</c>, <c>target</c>, <c>default_ttl</c>, <c>max_ttl</c> (1s to 24h), and optionally
/// <c>classification</c>, <c>environment</c>, <c>tools</c>, <c>on_violation</c> (<c>report</c> or <c>revoke</c>),
/// <c>sealed</c> (<c>optional</c> or <c>required</c>), <c>require_proof</c>, <c>single_use_tokens</c> (<c>true</c> or <c>false</c>) and
/// <c>settings</c>.
/// </summary>
internal static class GrantReader
{
    private const int MaxTools = 100;
    private static readonly TimeSpan MinTimeToLive = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, bool> RevokesOnViolation = new() { ["report"] = false, ["revoke"] = true };

    private static readonly Dictionary<string, bool> DemandsSealing = new() { ["optional"] = false, ["required"] = true };

    /// <param name="entry">As it is written; takes the faults.</param>
    /// <param name="targets">Those that could be read.</param>
    /// <param name="isComplete">Whether those are all: otherwise a target that is missing is no fault of the grant.</param>
    /// <param name="types">The engine types.</param>
    public static Grant Read(
        CatalogEntry entry,
        IReadOnlyDictionary<string, Target> targets,
        bool isComplete,
        IReadOnlyDictionary<string, ICredentialEngineType> types)
    {
        var reader = entry.Reader;
        var target = targets.GetValueOrDefault(reader.RequiredText("target"));
        if (target is null && isComplete && reader.Has("target"))
        {
            reader.Fault("target", "must be the name of a target of the catalogue");
        }

        var grant = new Grant
        {
            Name = entry.Name,
            Action = entry.RequiredName("action", NameRule.Action),
            Resource = ReadResource(entry),
            Target = target?.Name ?? "",
            Engine = target?.Engine ?? "",
            DefaultTimeToLive = ReadTimeToLive(reader, "default_ttl"),
            MaxTimeToLive = ReadTimeToLive(reader, "max_ttl"),
            Classification = entry.OptionalName("classification", NameRule.Label),
            Environment = entry.OptionalName("environment", NameRule.Label),
            Tools = ReadTools(reader),
            RevokeOnViolation = reader.Choice("on_violation", fallback: false, RevokesOnViolation),
            Sealed = reader.Choice("sealed", fallback: false, DemandsSealing),
            RequireProof = reader.Flag("require_proof", fallback: false),
            SingleUseTokens = reader.Flag("single_use_tokens", fallback: false),
            Settings = entry.ReadSettings(),
        };
        if (grant.MaxTimeToLive > TimeSpan.Zero && grant.DefaultTimeToLive > grant.MaxTimeToLive)
        {
            reader.Fault(
                "default_ttl",
                $"must not be longer than max_ttl, {SettingsDuration.Format(grant.MaxTimeToLive)}; it is {SettingsDuration.Format(grant.DefaultTimeToLive)}");
        }

        reader.RefuseOthers();
        entry.CheckSettings(grant.Settings, faults =>
        {
            if (target is not null && types.TryGetValue(target.Engine, out var type))
            {
                type.ValidateGrant(grant, target, faults);
            }
        });
        return grant;
    }

    // Policies find a resource below those that its path begins with: a path with empty parts has no clear place there.
    private static string ReadResource(CatalogEntry entry)
    {
        var resource = entry.RequiredName("resource", NameRule.Resource);
        if (resource.Length > 0 && resource.Split('/').Contains(""))
        {
            entry.Reader.Fault("resource", "must be parts divided by single '/', and neither begin nor end with one");
        }

        return resource;
    }

    /// <summary>Zero when it is missing or faulty.</summary>
    private static TimeSpan ReadTimeToLive(SettingsReader reader, string name)
    {
        if (!reader.Has(name))
        {
            reader.Fault(name, "is required");
        }

        return reader.Duration(name, TimeSpan.Zero, MinTimeToLive, Grant.LongestTimeToLive);
    }

    private static IReadOnlyList<string> ReadTools(SettingsReader reader)
    {
        var tools = reader.Texts("tools");
        if (tools.Count > MaxTools)
        {
            reader.Fault("tools", $"must be at most {MaxTools}");
        }

        if (reader.Has("tools") && tools.Count == 0)
        {
            // An empty list means any tool elsewhere; whoever writes one may mean none.
            reader.Fault("tools", "must name a tool; leave it out to allow any");
        }

        foreach (var (index, tool) in tools.Index())
        {
            if (!NameRule.Tool.Allows(tool))
            {
                reader.Fault($"tools/{index}", NameRule.Tool.Text);
            }
        }

        return tools;
    }
}
