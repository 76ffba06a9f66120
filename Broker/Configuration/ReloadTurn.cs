namespace SecretsBroker.Configuration;

/// <summary>One reload at a time: catalogue and policies are held against each other, and neither may change meanwhile.</summary>
internal sealed class ReloadTurn : IDisposable
{
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <returns>To be disposed when the turn is over.</returns>
    public async Task<IDisposable> TakeAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        return new Turn(_one);
    }

    public void Dispose() => _one.Dispose();

    private sealed class Turn(SemaphoreSlim one) : IDisposable
    {
        public void Dispose() => one.Release();
    }
}
