using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Net.Client;
using SecretsBroker.V1;
using Task = System.Threading.Tasks.Task;

namespace SecretsBroker.Benchmarks.Issue;

/// <summary>One caller: an identity, a connection of its own, and the calls that are measured.</summary>
internal sealed class Agent : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    // The public key of RFC 7517's first example: that a token is bound to a key is part of its price, whose key it is not.
    private const string Key =
        """{"kty":"EC","crv":"P-256","x":"MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4","y":"4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM"}""";

    private readonly GrpcChannel _channel;
    private readonly Metadata _metadata;
    private readonly TaskService.TaskServiceClient _tasks;
    private readonly LeaseService.LeaseServiceClient _leases;
    private readonly KillSwitchService.KillSwitchServiceClient _kills;

    public Agent(Uri address, string token)
    {
        _channel = GrpcChannel.ForAddress(address);
        _metadata = new Metadata { { "authorization", $"Bearer {token}" } };
        _tasks = new TaskService.TaskServiceClient(_channel);
        _leases = new LeaseService.LeaseServiceClient(_channel);
        _kills = new KillSwitchService.KillSwitchServiceClient(_channel);
    }

    public static CredentialRequest BoundToken { get; } = new() { AccessToken = new AccessTokenRequest { JsonWebKey = Key } };

    public static CredentialRequest Role { get; } = new() { Postgres = new PostgresRequest() };

    public async Task ListNothingAsync()
    {
        var answer = await _leases.ListLeasesAsync(new ListLeasesRequest { PageSize = 1 }, Options());
        if (answer.Leases.Count > 0)
            throw new InvalidOperationException("The empty call found something.");
    }

    /// <summary>A secret for a task that is opened with it; then the task is completed, and its secret proven gone.</summary>
    public async Task IssueAndCompleteAsync(string resource, CredentialRequest credential) =>
        await CompleteAsync(await IssueAsync(resource, credential));

    /// <summary>A secret for a task that is opened with it.</summary>
    public async Task<Lease> IssueAsync(string resource, CredentialRequest credential)
    {
        var issued = await _leases.IssueLeaseAsync(
            new IssueLeaseRequest
            {
                NewTask = new NewTask { Initiator = "carol@example.org" },
                Intent = new Intent
                {
                    Action = BenchmarkCatalog.Action,
                    Resource = resource,
                    Tool = "reporter",
                    Purpose = "add up the month's invoices",
                },
                Credential = credential,
            },
            Options());
        return issued.Lease;
    }

    /// <summary>Completes the task of its one lease, and waits until that is proven gone.</summary>
    public async Task CompleteAsync(Lease lease)
    {
        var completed = await _tasks.CompleteTaskAsync(
            new CompleteTaskRequest { TaskId = lease.TaskId, Outcome = TaskOutcome.Succeeded }, Options());
        if (completed.LeaseEnds is not [var end] || end.LeaseId != lease.LeaseId)
            throw new InvalidOperationException("The task did not end with its one lease.");
        if (end.Status != LeaseEndStatus.Gone)
            await WaitUntilGoneAsync(end.LeaseId);
    }

    public async Task<string> OpenTaskAsync()
    {
        var started = await _tasks.StartTaskAsync(new StartTaskRequest { Purpose = "add up the month's invoices" }, Options());
        return started.Task.TaskId;
    }

    /// <summary>A secret that is kept.</summary>
    public async Task IssueAsync(string task, string resource, CredentialRequest credential, TimeSpan timeToLive) =>
        await _leases.IssueLeaseAsync(
            new IssueLeaseRequest
            {
                TaskId = task,
                Intent = new Intent
                {
                    Action = BenchmarkCatalog.Action,
                    Resource = resource,
                    Purpose = "add up the month's invoices",
                    TimeToLive = timeToLive.ToDuration(),
                },
                Credential = credential,
            },
            Options());

    public AsyncServerStreamingCall<KillResponse> Kill(KillRequest request, TimeSpan limit) =>
        _kills.Kill(request, new CallOptions(_metadata, TimeProvider.System.GetUtcNow().UtcDateTime + limit));

    public void Dispose() => _channel.Dispose();

    // A sweep may have been faster with the claim: then the answer does not say it yet.
    private async Task WaitUntilGoneAsync(string lease)
    {
        for (var i = 0; i < 1000; i++)
        {
            var now = await _leases.GetLeaseAsync(new GetLeaseRequest { LeaseId = lease }, Options());
            if (now.Lease.State == LeaseState.Revoked)
                return;
            await Task.Delay(TimeSpan.FromMilliseconds(1));
        }

        throw new TimeoutException("A lease is not revoked.");
    }

    private CallOptions Options() => new(_metadata, TimeProvider.System.GetUtcNow().UtcDateTime + Limit);
}
