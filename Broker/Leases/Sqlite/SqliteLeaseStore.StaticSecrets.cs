using System.Data.Common;
using SecretsBroker.Engines.Static;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>Kept secrets, as their engine has encrypted them.</summary>
internal sealed partial class SqliteLeaseStore : IStaticSecretStore
{
    public ValueTask<StoredSecret?> FindSecretAsync(string target, string name, CancellationToken cancellationToken) =>
        _database.ReadAsync(session => session.First(Sql.FindStaticSecret, ReadSecret, target, name), cancellationToken);

    public ValueTask<IReadOnlyList<StoredSecret>> ListSecretsAsync(string target, CancellationToken cancellationToken) =>
        _database.ReadAsync<IReadOnlyList<StoredSecret>>(session => session.All(Sql.StaticSecrets, ReadSecret, target), cancellationToken);

    public ValueTask<bool> ReplaceSecretAsync(string target, StoredSecret secret, string? expected, CancellationToken cancellationToken) =>
        _database.WriteAsync(
            session =>
            {
                var present = session.First(Sql.FindStaticSecret, ReadSecret, target, secret.Name)?.Revision;
                if (present == secret.Revision)
                {
                    return true;
                }

                return present == expected
                    && session.Execute(Sql.WriteStaticSecret, target, secret.Name, secret.Revision, secret.Content) > 0;
            },
            cancellationToken);

    private static StoredSecret ReadSecret(DbDataReader row) => new(row.GetString(0), row.GetString(1), row.GetString(2));
}
