namespace SecretsBroker.Tests.Leases.Redis;

/// <summary>Waits for what another process or thread brings about.</summary>
internal static class Eventually
{
    public static Task HoldsAsync(Func<bool> condition) => HoldsAsync(() => Task.FromResult(condition()));

    public static async Task HoldsAsync(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(3));
        while (!await condition())
        {
            Assert.That(limit.IsCancellationRequested, Is.False, "did not happen within three minutes");
            await Task.Delay(10);
        }
    }
}
