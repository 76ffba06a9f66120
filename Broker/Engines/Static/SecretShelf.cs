using System.Security.Cryptography;
using System.Text.Json;
using SecretsBroker.Engines.Encryption;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Static;

/// <summary>
/// One target's kept secrets: read and changed in the store, sealed and opened with the target's keys. Every value is bound to its target, name and
/// version, so that one which was moved does not open.
/// </summary>
internal sealed class SecretShelf(string target, KeyRing keys, IStaticSecretStore store, TimeProvider time)
{
    private const int MaxAttempts = 20;

    public string Target => target;

    public async ValueTask<KeptSecret> FindAsync(string name, CancellationToken cancellationToken) =>
        await GuardedAsync(() => store.FindSecretAsync(target, name, cancellationToken), cancellationToken) is { } stored
            ? Read(stored)
            : KeptSecret.None;

    public async ValueTask<IReadOnlyDictionary<string, KeptSecret>> ListAsync(CancellationToken cancellationToken)
    {
        var all = await GuardedAsync(() => store.ListSecretsAsync(target, cancellationToken), cancellationToken);
        return all.ToDictionary(stored => stored.Name, Read);
    }

    public ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken) =>
        GuardedAsync(() => store.GetTimeAsync(cancellationToken), cancellationToken);

    /// <summary>
    /// Changes a secret; asks again when another broker was faster. A write that has begun is waited for, whoever gives up meanwhile: it may take
    /// effect.
    /// </summary>
    /// <param name="name">Which.</param>
    /// <param name="change">From what it is to what it becomes; null changes nothing.</param>
    /// <param name="cancellationToken">Stops before a write.</param>
    /// <returns>As it is now, and whether it was changed.</returns>
    public async ValueTask<(KeptSecret Secret, bool IsChanged)> ChangeAsync(
        string name, Func<KeptSecret, ValueTask<KeptSecret?>> change, CancellationToken cancellationToken)
    {
        for (var attempt = 1; attempt <= MaxAttempts; attempt++)
        {
            var stored = await GuardedAsync(() => store.FindSecretAsync(target, name, cancellationToken), cancellationToken);
            var present = stored is null ? KeptSecret.None : Read(stored);
            if (await change(present) is not { } next)
            {
                return (present, false);
            }

            cancellationToken.ThrowIfCancellationRequested();
            var written = new StoredSecret(name, RandomNumberGenerator.GetHexString(16, lowercase: true), next.Write());
            if (await GuardedAsync(() => store.ReplaceSecretAsync(target, written, stored?.Revision, CancellationToken.None), cancellationToken))
            {
                return (next, true);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(1, 10 * attempt)), time, cancellationToken);
        }

        throw new EngineException($"target {target}: secret {name} is changed too often by others", isTransient: true);
    }

    public async ValueTask<string> SealAsync(string name, int number, SecretFields fields, CancellationToken cancellationToken)
    {
        using var buffer = new WipedBuffer();
        fields.Write(buffer);
        if (buffer.Written.Length > SecretFields.MaxBytes)
        {
            throw new EngineException($"target {target}: the value of secret {name} is larger than {SecretFields.MaxBytes} bytes", isTransient: false);
        }

        using var plain = new Secret(buffer.Written.ToArray());
        return (await keys.SealAsync(plain.Memory, ContextOf(name, number), cancellationToken)).ToString();
    }

    /// <exception cref="EngineException">It was destroyed, or cannot be opened.</exception>
    public async ValueTask<SecretFields> OpenAsync(string name, SecretVersion version, CancellationToken cancellationToken)
    {
        if (!SealedValue.TryParse(version.Value, out var value))
        {
            throw new EngineException($"target {target}: version {version.Number} of secret {name} is destroyed", isTransient: false);
        }

        using var plain = await keys.OpenAsync(value, ContextOf(name, version.Number), cancellationToken);
        return SecretFields.TryRead(plain.Bytes)
            ?? throw new EngineException($"target {target}: version {version.Number} of secret {name} is not what was stored", isTransient: false);
    }

    /// <summary>The id of the key that new values are sealed with.</summary>
    public ValueTask<string> ReadKeyIdAsync(CancellationToken cancellationToken) => keys.ReadCurrentIdAsync(cancellationToken);

    /// <summary>The same, read again from where it comes from.</summary>
    public Task<string> ReadKeyIdAgainAsync(CancellationToken cancellationToken) => keys.ReadCurrentIdAgainAsync(cancellationToken);

    private string ContextOf(string name, int number) => $"static/{target}/{name}/{number}";

    private KeptSecret Read(StoredSecret stored)
    {
        try
        {
            return KeptSecret.Read(stored.Content);
        }
        catch (JsonException)
        {
            throw new EngineException($"target {target}: what is stored as secret {stored.Name} is none", isTransient: false);
        }
    }

    private async ValueTask<T> GuardedAsync<T>(Func<ValueTask<T>> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        try
        {
            return await call();
        }
        catch (StoreException e)
        {
            throw new EngineException($"the kept secrets of target {target} cannot be reached", e.IsTransient, e);
        }
    }
}
