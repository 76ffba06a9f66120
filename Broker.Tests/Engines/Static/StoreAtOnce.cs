using SecretsBroker.Engines.Static;

namespace SecretsBroker.Tests.Engines.Static;

/// <summary>A store that tells so many of the time at once, and counts what is written.</summary>
internal sealed class StoreAtOnce(IStaticSecretStore store, int askers) : IStaticSecretStore
{
    private readonly TaskCompletionSource _allAsked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _asked;
    private int _written;

    public int Written => Volatile.Read(ref _written);

    public async ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _asked) == askers)
        {
            _allAsked.SetResult();
        }

        await _allAsked.Task.WaitAsync(cancellationToken);
        return await store.GetTimeAsync(cancellationToken);
    }

    public ValueTask<StoredSecret?> FindSecretAsync(string target, string name, CancellationToken cancellationToken) =>
        store.FindSecretAsync(target, name, cancellationToken);

    public ValueTask<IReadOnlyList<StoredSecret>> ListSecretsAsync(string target, CancellationToken cancellationToken) =>
        store.ListSecretsAsync(target, cancellationToken);

    public async ValueTask<bool> ReplaceSecretAsync(string target, StoredSecret secret, string? expected, CancellationToken cancellationToken)
    {
        var isWritten = await store.ReplaceSecretAsync(target, secret, expected, cancellationToken);
        if (isWritten)
        {
            Interlocked.Increment(ref _written);
        }

        return isWritten;
    }
}
