using Google.Protobuf.WellKnownTypes;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.V1;
using Delegation = SecretsBroker.Intents.Delegations.Delegation;
using DelegationFacts = SecretsBroker.Intents.Delegations.DelegationFacts;
using DelegationTerms = SecretsBroker.Intents.Delegations.DelegationTerms;
using IntentScope = SecretsBroker.Intents.Delegations.IntentScope;

namespace SecretsBroker.Api;

/// <summary>Delegations, from messages and to them; what comes out keeps the rules that the protos state.</summary>
internal static class DelegationMapping
{
    private const int MaxHops = DelegationTerms.MaxDepth - 1;

    public static DelegationOffer ToOffer(CreateDelegationRequest request) => new(
        RequestRules.TaskId("task_id", request.TaskId),
        WorkloadId.TryParse(request.Delegate, out var @delegate)
            ? @delegate
            : throw Errors.Invalid("delegate", "must be a SPIFFE ID with a path"),
        ToScope("scope", request.Scope),
        ToInstant("expire_time", request.ExpireTime),
        request.MaxUses == 0 ? null : Count("max_uses", request.MaxUses, 1, DelegationTerms.MaxUsesLimit),
        Count("more_hops", request.MoreHops, 0, MaxHops),
        request.MayRephrase,
        RequestRules.RequestId("request_id", request.RequestId));

    public static DelegationCut ToCut(NarrowDelegationRequest request) => new(
        ToScope("scope", request.Scope),
        ToInstant("expire_time", request.ExpireTime),
        request.HasMaxUses ? Count("max_uses", request.MaxUses, 1, DelegationTerms.MaxUsesLimit) : null,
        request.HasMoreHops ? Count("more_hops", request.MoreHops, 0, MaxHops) : null,
        request.HasMayRephrase ? request.MayRephrase : null);

    /// <summary>What is not a delegation id names no delegation: the same answer as for one between others.</summary>
    public static DelegationId ToId(string value) => DelegationId.TryParse(value, out var id) ? id : throw Errors.NoSuchDelegation();

    /// <summary>Null when empty.</summary>
    public static DelegationId? ToOptionalId(string value) => value.Length == 0 ? null : ToId(value);

    /// <summary>Null when absent.</summary>
    public static IntentScope? ToScope(string field, V1.IntentScope? scope)
    {
        if (scope is null)
        {
            return null;
        }

        if (scope.Actions.Count is 0 or > IntentScope.MaxEntries || scope.Resources.Count is 0 or > IntentScope.MaxEntries)
        {
            throw Errors.Invalid(field, $"must have 1 to {IntentScope.MaxEntries} actions and as many resources");
        }

        foreach (var action in scope.Actions)
        {
            RequestRules.Action($"{field}.actions", action);
        }

        foreach (var resource in scope.Resources)
        {
            RequestRules.Resource($"{field}.resources", resource);
            if (!IntentScope.IsPlain(resource))
            {
                throw Errors.Invalid($"{field}.resources", "must not have parts that are empty, '.' or '..'");
            }
        }

        return IntentScope.Of(scope.Actions, scope.Resources);
    }

    public static V1.Delegation ToMessage(Delegation delegation)
    {
        var message = new V1.Delegation
        {
            DelegationId = delegation.Id.Value,
            Delegator = delegation.Delegator.Value,
            TaskId = delegation.Task.Id.Value,
            Delegate = delegation.Delegate.Value,
            Terms = ToMessage(delegation.Terms),
            RootPurpose = delegation.Chain.Root.Purpose,
            RootInitiator = delegation.Chain.Root.Initiator,
            RootIntentHash = delegation.Chain.Root.Hash,
            Used = delegation.Used,
            CreateTime = delegation.CreateTime.ToTimestamp(),
            EndTime = delegation.EndTime?.ToTimestamp(),
        };
        message.Chain.Add(delegation.Chain.Links.Select(link => new V1.DelegationLink
        {
            DelegationId = link.Delegation.Value,
            Delegator = link.Task.Owner.Value,
            TaskId = link.Task.Id.Value,
        }));
        return message;
    }

    public static V1.IntentScope ToMessage(IntentScope scope)
    {
        var message = new V1.IntentScope();
        message.Actions.Add(scope.Actions);
        message.Resources.Add(scope.Resources);
        return message;
    }

    public static DelegationFacts ToFacts(V1.DelegationFacts facts, string field)
    {
        if (facts.Chain.Count is 0 or > DelegationTerms.MaxDepth)
        {
            throw Errors.Invalid($"{field}.chain", $"must name 1 to {DelegationTerms.MaxDepth} workloads");
        }

        return new DelegationFacts(
            [
                .. facts.Chain.Select(text => WorkloadId.TryParse(text, out var workload)
                    ? workload
                    : throw Errors.Invalid($"{field}.chain", "must be SPIFFE IDs with a path")),
            ],
            facts.RootTaskId.Length == 0 ? new TaskId("task") : RequestRules.TaskId($"{field}.root_task_id", facts.RootTaskId),
            RequestRules.Text($"{field}.root_purpose", facts.RootPurpose, 500, required: false),
            RequestRules.Text($"{field}.root_initiator", facts.RootInitiator, 200, required: false));
    }

    public static V1.DelegationFacts ToMessage(DelegationFacts facts)
    {
        var message = new V1.DelegationFacts
        {
            RootTaskId = facts.RootTask.Value,
            RootPurpose = facts.RootPurpose,
            RootInitiator = facts.RootInitiator,
        };
        message.Chain.Add(facts.Chain.Select(workload => workload.Value));
        return message;
    }

    private static V1.DelegationTerms ToMessage(DelegationTerms terms) => new()
    {
        Scope = ToMessage(terms.Scope),
        ExpireTime = terms.ExpireTime.ToTimestamp(),
        MaxUses = terms.MaxUses ?? 0,
        MoreHops = terms.MoreHops,
        MayRephrase = terms.MayRephrase,
    };

    /// <summary>Whole milliseconds, as stores keep them; null when absent.</summary>
    private static DateTimeOffset? ToInstant(string field, Timestamp? value)
    {
        if (value is null)
        {
            return null;
        }

        // The years 1 to 9999, as Timestamp allows; a message can hold more than that.
        const long First = -62_135_596_800, Last = 253_402_300_799;
        return value is { Seconds: >= First and <= Last, Nanos: >= 0 and < 1_000_000_000 }
            ? DateTimeOffset.FromUnixTimeMilliseconds(value.ToDateTimeOffset().ToUnixTimeMilliseconds())
            : throw Errors.Invalid(field, "must be a valid instant");
    }

    private static int Count(string field, int value, int minimum, int maximum) => value >= minimum && value <= maximum
        ? value
        : throw Errors.Invalid(field, $"must lie between {minimum} and {maximum}");
}
