using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using SecretsBroker.Catalog;
using SecretsBroker.Engine.V1;
using SecretsBroker.Leases;
using Lease = SecretsBroker.Leases.Lease;
using Protocol = SecretsBroker.Engine.V1;
using Target = SecretsBroker.Catalog.Target;

namespace SecretsBroker.Engines.External;

/// <summary>
/// Asks an engine in a process of its own. It is told what belongs to the call and to its own target; what it answers is checked, and what it says that is
/// text goes nowhere. A process that was started again is found with the next call: whoever revokes tries until one succeeds.
/// </summary>
internal sealed class ExternalEngine(Target target, ExternalTargetSettings settings, TimeProvider time) : IListableEngine
{
    private const string Issuing = "issuing";

    private readonly EngineConnection _connection = new(settings.Socket, settings.Owner);

    /// <summary>As the catalogue expects it: while the engine says otherwise, nothing is issued.</summary>
    public Revocability Revocability => settings.Revocability;

    public bool IsRemote => true;

    public async ValueTask<Credential> IssueAsync(IssueRequest request, CancellationToken cancellationToken)
    {
        var input = request.Input switch
        {
            CredentialInput.External external => external.Values,
            CredentialInput.None => [],
            _ => throw new CredentialInputException("an external engine takes no input of this kind"),
        };
        var faults = new CatalogFaults();
        var grantSettings = ExternalGrantSettings.Read(request.Grant, faults);
        if (faults.Any)
        {
            throw new EngineException($"target {target.Name}: the settings of grant {request.Grant.Name} are not valid", isTransient: false);
        }

        var description = await DescribeAsync(cancellationToken);
        Require(EngineDescription.FindFaults(description, settings).Concat(EngineDescription.FindFaults(description, grantSettings)));
        using var own = new EngineTarget(target.Name, settings);
        var message = new Protocol.IssueRequest
        {
            LeaseId = request.LeaseId.Value,
            Target = own.Message,
            Workload = request.Workload.Value,
            TaskId = request.Task.Value,
            Intent = new Protocol.Intent
            {
                Action = request.Intent.Action,
                Resource = request.Intent.Resource,
                Tool = request.Intent.Tool,
                Purpose = request.Intent.Purpose,
            },
            Grant = request.Grant.Name,
            GrantSettings = EngineTarget.StructOf(grantSettings),
            ExpireTime = request.ExpireTime.ToTimestamp(),
            Input = { input },
        };
        var answer = await CallAsync(Issuing, (engine, options) => engine.IssueAsync(message, options), cancellationToken);
        return EngineAnswers.ReadIssued(target.Name, answer, request.ExpireTime, Revocability);
    }

    public async ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken)
    {
        var description = await DescribeAsync(cancellationToken);
        Require(EngineDescription.FindFaults(description, settings));
        if (!description.Renewable)
        {
            return false;
        }

        using var own = new EngineTarget(target.Name, settings);
        var message = new RenewRequest
        {
            LeaseId = lease.Id.Value, Target = own.Message, Handle = lease.Handle, ExpireTime = expireTime.ToTimestamp(),
        };
        return (await CallAsync("renewing", (engine, options) => engine.RenewAsync(message, options), cancellationToken)).Renewed;
    }

    // Whatever the engine says that it is: who can end what it made, does.
    public async ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken)
    {
        using var own = new EngineTarget(target.Name, settings);
        var message = new RevokeRequest { LeaseId = lease.Id.Value, Target = own.Message, Handle = lease.Handle };
        await CallAsync("revoking", (engine, options) => engine.RevokeAsync(message, options), cancellationToken);
    }

    public ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken) => LookAsync(lease.Id, lease.Handle, cancellationToken);

    public async ValueTask<bool> CanListAsync(CancellationToken cancellationToken)
    {
        var description = await DescribeAsync(cancellationToken);
        if (!description.Lists)
        {
            return false;
        }

        // What is not what the catalogue expects may be another target's list.
        Require(EngineDescription.FindFaults(description, settings));
        return true;
    }

    public async ValueTask<ListedPage> ListAsync(string mark, string? cursor, int max, CancellationToken cancellationToken)
    {
        using var own = new EngineTarget(target.Name, settings);
        var message = new ListRequest { Target = own.Message, Mark = mark, Cursor = cursor ?? "", Max = max };
        var answer = await CallAsync("listing", (engine, options) => engine.ListAsync(message, options), cancellationToken);
        return EngineAnswers.ReadListed(target.Name, answer, message);
    }

    public async ValueTask<bool> IsWholeAsync(LeaseId lease, CancellationToken cancellationToken) =>
        !(await LookAsync(lease, handle: "", cancellationToken)).Gone;

    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        var description = await DescribeAsync(cancellationToken);
        Require(EngineDescription.FindFaults(description, settings));
        using var own = new EngineTarget(target.Name, settings);
        var answer = await CallAsync(
            "checking", (engine, options) => engine.CheckAsync(new CheckRequest { Target = own.Message }, options), cancellationToken);
        Require(EngineAnswers.ReadFaults(target.Name, answer, description, settings));
    }

    public ValueTask DisposeAsync()
    {
        _connection.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask<Verification> LookAsync(LeaseId lease, string handle, CancellationToken cancellationToken)
    {
        using var own = new EngineTarget(target.Name, settings);
        var message = new VerifyRequest { LeaseId = lease.Value, Target = own.Message, Handle = handle };
        var answer = await CallAsync("verifying", (engine, options) => engine.VerifyAsync(message, options), cancellationToken);
        return EngineAnswers.ReadVerified(target.Name, answer);
    }

    private Task<DescribeResponse> DescribeAsync(CancellationToken cancellationToken) =>
        CallAsync("describing", (engine, options) => engine.DescribeAsync(new DescribeRequest(), options), cancellationToken);

    private void Require(IEnumerable<string> faults)
    {
        if (string.Join("; ", faults) is { Length: > 0 } text)
        {
            throw new EngineException($"target {target.Name}: {text}", isTransient: false);
        }
    }

    /// <summary>Within the target's time, which the engine is told, and without its words.</summary>
    private async Task<T> CallAsync<T>(
        string step, Func<EngineService.EngineServiceClient, CallOptions, AsyncUnaryCall<T>> call, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var options = new CallOptions(deadline: (time.GetUtcNow() + target.Timeout).UtcDateTime, cancellationToken: cancellationToken);
        try
        {
            using var under = call(_connection.Client, options);
            return await under.ResponseAsync;
        }
        catch (RpcException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (step == Issuing && e.StatusCode == StatusCode.InvalidArgument)
            {
                throw new CredentialInputException("credential.external.input: the engine cannot use it; its author says what it must hold");
            }

            throw EngineFailure.Translate(target.Name, step, e);
        }
    }
}
