using SecretsBroker.Leases;

namespace SecretsBroker.Engines.RedisAcl;

/// <summary>
/// What is done at one node. A command that sets a user may still lie unread at the server when the broker has long given up, and would
/// then be carried out after the user was removed. So it is only ever sent on a connection that the server already knows by the
/// lease's name; removing the user ends those connections first, and with them what they had yet to say.
/// </summary>
internal sealed class AclNode(RedisEndpoint endpoint, RedisTargetSettings settings) : IDisposable
{
    private const string IdleName = "secrets-broker";
    private readonly NodeConnections _connections = new(endpoint, settings);

    public RedisEndpoint Endpoint => endpoint;

    public static string UserOf(LeaseId lease) => LeaseNames.Of(lease);

    public Task<bool> SetAsync(string user, IEnumerable<string> rules, CancellationToken cancellationToken) =>
        _connections.UseAsync(
            async connection =>
            {
                await connection.AskAsync(["CLIENT", "SETNAME", user], cancellationToken);
                var answers = await connection.AskAsync(
                    [
                        // Connections of an earlier issue of the same lease do not live on under the new password.
                        ["ACL", "DELUSER", user],
                        ["ACL", "SETUSER", user, .. rules],
                        ["ACL", "SAVE"],
                        ["CLIENT", "SETNAME", IdleName],
                    ],
                    cancellationToken);
                answers[0].OrThrow();
                answers[1].OrThrow();
                RequireSaved(answers[2]);
                answers[3].OrThrow();
                return true;
            },
            cancellationToken);

    /// <summary>Removes a user and ends its connections. Succeeds when there is none.</summary>
    public Task<bool> RemoveAsync(string user, CancellationToken cancellationToken) =>
        _connections.UseAsync(
            async connection =>
            {
                var clients = ClientList.Parse((await connection.AskAsync(["CLIENT", "LIST"], cancellationToken)).Text);
                var answers = await connection.AskAsync(
                    [
                        .. clients.Where(client => IsSetting(client, user)).Select(client => (string[])["CLIENT", "KILL", "ID", client.Id]),
                        ["ACL", "DELUSER", user],
                        // Also when there was no user: an earlier removal may not have got as far.
                        ["ACL", "SAVE"],
                    ],
                    cancellationToken);
                foreach (var answer in answers.SkipLast(1))
                {
                    answer.OrThrow();
                }

                RequireSaved(answers[^1]);
                return true;
            },
            cancellationToken);

    public Task<UserTraces> LookAsync(string user, CancellationToken cancellationToken) =>
        _connections.UseAsync(
            async connection =>
            {
                var answers = await connection.AskAsync([["ACL", "GETUSER", user], ["CLIENT", "LIST"]], cancellationToken);
                var clients = ClientList.Parse(answers[1].OrThrow().Text).ToArray();
                return new UserTraces(
                    answers[0].OrThrow().Kind != RespKind.Nothing,
                    clients.Count(client => client.User == user),
                    clients.Count(client => IsSetting(client, user)));
            },
            cancellationToken);

    /// <summary>The names of all users.</summary>
    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) =>
        _connections.UseAsync<IReadOnlyList<string>>(
            async connection => (await connection.AskAsync(["ACL", "USERS"], cancellationToken)).Texts
                ?? throw new IOException("users are a list"),
            cancellationToken);

    public Task<NodeFindings> CheckAsync(CancellationToken cancellationToken) =>
        _connections.UseAsync(connection => NodeFindings.ReadAsync(connection, cancellationToken), cancellationToken);

    public void Dispose() => _connections.Dispose();

    private bool IsSetting(ClientConnection client, string user) => client.Name == user && client.User == settings.Username;

    /// <summary>A server without an ACL file keeps users in memory only; there is nothing to save.</summary>
    private static void RequireSaved(RespValue answer)
    {
        if (answer.Kind != RespKind.Error || !answer.Text.Contains("not configured to use an ACL file", StringComparison.Ordinal))
        {
            answer.OrThrow();
        }
    }
}

/// <param name="Exists">Whether the user exists.</param>
/// <param name="Connections">How many connections are the user's.</param>
/// <param name="Settings">How many connections may still be about to set it.</param>
internal readonly record struct UserTraces(bool Exists, int Connections, int Settings)
{
    public bool None => !Exists && Connections == 0 && Settings == 0;
}
