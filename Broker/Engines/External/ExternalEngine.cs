using Google.Protobuf.WellKnownTypes;
using SecretsBroker.Catalog;
using SecretsBroker.Engine.V1;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;
using Lease = SecretsBroker.Leases.Lease;
using Protocol = SecretsBroker.Engine.V1;
using Target = SecretsBroker.Catalog.Target;

namespace SecretsBroker.Engines.External;

/// <summary>
/// Asks an engine in a process of its own. It is told what belongs to the call and to its own target; what it answers is checked, and what it says that is
/// text goes nowhere. A process that was started again is found with the next call: whoever revokes tries until one succeeds.
/// </summary>
internal sealed class ExternalEngine(Target target, ExternalTargetSettings settings, BrokerMetrics metrics, TimeProvider time) : IListableEngine
{
    private readonly EngineCalls _calls = new(target, settings, metrics, time);

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
        _calls.Require(EngineDescription.FindFaults(description, settings).Concat(EngineDescription.FindFaults(description, grantSettings)));
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
        // A secret is not made for longer than it would be good for.
        var answer = await _calls.RunAsync(
            EngineCalls.Issuing, (engine, options) => engine.IssueAsync(message, options), cancellationToken, longest: request.Intent.TimeToLive);
        var terms = new IssueTerms(request.ExpireTime, time.GetUtcNow(), Revocability == Revocability.ExpireOnly, description.Renewable);
        return _calls.Read(() => EngineAnswers.ReadIssued(target.Name, answer, terms));
    }

    public async ValueTask<bool> RenewAsync(Lease lease, DateTimeOffset expireTime, CancellationToken cancellationToken)
    {
        var description = await DescribeAsync(cancellationToken);
        _calls.Require(EngineDescription.FindFaults(description, settings));
        var issued = IssuedHandle.Read(lease);
        // An end that was kept is the last one, also when the engine has come to renew since: the proof will name it.
        if (!description.Renewable || issued.End is not null)
        {
            return false;
        }

        using var own = new EngineTarget(target.Name, settings);
        var message = new RenewRequest
        {
            LeaseId = lease.Id.Value, Target = own.Message, Handle = issued.Own, ExpireTime = expireTime.ToTimestamp(),
        };
        return (await _calls.RunAsync("renewing", (engine, options) => engine.RenewAsync(message, options), cancellationToken)).Renewed;
    }

    // Whatever the engine says that it is: who can end what it made, does.
    public async ValueTask RevokeAsync(Lease lease, CancellationToken cancellationToken)
    {
        using var own = new EngineTarget(target.Name, settings);
        var message = new RevokeRequest { LeaseId = lease.Id.Value, Target = own.Message, Handle = IssuedHandle.Read(lease).Own };
        await _calls.RunAsync("revoking", (engine, options) => engine.RevokeAsync(message, options), cancellationToken);
    }

    public async ValueTask<Verification> VerifyAsync(Lease lease, CancellationToken cancellationToken)
    {
        var (issued, own) = IssuedHandle.Read(lease);
        var seen = await LookAsync(lease.Id, own, cancellationToken);
        var now = time.GetUtcNow();
        if (seen.Gone || Revocability != Revocability.ExpireOnly || (lease.ExpireTime <= now && lease.Delegation is null))
        {
            return seen;
        }

        // One that could do more than wait has not done it yet.
        var description = await DescribeAsync(cancellationToken);
        if (description.Revocability != Protocol.Revocability.ExpireOnly)
        {
            return seen;
        }

        var end = LatestEndOf(lease, issued);
        return end <= now ? seen : new Verification(Gone: true, $"expire-only: good until {end:O} at the latest; {seen.Evidence}");
    }

    public async ValueTask<bool> CanListAsync(CancellationToken cancellationToken)
    {
        var description = await DescribeAsync(cancellationToken);
        if (!description.Lists)
        {
            return false;
        }

        // What is not what the catalogue expects may be another target's list.
        _calls.Require(EngineDescription.FindFaults(description, settings));
        return true;
    }

    public async ValueTask<ListedPage> ListAsync(string mark, string? cursor, int max, CancellationToken cancellationToken)
    {
        using var own = new EngineTarget(target.Name, settings);
        var message = new ListRequest { Target = own.Message, Mark = mark, Cursor = cursor ?? "", Max = max };
        var answer = await _calls.RunAsync("listing", (engine, options) => engine.ListAsync(message, options), cancellationToken);
        return _calls.Read(() => EngineAnswers.ReadListed(target.Name, answer, message));
    }

    public async ValueTask<bool> IsWholeAsync(LeaseId lease, CancellationToken cancellationToken) =>
        !(await LookAsync(lease, handle: "", cancellationToken)).Gone;

    public async ValueTask CheckAsync(CancellationToken cancellationToken)
    {
        var description = await DescribeAsync(cancellationToken);
        _calls.Require(EngineDescription.FindFaults(description, settings));
        using var own = new EngineTarget(target.Name, settings);
        var answer = await _calls.RunAsync(
            "checking", (engine, options) => engine.CheckAsync(new CheckRequest { Target = own.Message }, options), cancellationToken);
        _calls.Require(_calls.Read(() => EngineAnswers.ReadFaults(target.Name, answer, description, settings)));
    }

    public ValueTask DisposeAsync()
    {
        _calls.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Whatever the engine says today of renewals: some may have been made when it said otherwise.</summary>
    private static DateTimeOffset LatestEndOf(Lease lease, DateTimeOffset? issued)
    {
        if (lease.Delegation is null)
        {
            // A renewal may have been made there of which the lease does not tell. Of what is not renewed the holder was told the lease's end.
            return issued is not { } end ? lease.MaxExpireTime : end > lease.ExpireTime ? end : lease.ExpireTime;
        }

        // A delegation that was narrowed shortens its leases, and not what was made for them.
        return issued ?? lease.CreateTime + Grant.LongestTimeToLive;
    }

    private async ValueTask<Verification> LookAsync(LeaseId lease, string handle, CancellationToken cancellationToken)
    {
        using var own = new EngineTarget(target.Name, settings);
        var message = new VerifyRequest { LeaseId = lease.Value, Target = own.Message, Handle = handle };
        var answer = await _calls.RunAsync("verifying", (engine, options) => engine.VerifyAsync(message, options), cancellationToken);
        return _calls.Read(() => EngineAnswers.ReadVerified(target.Name, answer));
    }

    private Task<DescribeResponse> DescribeAsync(CancellationToken cancellationToken) =>
        _calls.RunAsync("describing", (engine, options) => engine.DescribeAsync(new DescribeRequest(), options), cancellationToken);
}
