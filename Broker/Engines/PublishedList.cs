namespace SecretsBroker.Engines;

/// <summary>
/// What is published of a target's deny list, in one form. Built once a version of the list, and anew when it has grown old: who asks for
/// what did not change costs one small read of the store, however long the list is.
/// </summary>
/// <param name="denyList">Of the target.</param>
/// <param name="renewAfter">After this, entries whose time is over are left out at last.</param>
/// <param name="time">By which it grows old.</param>
internal sealed class PublishedList<T>(DenyListing denyList, TimeSpan renewAfter, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _building = new(1);
    private Built? _last;

    /// <summary>The list as it now is.</summary>
    /// <param name="build">Writes the form.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="EngineException">The deny list cannot be read: nothing old is given in its place.</exception>
    public async ValueTask<T> ReadAsync(Func<DenyListSnapshot, T> build, CancellationToken cancellationToken)
    {
        if (FindCurrent(await denyList.ReadVersionAsync(cancellationToken)) is { } current)
        {
            return current.List;
        }

        await _building.WaitAsync(cancellationToken);
        try
        {
            // Those who waited for a build that already saw the newest entry need none of their own.
            return (FindCurrent(await denyList.ReadVersionAsync(cancellationToken)) ??
                (_last = Build(build, await denyList.ReadAsync(cancellationToken)))).List;
        }
        finally
        {
            _building.Release();
        }
    }

    public void Dispose() => _building.Dispose();

    private Built? FindCurrent(long version) =>
        _last is { } last && last.Version == version && time.GetUtcNow() < last.BuildTime + renewAfter ? last : null;

    private Built Build(Func<DenyListSnapshot, T> build, DenyListSnapshot snapshot) =>
        new(snapshot.Version, time.GetUtcNow(), build(snapshot));

    private sealed record Built(long Version, DateTimeOffset BuildTime, T List);
}
