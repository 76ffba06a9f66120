namespace SecretsBroker.Engines.RedisAcl;

/// <summary>What a node says about itself, and what the broker's account may not do at it.</summary>
/// <param name="Faults">What keeps it from being used, in the broker's words; empty when nothing does.</param>
/// <param name="IsMaster">Whether it is no replica.</param>
/// <param name="Replicas">How many replicas are connected to it.</param>
/// <param name="ClusterNodes">How many nodes its Cluster has; 0 when it is in none.</param>
internal sealed record NodeFindings(IReadOnlyList<string> Faults, bool IsMaster, int Replicas, int ClusterNodes)
{
    /// <summary>The first in which channels can be denied by default and an account's subcommands be told apart.</summary>
    private static readonly Version OldestVersion = new(6, 2);

    /// <summary>Every command that the engine uses, so that a missing right is found here and not by a revocation that fails.</summary>
    private static readonly string[][] _rights =
    [
        ["CLIENT", "SETNAME", "secrets-broker"],
        ["ACL", "SETUSER", "sb_check", "reset"],
        ["ACL", "GETUSER", "sb_check"],
        ["ACL", "DELUSER", "sb_check"],
        ["ACL", "SAVE"],
        ["CLIENT", "LIST"],
        ["CLIENT", "KILL", "ID", "9223372036854775807"],
    ];

    public static async Task<NodeFindings> ReadAsync(RespConnection connection, CancellationToken cancellationToken)
    {
        var info = Lines((await connection.AskAsync(["INFO"], cancellationToken)).Text);
        var cluster = info.GetValueOrDefault("cluster_enabled") == "1"
            ? Lines((await connection.AskAsync(["CLUSTER", "INFO"], cancellationToken)).Text)
            : [];
        var faults = new List<string>();
        if (!Version.TryParse(info.GetValueOrDefault("redis_version"), out var version) || version < OldestVersion)
        {
            faults.Add($"it is Redis {version}, and {OldestVersion} is the oldest that can be used");
        }

        var answers = await connection.AskAsync(_rights, cancellationToken);
        faults.AddRange(_rights.Zip(answers)
            .Where(right => right.Second.Kind == RespKind.Error && right.Second.ErrorCode == "NOPERM")
            .Select(right => $"the broker's account may not run {right.First[0]} {right.First[1]}"));
        return new NodeFindings(
            faults,
            info.GetValueOrDefault("role") == "master",
            Number(info, "connected_slaves"),
            Number(cluster, "cluster_known_nodes"));
    }

    /// <summary>
    /// How many nodes there are, as far as those that were asked know. Counted and not compared by address: nodes may know each other by
    /// others than the broker does.
    /// </summary>
    public static int CountNodes(IReadOnlyCollection<NodeFindings> asked) => asked.Max(node => node.ClusterNodes) is > 0 and var ofCluster
        ? ofCluster
        : asked.Count(node => node.IsMaster) + asked.Sum(node => node.Replicas);

    private static int Number(Dictionary<string, string> lines, string name) =>
        int.TryParse(lines.GetValueOrDefault(name), out var number) ? number : 0;

    private static Dictionary<string, string> Lines(string text)
    {
        var lines = new Dictionary<string, string>();
        foreach (var line in text.Split("\r\n"))
        {
            if (line.IndexOf(':', StringComparison.Ordinal) is > 0 and var end)
            {
                lines[line[..end]] = line[(end + 1)..];
            }
        }

        return lines;
    }
}
