using SecretsBroker.Engines.Static;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <content>Kept secrets, as their engine has encrypted them; those of a target stand together.</content>
internal sealed partial class RedisLeaseStore : IStaticSecretStore
{
    public async ValueTask<StoredSecret?> FindSecretAsync(string target, string name, CancellationToken cancellationToken)
    {
        var key = _keys.OfTarget(target).StaticSecrets(target);
        var value = await _connection.CallAsync(
            "find-static", redis => redis.HashGetAsync(key, name, CommandFlags.DemandMaster), cancellationToken);
        return value.IsNull ? null : ReadSecret(name, (string)value!);
    }

    public async ValueTask<IReadOnlyList<StoredSecret>> ListSecretsAsync(string target, CancellationToken cancellationToken)
    {
        var key = _keys.OfTarget(target).StaticSecrets(target);
        var entries = await _connection.CallAsync(
            "list-static", redis => redis.HashGetAllAsync(key, CommandFlags.DemandMaster), cancellationToken);
        return [.. entries.Select(entry => ReadSecret((string)entry.Name!, (string)entry.Value!))];
    }

    public async ValueTask<bool> ReplaceSecretAsync(string target, StoredSecret secret, string? expected, CancellationToken cancellationToken)
    {
        var shard = _keys.OfTarget(target);
        var written = await RunAsync(
            RedisScripts.ReplaceStatic,
            shard,
            [shard.StaticSecrets(target)],
            [secret.Name, expected ?? "", secret.Revision, secret.Content],
            cancellationToken);
        return (long)written == 1;
    }

    private static StoredSecret ReadSecret(string name, string value)
    {
        var space = value.IndexOf(' ', StringComparison.Ordinal);
        return new StoredSecret(name, value[..space], value[(space + 1)..]);
    }
}
