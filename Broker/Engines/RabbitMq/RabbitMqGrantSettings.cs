using System.Text.RegularExpressions;
using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.RabbitMq;

/// <summary>What a lease of a grant may do. What is not named is not allowed.</summary>
internal sealed record RabbitMqGrantSettings
{
    /// <summary><c>permissions</c>: one for each virtual host that may be entered. Required.</summary>
    public required IReadOnlyList<VirtualHostPermission> Permissions { get; init; }

    /// <summary><c>topics</c>: of topic exchanges, which routing keys. An exchange that is not named is not limited beyond its permissions.</summary>
    public required IReadOnlyList<TopicPermission> Topics { get; init; }

    public static RabbitMqGrantSettings Read(Grant grant, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(grant, faults);
        var permissions = new List<VirtualHostPermission>();
        foreach (var entry in reader.Sections("permissions"))
        {
            var permission = new VirtualHostPermission(
                VirtualHost(entry), Pattern(entry, "configure"), Pattern(entry, "write"), Pattern(entry, "read"));
            if (permissions.Exists(other => other.VirtualHost == permission.VirtualHost))
            {
                entry.Fault("vhost", "must not be named twice");
            }

            permissions.Add(permission);
            entry.RefuseOthers();
        }

        var topics = new List<TopicPermission>();
        foreach (var entry in reader.Sections("topics"))
        {
            var topic = new TopicPermission(VirtualHost(entry), entry.RequiredText("exchange"), Pattern(entry, "write"), Pattern(entry, "read"));
            if (!permissions.Exists(permission => permission.VirtualHost == topic.VirtualHost))
            {
                entry.Fault("vhost", "must be one of those under permissions");
            }

            topics.Add(topic);
            entry.RefuseOthers();
        }

        if (permissions.Count == 0)
        {
            reader.Fault("permissions", "must name at least one virtual host");
        }

        reader.RefuseOthers();
        return new RabbitMqGrantSettings { Permissions = permissions, Topics = topics };
    }

    private static string VirtualHost(SettingsReader entry)
    {
        var name = entry.Text("vhost") ?? "/";
        // Those two would lead elsewhere in the path of a request.
        if (name is "." or ".." || name.Length > 255)
        {
            entry.Fault("vhost", "must have 1 to 255 characters, and be neither . nor ..");
        }

        return name;
    }

    /// <summary>RabbitMQ looks for a pattern anywhere in a name; here the whole name has to match.</summary>
    private static string Pattern(SettingsReader entry, string name)
    {
        const string Nothing = "^$";
        if (entry.Text(name) is not { } pattern)
        {
            return Nothing;
        }

        try
        {
            _ = new Regex(pattern, RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));
        }
        catch (ArgumentException)
        {
            entry.Fault(name, "must be a regular expression");
        }

        return $"^(?:{pattern})$";
    }
}

/// <param name="VirtualHost"><c>vhost</c>: its name. Default <c>/</c>.</param>
/// <param name="Configure"><c>configure</c>: queues and exchanges that may be declared and deleted. None when not set, as with the others.</param>
/// <param name="Write"><c>write</c>: those that may be published to and bound.</param>
/// <param name="Read"><c>read</c>: those that may be consumed and bound from.</param>
internal readonly record struct VirtualHostPermission(string VirtualHost, string Configure, string Write, string Read);

/// <param name="VirtualHost"><c>vhost</c>: its name. Default <c>/</c>.</param>
/// <param name="Exchange"><c>exchange</c>: the name of a topic exchange. Required.</param>
/// <param name="Write"><c>write</c>: routing keys that may be published with.</param>
/// <param name="Read"><c>read</c>: routing keys that may be bound with.</param>
internal readonly record struct TopicPermission(string VirtualHost, string Exchange, string Write, string Read);
