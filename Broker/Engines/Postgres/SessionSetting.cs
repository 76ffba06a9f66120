using System.Text.RegularExpressions;
using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// A setting that a lease's sessions begin with, for row-level security that looks at one. It says who the lease is for, and does not bind:
/// a session may set it to something else.
/// </summary>
/// <param name="Name">With a dot, so that it is none of the server's own.</param>
/// <param name="Value"><c>{{workload}}</c>, <c>{{task}}</c> and <c>{{lease}}</c> in it stand for the lease's.</param>
internal sealed partial record SessionSetting(string Name, string Value)
{
    private const int MaxLength = 500;

    public string QuotedName => string.Join('.', Name.Split('.').Select(PostgresQuoting.Identifier));

    public string ValueFor(IssueRequest request) => Placeholder().Replace(Value, placeholder => placeholder.Value switch
    {
        "{{workload}}" => request.Workload.Value,
        "{{task}}" => request.Task.Value,
        _ => request.LeaseId.Value,
    });

    /// <summary><c>session_settings</c>: values by name.</summary>
    public static IReadOnlyList<SessionSetting> Read(SettingsReader reader)
    {
        var section = reader.Section("session_settings");
        var settings = new List<SessionSetting>();
        foreach (var name in section.Names)
        {
            if (name.Length > PostgresQuoting.MaxIdentifierBytes || !Dotted().IsMatch(name))
            {
                section.Fault(name, "must be a name with a dot, of lower-case letters, digits and _, at most 63 characters");
            }

            var value = section.RequiredText(name);
            if (value.Length > MaxLength)
            {
                section.Fault(name, $"must be at most {MaxLength} characters");
            }

            settings.Add(new SessionSetting(name, value));
        }

        section.RefuseOthers();
        return settings;
    }

    [GeneratedRegex(@"\{\{(workload|task|lease)\}\}", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture)]
    private static partial Regex Placeholder();

    [GeneratedRegex(@"\A[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Dotted();
}
