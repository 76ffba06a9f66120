namespace SecretsBroker.Engines.Static;

/// <summary>
/// Gives a kept secret another value at its target. The new value is stored before the target is told of it, and the one before is destroyed after
/// the target has taken it: whatever step is the last before a crash, the next try goes on with the same value. One broker does it at a time.
/// </summary>
internal sealed partial class SecretRotation(
    SecretShelf shelf, RotationSettings settings, RotationHook hook, TimeSpan claim, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LastLook = TimeSpan.FromMilliseconds(500);

    /// <summary>Returns when no ended lease's holder knows the current value any more, whoever has seen to it.</summary>
    /// <exception cref="EngineException">The target has not taken the new value.</exception>
    public async Task SettleAsync(string name, string lease, CancellationToken cancellationToken)
    {
        var delay = FirstLook;
        while (true)
        {
            var secret = await shelf.FindAsync(name, cancellationToken);
            if (!secret.IsRotationOwed)
            {
                return;
            }

            if (await TryRotateAsync(name, lease, isOwed: true, cancellationToken) is not null)
            {
                return;
            }

            // Another broker, or another lease's end, is about it.
            await Task.Delay(delay, time, cancellationToken);
            delay = delay * 2 < LastLook ? delay * 2 : LastLook;
        }
    }

    /// <returns>The new version; null when somebody else rotates it now.</returns>
    /// <param name="name">Which.</param>
    /// <param name="lease">Whose end is the reason; empty when there is none.</param>
    /// <param name="isOwed">Only when an ended lease owes it.</param>
    /// <param name="cancellationToken">Stops it; what was begun the next try ends.</param>
    public async Task<int?> TryRotateAsync(string name, string lease, bool isOwed, CancellationToken cancellationToken)
    {
        var now = await shelf.GetTimeAsync(cancellationToken);
        var (begun, isMine) = await shelf.ChangeAsync(name, secret => BeginAsync(name, secret, now, isOwed, cancellationToken), cancellationToken);
        if (!isMine || begun.Pending is not { } pending || begun.Claim is not { } mine)
        {
            return null;
        }

        SecretFields? own;
        try
        {
            own = await RunAsync(name, begun, pending, lease, cancellationToken);
        }
        catch
        {
            await GiveBackAsync(name, mine);
            throw;
        }

        using (own)
        {
            var value = own is null ? null : await shelf.SealAsync(name, pending.Number, own, CancellationToken.None);
            // Not stopped any more: the target has the new value, and whoever comes next needs it.
            var (_, isFinished) = await shelf.ChangeAsync(
                name,
                secret => ValueTask.FromResult(IsStill(secret, mine) ? secret.FinishRotation(value, now) : null),
                CancellationToken.None);
            if (!isFinished)
            {
                return null;
            }
        }

        LogRotated(logger, shelf.Target, name, pending.Number);
        return pending.Number;
    }

    private async ValueTask<KeptSecret?> BeginAsync(
        string name, KeptSecret secret, DateTimeOffset now, bool isOwed, CancellationToken cancellationToken)
    {
        if (secret.IsClaimed(now) || (isOwed && !secret.IsRotationOwed))
        {
            return null;
        }

        if (secret.Pending is not null)
        {
            return secret.BeginRotation(now + claim, pending: null);
        }

        using var present = secret.Current is { } version ? await shelf.OpenAsync(name, version, cancellationToken) : null;
        using var next = SecretFields.Renewed(present, settings.Fields, settings.Length);
        var value = await shelf.SealAsync(name, secret.NextNumber, next, cancellationToken);
        return secret.BeginRotation(now + claim, new SecretVersion(secret.NextNumber, VersionState.Pending, value, now));
    }

    private async Task<SecretFields?> RunAsync(
        string name, KeptSecret secret, SecretVersion pending, string lease, CancellationToken cancellationToken)
    {
        using var current = secret.Current is { } version ? await shelf.OpenAsync(name, version, cancellationToken) : null;
        using var proposed = await shelf.OpenAsync(name, pending, cancellationToken);
        return await hook.RunAsync(name, pending.Number, lease, current, proposed, cancellationToken);
    }

    /// <summary>So that the next try need not wait; if it does not succeed, the claim ends by itself.</summary>
    private async Task GiveBackAsync(string name, RotationClaim mine)
    {
        try
        {
            var now = await shelf.GetTimeAsync(CancellationToken.None);
            await shelf.ChangeAsync(
                name, secret => ValueTask.FromResult(IsStill(secret, mine) ? secret.GiveBackClaim(now) : null), CancellationToken.None);
        }
        catch (EngineException)
        {
            // What made the rotation fail is told; this would hide it.
        }
    }

    private static bool IsStill(KeptSecret secret, RotationClaim mine) => secret.Claim?.Fence == mine.Fence && secret.Pending is not null;

    [LoggerMessage(LogLevel.Information, "Secret {Secret} of target {Target} has another value: version {Version}")]
    private static partial void LogRotated(ILogger logger, string target, string secret, int version);
}
