using SecretsBroker.Intents;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Simulation;

/// <summary>Results in a few words, for the history.</summary>
internal static class Words
{
    public static string Of(object? result) => result switch
    {
        null => "nothing",
        Lease lease => Of(lease),
        ReserveResult reserved => $"{reserved.Status} {Of((object?)reserved.Lease)}{(reserved.Replaced is null ? "" : $", replaces {Of(reserved.Replaced)}")}",
        ActivateResult activated => $"{activated.Status} {Of((object?)activated.Lease)}",
        RenewResult renewed => $"{renewed.Status} {Of((object?)renewed.Lease)}",
        MarkGoneResult marked => $"{marked.Status} {Of((object?)marked.Lease)}",
        EndTaskResult ended => $"{ended.Status} {Of(ended.Leases)}",
        StartTaskResult started => $"{started.Status} {started.Task?.Key.Id}",
        AgentTask task => $"{task.Key.Id} {task.Outcome}",
        EndPage page => Of(page.Ended),
        LeasePage page => $"{page.Leases.Count} leases",
        LivePage page => Of(page.Leases.Select(live => live.Lease)),
        TargetBacklog backlog => $"{backlog.Target}: {backlog.Live} live, {backlog.Due} due",
        DateTimeOffset time => $"{time:mm:ss.fff}",
        TaskBeat beat => $"{beat.Task.Id} {beat.Outcome} {beat.Revision}",
        IEnumerable<TargetBacklog> backlogs => string.Join("; ", backlogs.OrderBy(backlog => backlog.Target).Select(backlog => Of(backlog))),
        IEnumerable<Lease> leases => string.Join("; ", leases.Select(Of)),
        IEnumerable<EndTaskResult> ends => string.Join("; ", ends.Select(end => Of(end))),
        IEnumerable<TaskBeat> beats => string.Join("; ", beats.Select(beat => Of(beat))),
        _ => result.ToString() ?? "",
    };

    private static string Of(Lease lease)
    {
        var ended = lease.EndTime is { } end ? $" {lease.Cause} at {end:mm:ss.fff}" : "";
        var gone = lease.GoneTime is { } proof ? $", gone {proof:mm:ss.fff}" : "";
        var taken = lease.TakenOver ? ", taken over" : "";
        return $"{lease.Id} {lease.State}{ended}, settles {lease.SettleTime:mm:ss.fff}, expires {lease.ExpireTime:mm:ss.fff}, "
            + $"fence {lease.Fence}{gone}{taken}";
    }
}
