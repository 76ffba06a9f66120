using SecretsBroker.Behaviour;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Leases;
using SecretsBroker.Policy;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Issuance;

/// <summary>From a request to its answer: find the task and the grant, have it decided, and have what is allowed made.</summary>
internal sealed class Issuer(
    CurrentCatalog catalog,
    ILeaseStore store,
    DelegationChains chains,
    DecisionMaker decisions,
    Delegators delegators,
    ApprovalGate approvals,
    TokenUse tokens,
    TaskStarter tasks,
    LeaseMaker maker,
    SignalReader behaviour,
    SignalBuffer signals,
    BrokerMetrics metrics,
    BrokerTracing tracing,
    TimeProvider time)
{
    /// <exception cref="BrokerException">Something that it needs does not work. No secret was handed out; what was made is undone.</exception>
    public async Task<IssueResult> IssueAsync(Workload workload, IssueCommand command, CancellationToken cancellationToken)
    {
        using var span = tracing.StartIssue();
        var start = time.GetTimestamp();
        var outcome = IssueOutcome.Failed;
        string? engineType = null;
        try
        {
            var result = await FollowAsync(workload, command, cancellationToken);
            Count(workload, command, result);
            outcome = result switch
            {
                IssueResult.Issued => IssueOutcome.Issued,
                IssueResult.Denied => IssueOutcome.Denied,
                _ => IssueOutcome.Rejected,
            };
            engineType = (result as IssueResult.Issued)?.Lease.Engine;
            return result;
        }
        catch (CredentialInputException e)
        {
            outcome = IssueOutcome.Rejected;
            span.Fail(e);
            throw;
        }
        catch (Exception e)
        {
            span.Fail(e);
            throw;
        }
        finally
        {
            metrics.IssueFinished(engineType, outcome, time.GetElapsedTime(start));
        }
    }

    private async Task<IssueResult> FollowAsync(Workload workload, IssueCommand command, CancellationToken cancellationToken)
    {
        var task = command.Task is { } id
            ? await store.FindTaskAsync(new TaskKey(workload.Id, id), cancellationToken)
            : Planned(workload, command.NewTask!);
        if (task is null)
        {
            return new IssueResult.Refused(RefusalReason.TaskNotFound, "");
        }

        if (!task.IsOpen)
        {
            metrics.LeaseDenied(DenialReason.TaskEnded, grant: null);
            return new IssueResult.Refused(RefusalReason.TaskEnded, "");
        }

        if (command.Delegation is not null && command.Delegation != task.Delegation)
        {
            return new IssueResult.Refused(RefusalReason.NotUnderDelegation, "");
        }

        var above = task.Delegation is { } delegation ? await chains.ReadAsync(delegation, cancellationToken) : null;
        if (command.NewTask is not null && task.Delegation is not null)
        {
            if (above is null || above.Delegate != workload.Id)
            {
                return new IssueResult.Refused(RefusalReason.DelegationNotFound, "");
            }

            if (task.Initiator.Length > 0 && task.Initiator != above.Chain.Root.Initiator)
            {
                return new IssueResult.Refused(RefusalReason.InitiatorChanged, "");
            }

            task = task with { Initiator = above.Chain.Root.Initiator, VerifiedInitiator = above.Tasks[0]?.VerifiedInitiator };
        }

        var snapshot = catalog.Snapshot;
        var intent = command.Intent;
        var grants = snapshot.FindGrants(intent.Action, intent.Resource, command.Input.EngineType);
        // Both at once: the clock and, where it is not known here, how the workload has behaved.
        var behaved = behaviour.ReadAsync(workload.Id, cancellationToken);
        var context = new PolicyContext(
            task.Key.Id,
            task.Purpose,
            task.Initiator,
            task.Labels,
            await store.GetTimeAsync(cancellationToken),
            command.SourceAddress,
            Renewal: false)
        {
            Signals = await behaved,
            VerifiedInitiator = task.VerifiedInitiator,
            Delegation = above?.Chain.Facts,
        };
        if (grants.Count == 0)
        {
            var unknown = new PolicyQuestion(workload, intent, NoGrant(intent), context);
            return new IssueResult.Denied(await decisions.DenyAsync(
                unknown, DenialReason.UnknownGrant, CatalogDenials.UnknownGrant, cancellationToken));
        }

        if (grants.Count > 1)
        {
            return new IssueResult.Refused(RefusalReason.AmbiguousCredential, "");
        }

        var grant = grants[0];
        var asked = TaskBounds.Cut(
            Shortest.Of(intent.TimeToLive ?? grant.DefaultTimeToLive, grant.MaxTimeToLive), above, context.Time);
        var question = new PolicyQuestion(workload, intent with { TimeToLive = asked }, grant, context);
        if (CatalogDenials.Of(grant, workload, intent.Tool) is { } unmet)
        {
            return new IssueResult.Denied(await decisions.DenyAsync(question, unmet.Reason, unmet.Text, cancellationToken));
        }

        if (TaskBounds.DenialOf(task, intent, above, context.Time) is { } denial)
        {
            return new IssueResult.Denied(await decisions.DenyAsync(question, denial.Reason, denial.Text, cancellationToken));
        }

        var decision = await decisions.DecideAsync(question, cancellationToken);
        if (!decision.Answer.Allowed)
        {
            return new IssueResult.Denied(decision);
        }

        if (await delegators.AgreeAsync(question, decision, above, cancellationToken) is not { } agreed)
        {
            return await decisions.RefuseAsync(question, decision, RefusalReason.DelegatorDenied, approval: "", cancellationToken);
        }

        decision = agreed;

        if (await decisions.RefuseUnfulfillableAsync(question, decision, command.Recipient is not null, cancellationToken) is { } refused)
        {
            return refused;
        }

        var clearance = await approvals.ClearAsync(question, decision, PleaOf(command), cancellationToken);
        if (clearance is Clearance.Refused unapproved)
        {
            return await decisions.RefuseAsync(
                question, decision, unapproved.Reason, unapproved.Approval?.Value ?? "", cancellationToken);
        }

        if (await tokens.RefuseUsedAsync(question, decision, cancellationToken) is { } used)
        {
            return used;
        }

        if (command.NewTask is { } newTask)
        {
            var started = await tasks.StartAsync(
                workload,
                newTask with { Id = task.Key.Id, Lifetime = grant.MaxTimeToLive },
                above,
                command.SourceAddress,
                cancellationToken);
            if (started.Task is null)
            {
                return started.Fault == DelegationFault.None
                    ? new IssueResult.Refused(RefusalReason.TaskConflict, decision.Id)
                    : await decisions.RefuseAsync(question, decision, RefusalReason.DelegationOver, approval: "", cancellationToken);
            }
        }

        var allowed = new AllowedIntent(task.Key, question, decision, command, clearance) { Above = above };
        return await maker.MakeAsync(allowed, cancellationToken);
    }

    // An approval holds for the task that the caller named. Where the broker names a new one, each call would have another.
    private static ApprovalPlea PleaOf(IssueCommand command) => new()
    {
        Task = (command.Task ?? command.NewTask?.Id)?.Value ?? "",
        Input = command.Input,
        SealedFor = command.Recipient?.Thumbprint ?? "",
        Approval = command.Approval,
        BreakGlass = command.BreakGlass,
    };

    // What a quota or an order refuses is no denial: the one is limited already, the other says nothing new.
    private void Count(Workload workload, IssueCommand command, IssueResult result) => signals.Add(
        workload.Id,
        result switch
        {
            IssueResult.Issued => Signal.Issued,
            IssueResult.Denied { Decision.Answer.IsDueToFailure: false } => Signal.Denied,
            _ => Signal.Asked,
        },
        command.Intent.Resource);

    private static AgentTask Planned(Workload workload, NewTask task) => new()
    {
        Key = new TaskKey(workload.Id, task.Id ?? TaskStarter.NewId()),
        Purpose = task.Purpose,
        Initiator = task.Initiator,
        VerifiedInitiator = task.VerifiedInitiator,
        Labels = task.Labels,
        Delegation = task.Delegation,
    };

    private static Grant NoGrant(Intent intent) => new()
    {
        Name = "",
        Action = intent.Action,
        Resource = intent.Resource,
        Target = "",
        Engine = "",
        DefaultTimeToLive = TimeSpan.Zero,
        MaxTimeToLive = TimeSpan.Zero,
    };
}
