using SecretsBroker.Catalog;
using SecretsBroker.Identity;

namespace SecretsBroker.Engines.Jwt;

/// <summary>One of a target's <c>resource_servers</c>: who may ask the broker about tokens for it. Known by a secret, or as a workload.</summary>
internal sealed record ResourceServer
{
    public const int MaxPerTarget = 32;

    /// <summary><c>client_id</c>: 1 to 64 characters of <c>[A-Za-z0-9._-]</c>; empty where it is a workload.</summary>
    public required string ClientId { get; init; }

    /// <summary><c>client_secret</c>: at least 32 bytes, because it stands alone. Read at each use.</summary>
    public SecretReference? ClientSecret { get; init; }

    /// <summary><c>workload</c>: its SPIFFE ID, shown by whatever a caller of the broker may show; null where it has a secret.</summary>
    public WorkloadId? Workload { get; init; }

    /// <summary><c>may_revoke</c>: whether it may also end what it is shown. Default false.</summary>
    public required bool MayRevoke { get; init; }

    /// <summary>For logs.</summary>
    public string Name => Workload?.Value ?? ClientId;

    public static IReadOnlyList<ResourceServer> ReadAll(SettingsReader reader, string name)
    {
        var servers = new List<ResourceServer>();
        foreach (var entry in reader.Sections(name))
        {
            var server = Read(entry);
            if (servers.Exists(other => other.Name == server.Name))
            {
                entry.Fault(server.Workload is null ? "client_id" : "workload", "must not be named twice");
            }

            servers.Add(server);
        }

        if (servers.Count > MaxPerTarget)
        {
            reader.Fault(name, $"must be at most {MaxPerTarget}");
        }

        return servers;
    }

    private static ResourceServer Read(SettingsReader entry)
    {
        var (clientId, workload) = (entry.Text("client_id"), entry.Text("workload"));
        if (entry.Has("client_id") == entry.Has("workload"))
        {
            entry.Fault("client_id", "either this, with client_secret, or workload must be given");
        }

        if (clientId is not null && (clientId.Length > 64 || !clientId.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-')))
        {
            entry.Fault("client_id", "must have 1 to 64 characters of [A-Za-z0-9._-]");
        }

        var id = default(WorkloadId);
        if (workload is not null && !WorkloadId.TryParse(workload, out id))
        {
            entry.Fault("workload", "must be a SPIFFE ID with a path");
        }

        if (entry.Has("client_id") != entry.Has("client_secret"))
        {
            entry.Fault("client_secret", "must be given with client_id, and only with it");
        }

        var server = new ResourceServer
        {
            ClientId = clientId ?? "",
            ClientSecret = entry.Secret("client_secret"),
            Workload = workload is null ? null : id,
            MayRevoke = entry.Flag("may_revoke", fallback: false),
        };
        entry.RefuseOthers();
        return server;
    }
}
