using SecretsBroker.Behaviour;
using SecretsBroker.Identity;

namespace SecretsBroker.Leases.Sqlite;

/// <summary>How workloads have behaved.</summary>
internal sealed partial class SqliteLeaseStore
{
    // A few of those that nothing was heard of any more go with each batch that comes.
    private const int SignalsForgottenAtOnce = 100;

    public ValueTask<IReadOnlyList<SignalWrite>> AddSignalsAsync(
        IReadOnlyList<SignalDelta> deltas, TimeSpan halfLife, CancellationToken cancellationToken) =>
        _database.WriteAsync<IReadOnlyList<SignalWrite>>(
            session =>
            {
                var now = Now();
                session.Execute(Sql.ForgetOldSignals, Instants.Write(now - (halfLife * ISignalStore.HalfLivesKept)), SignalsForgottenAtOnce);
                return [.. deltas.Select(delta => new SignalWrite(Add(session, delta, halfLife, now)))];
            },
            cancellationToken);

    public ValueTask<SignalLevels> ReadSignalsAsync(WorkloadId workload, TimeSpan halfLife, CancellationToken cancellationToken) =>
        _database.ReadAsync(
            session => SignalRow.Find(session, workload.Value)?.Levels(halfLife, Now()) ?? default, cancellationToken);

    public async ValueTask ForgetSignalsAsync(WorkloadId workload, CancellationToken cancellationToken) =>
        await _database.WriteAsync(session => session.Execute(Sql.ForgetSignals, workload.Value), cancellationToken);

    private static SignalLevels Add(Session session, SignalDelta delta, TimeSpan halfLife, DateTimeOffset now)
    {
        var row = (SignalRow.Find(session, delta.Workload.Value) ?? SignalRow.New(now)).Add(delta, halfLife, now);
        row.Write(session, delta.Workload.Value);
        return row.Levels(halfLife, now);
    }
}
