using SecretsBroker.Engines.Static;

namespace SecretsBroker.Tests.Engines.Static;

/// <summary>A store whose clock is ahead, so that claims of others are over.</summary>
internal sealed class LaterClock(IStaticSecretStore store, TimeSpan ahead) : IStaticSecretStore
{
    public async ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken) => await store.GetTimeAsync(cancellationToken) + ahead;

    public ValueTask<StoredSecret?> FindSecretAsync(string target, string name, CancellationToken cancellationToken) =>
        store.FindSecretAsync(target, name, cancellationToken);

    public ValueTask<IReadOnlyList<StoredSecret>> ListSecretsAsync(string target, CancellationToken cancellationToken) =>
        store.ListSecretsAsync(target, cancellationToken);

    public ValueTask<bool> ReplaceSecretAsync(string target, StoredSecret secret, string? expected, CancellationToken cancellationToken) =>
        store.ReplaceSecretAsync(target, secret, expected, cancellationToken);
}
