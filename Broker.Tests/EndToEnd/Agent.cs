using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>A workload at the API, without a client library between.</summary>
internal sealed class Agent
{
    private Agent(CallInvoker calls, string token)
    {
        Calls = calls;
        Token = token;
        Tasks = new Proto.TaskService.TaskServiceClient(calls);
        Leases = new Proto.LeaseService.LeaseServiceClient(calls);
    }

    public CallInvoker Calls { get; }

    /// <summary>Its proof of identity.</summary>
    public string Token { get; }

    public Proto.TaskService.TaskServiceClient Tasks { get; }

    public Proto.LeaseService.LeaseServiceClient Leases { get; }

    public static Agent At(GrpcChannel channel, string token) => new(
        channel.Intercept(metadata =>
        {
            metadata.Add("authorization", $"Bearer {token}");
            return metadata;
        }),
        token);

    public async Task<string> StartTaskAsync(string id = "", TimeSpan? lifetime = null)
    {
        var started = await Tasks.StartTaskAsync(
            new Proto.StartTaskRequest { TaskId = id, Purpose = "a test", Lifetime = lifetime?.ToDuration() });
        return started.Task.TaskId;
    }

    public AsyncUnaryCall<Proto.IssueLeaseResponse> IssueAsync(
        string task,
        string resource,
        TimeSpan? timeToLive = null,
        string requestId = "",
        string tool = "",
        Proto.CredentialRequest? credential = null,
        CancellationToken cancellationToken = default) => Leases.IssueLeaseAsync(
            Request(task, resource, timeToLive, requestId, tool, credential), cancellationToken: cancellationToken);

    public async Task<Proto.Lease> GetAsync(string lease) =>
        (await Leases.GetLeaseAsync(new Proto.GetLeaseRequest { LeaseId = lease })).Lease;

    public AsyncUnaryCall<Proto.CompleteTaskResponse> CompleteAsync(
        string task, Proto.TaskOutcome outcome = Proto.TaskOutcome.Succeeded, TimeSpan? within = null) => Tasks.CompleteTaskAsync(
            new Proto.CompleteTaskRequest { TaskId = task, Outcome = outcome },
            deadline: within is { } limit ? TimeProvider.System.GetUtcNow().UtcDateTime + limit : null);

    /// <summary>
    /// With a deadline that does not wait for a target that hangs. The answer comes half a second before it, so a machine that stands still
    /// may miss it, and is asked again.
    /// </summary>
    public async Task<Proto.CompleteTaskResponse> CompleteInTimeAsync(string task, Proto.TaskOutcome outcome = Proto.TaskOutcome.Succeeded)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await CompleteAsync(task, outcome, attempt * TimeSpan.FromSeconds(3));
            }
            catch (RpcException late) when (late.StatusCode == StatusCode.DeadlineExceeded && attempt < 3)
            {
            }
        }
    }

    public async Task<Proto.Lease> RevokeAsync(string lease) =>
        (await Leases.RevokeLeaseAsync(new Proto.RevokeLeaseRequest { LeaseId = lease })).Lease;

    public static Proto.IssueLeaseRequest Request(
        string task,
        string resource,
        TimeSpan? timeToLive = null,
        string requestId = "",
        string tool = "",
        Proto.CredentialRequest? credential = null) => new()
        {
            TaskId = task,
            Intent = new Proto.Intent
            {
                Action = "read",
                Resource = resource,
                Tool = tool,
                Purpose = "a test",
                TimeToLive = timeToLive?.ToDuration(),
            },
            Credential = credential,
            RequestId = requestId,
        };
}
