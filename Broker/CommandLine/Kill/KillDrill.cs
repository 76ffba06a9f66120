using System.Diagnostics;
using System.Security.Cryptography;
using Grpc.Core;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.CommandLine.Kill;

/// <summary>
/// A kill that hurts nobody: leases for a task of its own, an order on that task, and a clock. What it has made is taken back whatever
/// happens in between.
/// </summary>
internal sealed class KillDrill(RemoteBroker broker, string action, string resource, DrillCredential credential)
{
    private const int AtOnce = 8;
    private const string Purpose = "kill drill";

    private readonly string _task = "drill-" + RandomNumberGenerator.GetHexString(16, lowercase: true);
    private string? _order;

    /// <returns>Whether issuing stopped and all is proven gone.</returns>
    /// <exception cref="RemoteException">The broker could not be asked, or refused.</exception>
    public async Task<bool> RunAsync(int count, TimeSpan wait, CancellationToken cancellationToken)
    {
        var owner = await StartAsync(cancellationToken);
        try
        {
            await IssueAsync(count, cancellationToken);
            var killed = await KillAsync(owner, wait, cancellationToken);
            return Report(count, killed);
        }
        finally
        {
            // Not with the caller's token: whoever interrupts a drill leaves nothing behind either.
            await CleanUpAsync();
        }
    }

    private async Task<string> StartAsync(CancellationToken cancellationToken)
    {
        var started = await broker.CallAsync(
            (channel, options) => new TaskService.TaskServiceClient(channel).StartTaskAsync(
                new StartTaskRequest { TaskId = _task, Purpose = Purpose }, options),
            cancellationToken);
        return started.Task.Owner;
    }

    private async Task IssueAsync(int count, CancellationToken cancellationToken)
    {
        var (issued, counting) = (0, new Lock());
        await Parallel.ForEachAsync(
            Enumerable.Range(0, count),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (_, cancelled) =>
            {
                await IssueOneAsync(cancelled);
                // The line is written with it: what comes out counts upwards.
                lock (counting)
                {
                    Output.Passing($"  {++issued} of {count} leases issued");
                }
            });
    }

    private Task<IssueLeaseResponse> IssueOneAsync(CancellationToken cancellationToken) => broker.CallAsync(
        (channel, options) => new LeaseService.LeaseServiceClient(channel).IssueLeaseAsync(
            new IssueLeaseRequest
            {
                TaskId = _task,
                Intent = new Intent { Action = action, Resource = resource, Purpose = Purpose },
                Credential = credential.Create(),
            },
            options),
        cancellationToken);

    private async Task<Killed> KillAsync(string owner, TimeSpan wait, CancellationToken cancellationToken)
    {
        var request = new KillRequest
        {
            Selector = new KillSelector { Task = new TaskSelector { Owner = owner, TaskId = _task } },
            Reason = Purpose,
        };
        var killed = new Killed();
        var asking = Task.FromResult(false);
        var start = Stopwatch.GetTimestamp();
        await broker.ReadAsync(
            (channel, options) => new KillSwitchService.KillSwitchServiceClient(channel).Kill(request, options),
            response =>
            {
                if (response.EventCase == KillResponse.EventOneofCase.IssuingStopped)
                {
                    killed.Stopped = Stopwatch.GetElapsedTime(start);
                    _order = response.IssuingStopped.Order.OrderId;
                    asking = IsRefusedAsync(cancellationToken);
                }
                else if (response.EventCase == KillResponse.EventOneofCase.Done)
                {
                    killed.Done = response.Done;
                }
            },
            wait,
            cancellationToken);
        killed.Refused = await asking;
        return killed;
    }

    /// <summary>Whether a request that begins after the answer is refused for the order's sake.</summary>
    private async Task<bool> IsRefusedAsync(CancellationToken cancellationToken)
    {
        try
        {
            await IssueOneAsync(cancellationToken);
            return false;
        }
        catch (RemoteException e) when (e.StatusCode == StatusCode.PermissionDenied)
        {
            return true;
        }
    }

    private static bool Report(int count, Killed killed)
    {
        var progress = killed.Done?.Progress ?? new KillProgress();
        Output.Line($"leases killed                 {progress.Ended} of {count}");
        Output.Line($"until issuing had stopped     {killed.Stopped.TotalMilliseconds:0} ms, as seen from here");
        Output.Line($"a request after that          {(killed.Refused ? "refused" : "WAS SERVED")}");
        Output.Line($"until the first was proven    {KillText.Of(progress.FirstGone)}");
        Output.Line($"until the last was proven     {(progress.Revoking == 0 ? KillText.Of(progress.LastGone) : $"{progress.Revoking} ARE NOT YET")}");
        var works = killed is { Refused: true, Done.AllGone: true } && progress.Ended == count;
        if (works)
        {
            Output.Good("The kill switch works.");
        }
        else
        {
            Output.Faults("The kill switch does not do what it should:", ["see what is written in capitals, and the broker's log"]);
        }

        return works;
    }

    private async Task CleanUpAsync()
    {
        try
        {
            if (_order is { } order)
            {
                var lifted = await broker.CallAsync(
                    (channel, options) => new KillSwitchService.KillSwitchServiceClient(channel).LiftKillOrderAsync(
                        new LiftKillOrderRequest { OrderId = order }, options),
                    CancellationToken.None);
                if (!lifted.Lifted)
                {
                    Output.Line($"Another operator has to confirm: broker kill lift {order}. It covers the drill's own task and nothing else.");
                }
            }

            await broker.CallAsync(
                (channel, options) => new TaskService.TaskServiceClient(channel).CompleteTaskAsync(
                    new CompleteTaskRequest { TaskId = _task, Outcome = TaskOutcome.Succeeded }, options),
                CancellationToken.None);
        }
        catch (RemoteException e)
        {
            Output.Faults("The drill could not clean up after itself; its leases end by their time:", [e.Message]);
        }
    }

    private sealed class Killed
    {
        public TimeSpan Stopped { get; set; }

        public bool Refused { get; set; }

        public KillDone? Done { get; set; }
    }
}
