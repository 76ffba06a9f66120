using SecretsBroker.Engines.Commands;

namespace SecretsBroker.Engines.Static;

/// <summary>
/// Gives a kept secret another value at its target. The new value is stored before the target is told of it, and the one before is destroyed after
/// the target has taken it: whatever step is the last before a crash, the next try goes on with the same value. One broker does it at a time.
/// </summary>
internal sealed partial class SecretRotation(
    SecretShelf shelf,
    RotationSettings settings,
    RotationCommand command,
    TimeSpan claim,
    CommandLeftovers leftovers,
    TimeProvider time,
    ILogger logger)
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

    /// <returns>The new version; null when somebody else rotates it now, or nothing is left to do.</returns>
    /// <param name="name">Which.</param>
    /// <param name="lease">Whose end is the reason; empty when there is none.</param>
    /// <param name="isOwed">Only when ended leases owe it, or it was begun.</param>
    /// <param name="cancellationToken">Stops it; what was begun the next try ends.</param>
    public async Task<int?> TryRotateAsync(string name, string lease, bool isOwed, CancellationToken cancellationToken)
    {
        // A value of the target's own has to be sealed afterwards: better that this cannot be done now than then.
        await shelf.ReadKeyIdAsync(cancellationToken);
        var now = await shelf.GetTimeAsync(cancellationToken);
        var (begun, isMine) = await shelf.ChangeAsync(name, secret => BeginAsync(name, secret, now, isOwed, cancellationToken), cancellationToken);
        if (!isMine || begun.Pending is not { } pending || begun.Claim is not { } mine)
        {
            return null;
        }

        try
        {
            using var own = await RunAsync(name, begun, pending, lease, cancellationToken);
            if (!await FinishAsync(name, pending, own, mine, now))
            {
                return null;
            }
        }
        catch (CommandException e) when (e.Failure == CommandFailure.Survived)
        {
            // Nobody runs another one beside it before the claim ends by itself, and this broker none before what is left has ended.
            LogSurvived(logger, shelf.Target, name);
            throw;
        }
        catch
        {
            await GiveBackAsync(name, mine);
            throw;
        }

        LogRotated(logger, shelf.Target, name, pending.Number);
        return pending.Number;
    }

    /// <summary>Whether a value can be rotated: it has what is renewed, and stays small enough.</summary>
    public bool Takes(SecretFields fields)
    {
        using var next = SecretFields.Renewed(fields, settings.Fields, settings.Length);
        return settings.Fields.All(fields.Values.ContainsKey) && next.IsSmallEnough;
    }

    private async ValueTask<KeptSecret?> BeginAsync(
        string name, KeptSecret secret, DateTimeOffset now, bool isOwed, CancellationToken cancellationToken)
    {
        if (secret.IsClaimed(now) || (isOwed && !secret.IsUnsettled))
        {
            return null;
        }

        if (leftovers.AreThere(shelf.Target, name))
        {
            // It could set what it was told after the next value is set, and that would then be taken for the target's.
            throw new EngineException(
                $"target {shelf.Target}: some of an earlier command that rotates secret {name} is still running: end it by hand, it is not run beside that",
                isTransient: true);
        }

        if (secret.Pending is not null)
        {
            return secret.BeginRotation(now + claim, pending: null);
        }

        var latest = secret.Latest
            ?? throw new EngineException(
                $"target {shelf.Target}: no value of secret {name} is left to make the next one from: broker secret put {shelf.Target} {name}",
                isTransient: false);
        using var present = await shelf.OpenAsync(name, latest, cancellationToken);
        using var next = SecretFields.Renewed(present, settings.Fields, settings.Length);
        var value = await shelf.SealAsync(name, secret.NextNumber, next, cancellationToken);
        // Opening may have taken long, and what is left of the claim has to be enough for the command.
        var until = await shelf.GetTimeAsync(cancellationToken) + claim;
        return secret.BeginRotation(until, new SecretVersion(secret.NextNumber, VersionState.Pending, value, now));
    }

    private async Task<SecretFields?> RunAsync(
        string name, KeptSecret secret, SecretVersion pending, string lease, CancellationToken cancellationToken)
    {
        using var current = await OpenCurrentAsync(name, secret, cancellationToken);
        using var proposed = await shelf.OpenAsync(name, pending, cancellationToken);
        return await command(name, pending.Number, lease, current, proposed, cancellationToken);
    }

    /// <summary>Where its key is gone the command has to do without, as where it is destroyed.</summary>
    private async Task<SecretFields?> OpenCurrentAsync(string name, KeptSecret secret, CancellationToken cancellationToken)
    {
        try
        {
            return secret.Current is { } version ? await shelf.OpenAsync(name, version, cancellationToken) : null;
        }
        catch (EngineException e)
        {
            LogNotOpened(logger, e, shelf.Target, name, secret.Current!.Number);
            return null;
        }
    }

    /// <summary>
    /// Not stopped any more: the target has the new value, and whoever comes next needs it. One that the target has made is nowhere else, so that the
    /// store is asked as long as nobody else may take over.
    /// </summary>
    private async Task<bool> FinishAsync(string name, SecretVersion pending, SecretFields? own, RotationClaim mine, DateTimeOffset now)
    {
        var value = own is null ? null : await shelf.SealAsync(name, pending.Number, own, CancellationToken.None);
        var started = time.GetTimestamp();
        for (var delay = FirstLook; ; delay = delay * 2 < LastLook ? delay * 2 : LastLook)
        {
            try
            {
                var (secret, isFinished) = await shelf.ChangeAsync(
                    name,
                    present => ValueTask.FromResult(IsStill(present, mine) ? present.FinishRotation(value, now) : null),
                    CancellationToken.None);
                // A write that was reported to have failed may have taken effect.
                return isFinished || (secret.Claim?.Fence == mine.Fence && secret.Current?.Number == pending.Number);
            }
            catch (EngineException e) when (own is not null && e.IsTransient && time.GetElapsedTime(started) < claim)
            {
                await Task.Delay(delay, time, CancellationToken.None);
            }
        }
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

    [LoggerMessage(
        LogLevel.Error,
        "The command that rotates secret {Secret} of target {Target} was killed, and some of it is still running: end it by hand. This broker runs it again after that; another one, or this one after a restart, when the claim ends")]
    private static partial void LogSurvived(ILogger logger, string target, string secret);

    [LoggerMessage(LogLevel.Warning, "Secret {Secret} of target {Target} is rotated without what it was: version {Version} cannot be opened")]
    private static partial void LogNotOpened(ILogger logger, Exception exception, string target, string secret, int version);
}
