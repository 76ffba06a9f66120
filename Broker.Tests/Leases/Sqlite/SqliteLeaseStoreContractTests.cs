using SecretsBroker.Leases;
using SecretsBroker.Leases.Sqlite;

namespace SecretsBroker.Tests.Leases.Sqlite;

[TestFixture(true)]
[TestFixture(false)]
internal sealed class SqliteLeaseStoreContractTests(bool inMemory) : LeaseStoreContract
{
    private readonly ManualTime _time = new();
    private readonly TemporaryFolder _folder = new();

    protected override TimeSpan Unit => TimeSpan.FromMinutes(1);

    protected override Task<ILeaseStore> OpenAsync() => Task.FromResult<ILeaseStore>(new SqliteLeaseStore(
        new SqliteStoreOptions
        {
            Path = inMemory ? SqliteStoreOptions.InMemory : _folder.NewFile(),
            Retention = Retention,
            Durable = false,
        },
        _time));

    protected override Task ReachAsync(DateTimeOffset instant)
    {
        var left = instant - _time.GetUtcNow();
        _time.Advance(left > TimeSpan.Zero ? left : TimeSpan.Zero);
        return Task.CompletedTask;
    }

    [OneTimeTearDown]
    public void Delete() => _folder.Dispose();
}
