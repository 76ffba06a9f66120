using SecretsBroker.Approvals;
using SecretsBroker.Behaviour;
using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents.Delegations;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>The lease store of a single broker, in one file. Its clock is the broker's own.</summary>
/// <remarks>
/// Every change reads a row, lets <see cref="LeaseRow"/> decide, and writes the row and its counters, in one transaction. There is one
/// shard: one connection writes, so that more of them would only divide the work of one sweep.
/// </remarks>
internal sealed partial class SqliteLeaseStore(SqliteStoreOptions options, TimeProvider clock)
    : ILeaseStore, IDelegationStore, IDenyList, IReplayStore, IApprovalStore, ISignalStore
{
    private readonly SqliteDatabase _database = new(options, shards: 1);

    public int ShardCount => 1;

    public ValueTask<IReadOnlyList<StoreFinding>> CheckAsync(CancellationToken cancellationToken)
    {
        var findings = new List<StoreFinding>();
        try
        {
            _database.Open();
        }
        catch (StoreException refused)
        {
            findings.Add(new StoreFinding(Refuse: true, refused.Message));
        }

        if (options.Path == SqliteStoreOptions.InMemory)
        {
            findings.Add(new StoreFinding(
                Refuse: false, "the lease store lives in memory: what is live when the broker stops is forgotten", MayForget: true));
        }
        else if (!options.Durable)
        {
            findings.Add(new StoreFinding(
                Refuse: false, "the lease store is not durable: a power cut may forget live leases; set Durable to true", MayForget: true));
        }

        return ValueTask.FromResult<IReadOnlyList<StoreFinding>>(findings);
    }

    public ValueTask<DateTimeOffset> GetTimeAsync(CancellationToken cancellationToken) => _database.ReadAsync(
        session =>
        {
            session.First(Sql.Shards, row => row.GetInt64(0));
            return Now();
        },
        cancellationToken);

    public ValueTask DisposeAsync() => _database.DisposeAsync();

    private DateTimeOffset Now() => Instants.Now(clock);

    /// <summary>Reads a lease, lets it become what <paramref name="change"/> makes of it, and writes that. Null when unknown.</summary>
    private ValueTask<TResult> ChangeAsync<TResult>(
        LeaseId id, TResult unknown, Func<Session, LeaseRow, DateTimeOffset, (LeaseRow After, TResult Result)> change,
        CancellationToken cancellationToken) => _database.WriteAsync(
        session =>
        {
            if (LeaseTable.Find(session, id) is not { } before)
            {
                return unknown;
            }

            var (after, result) = change(session, before, Now());
            LeaseTable.Update(session, before, after);
            return result;
        },
        cancellationToken);
}
