using System.Text.RegularExpressions;
using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.AwsSts;

/// <summary>What a session of a grant may do, within what the role may: the catalogue's word and the end of the lease, nothing of the caller's.</summary>
internal sealed partial record AwsGrantSettings
{
    private const int MaxStatements = 20;

    /// <summary>AWS's own limit for a session.</summary>
    private static readonly TimeSpan LongestSession = TimeSpan.FromHours(12);

    /// <summary><c>statements</c>: of which the session policy is made. Required.</summary>
    public required IReadOnlyList<SessionStatement> Statements { get; init; }

    public static AwsGrantSettings Read(Grant grant, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(grant, faults);
        var settings = new AwsGrantSettings { Statements = [.. reader.Sections("statements").Select(entry => ReadStatement(entry, grant))] };
        if (settings.Statements.Count is 0 or > MaxStatements)
        {
            reader.Fault("statements", $"must be 1 to {MaxStatements}");
        }
        else if (SessionPolicy.Write(settings.Statements, DateTimeOffset.UnixEpoch).Length > SessionPolicy.MaxLength)
        {
            reader.Fault("statements", $"make a session policy of more than the {SessionPolicy.MaxLength} characters that AWS takes");
        }

        if (grant.MaxTimeToLive > LongestSession)
        {
            faults.Add($"grants/{grant.Name}/max_ttl", $"must be at most {SettingsDuration.Format(LongestSession)}, the longest session of a role");
        }

        reader.RefuseOthers();
        return settings;
    }

    private static SessionStatement ReadStatement(SettingsReader entry, Grant grant)
    {
        var statement = new SessionStatement(
            ReadTexts(entry, "actions", grant, Actions(), "must be an action such as s3:GetObject"),
            ReadTexts(entry, "resources", grant, Resources(), "must be * or an ARN"),
            ReadConditions(entry.Section("conditions")));
        entry.RefuseOthers();
        return statement;
    }

    private static string[] ReadTexts(SettingsReader entry, string name, Grant grant, Regex form, string rule)
    {
        var texts = entry.Texts(name).Select(text => Fill(text, grant)).ToArray();
        if (texts.Length == 0)
        {
            entry.Fault(name, "must name at least one");
        }

        foreach (var (index, text) in texts.Index())
        {
            if (!form.IsMatch(text))
            {
                entry.Fault($"{name}/{index}", rule);
            }
        }

        return texts;
    }

    /// <summary>
    /// The grant's own names, which the intent's are equal to. They are plain (<see cref="NameRule"/>): one with a wildcard or a variable of IAM's is
    /// left as a placeholder, which no action and no ARN may hold.
    /// </summary>
    private static string Fill(string text, Grant grant)
    {
        var filled = NameRule.Action.Allows(grant.Action) ? text.Replace("{{action}}", grant.Action, StringComparison.Ordinal) : text;
        return NameRule.Resource.Allows(grant.Resource) ? filled.Replace("{{resource}}", grant.Resource, StringComparison.Ordinal) : filled;
    }

    private static Dictionary<string, IReadOnlyDictionary<string, string>> ReadConditions(SettingsReader reader)
    {
        reader.RequireObject();
        var conditions = new Dictionary<string, IReadOnlyDictionary<string, string>>();
        foreach (var name in reader.Names)
        {
            if (name == SessionPolicy.EndOperator)
            {
                reader.Fault(name, "is where the end of the lease stands");
            }

            conditions[name] = reader.TextsByName(name);
        }

        return conditions;
    }

    [GeneratedRegex(@"^[a-z0-9-]+:[A-Za-z0-9*?]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Actions();

    [GeneratedRegex(@"^(\*|arn:[^\s{}]*(\$\{[A-Za-z0-9:_/?*$-]+\}[^\s{}]*)*)\z", RegexOptions.CultureInvariant)]
    private static partial Regex Resources();
}

/// <param name="Actions"><c>actions</c>: such as <c>s3:GetObject</c>; <c>{{action}}</c> stands for the grant's own.</param>
/// <param name="Resources"><c>resources</c>: ARNs; <c>{{resource}}</c> stands for the grant's own.</param>
/// <param name="Conditions"><c>conditions</c>: by operator and key, as IAM has them; the end of the lease is added.</param>
internal sealed record SessionStatement(
    IReadOnlyList<string> Actions,
    IReadOnlyList<string> Resources,
    IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> Conditions);
