using System.Runtime.CompilerServices;
using SecretsBroker.Behaviour;
using SecretsBroker.Catalog;
using SecretsBroker.Identity;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Extensions;
using SecretsBroker.Policy.Cedar.Values;
using SecretsBroker.Policy.Schema;

namespace SecretsBroker.Policy;

/// <summary>Puts the broker's question into Cedar's terms, as <c>Schema/broker.cedarschema</c> describes them: a test holds both together.</summary>
internal sealed class QuestionMapper
{
    public const string WorkloadType = "Workload";
    public const string GroupType = "Group";
    public const string ActionType = "Action";
    public const string ResourceType = "Resource";

    // By reference: a grant lives as long as its catalogue, and two grants may serve one resource with different attributes.
    private readonly ConditionalWeakTable<Grant, EntitySet> _resources = [];

    /// <param name="question">In the broker's words.</param>
    /// <param name="schema">Which claims and labels policies know.</param>
    public (AuthorizationRequest Request, EntitySet Entities) Map(PolicyQuestion question, PolicySchema schema)
    {
        var principal = CedarTerms.Of(question.Workload, schema.Claims);
        var entities = _resources.GetValue(question.Grant, MapResource).With(principal).OrThrow();
        var request = new AuthorizationRequest(
            principal.Uid,
            new EntityUid(ActionType, question.Intent.Action),
            new EntityUid(ResourceType, question.Grant.Resource),
            MapContext(question, schema));
        return (request, entities);
    }

    private static EntitySet MapResource(Grant grant)
    {
        var attributes = CedarRecord.Of(
            ("grant", CedarValue.Of(grant.Name)),
            ("engine", CedarValue.Of(grant.Engine)),
            ("target", CedarValue.Of(grant.Target)),
            ("classification", CedarValue.Of(grant.Classification)),
            ("environment", CedarValue.Of(grant.Environment)));
        var above = ResourcePath.Above(grant.Resource).Select(path => new EntityUid(ResourceType, path));
        return EntitySet.Create(new CedarEntity(new EntityUid(ResourceType, grant.Resource), attributes, [.. above])).OrThrow();
    }

    private static CedarRecord MapContext(PolicyQuestion question, PolicySchema schema)
    {
        var (intent, context) = (question.Intent, question.Context);
        var timeToLive = intent.TimeToLive ?? question.Grant.DefaultTimeToLive;
        var fields = new List<KeyValuePair<string, CedarValue>>(12)
        {
            new("task", CedarValue.Of(context.Task.Value)),
            new("task_purpose", CedarValue.Of(context.TaskPurpose)),
            new("purpose", CedarValue.Of(intent.Purpose)),
            new("labels", CedarTerms.Of(context.Labels, schema.Labels)),
            // Rounded up: what is granted is never longer than what policy saw.
            new("ttl", new CedarDuration(RoundUp(timeToLive, TimeSpan.TicksPerMillisecond))),
            new("ttl_seconds", CedarValue.Of(RoundUp(timeToLive, TimeSpan.TicksPerSecond))),
            new("time", CedarTerms.Of(context.Time)),
            new("renewal", CedarValue.Of(context.Renewal)),
            new("signals", MapSignals(context.Signals)),
        };
        if (context.Initiator.Length > 0)
        {
            fields.Add(new("initiator", CedarValue.Of(context.Initiator)));
        }

        if (context.VerifiedInitiator is { } verified)
        {
            fields.Add(new("verified_initiator", MapInitiator(verified)));
        }

        if (context.Delegation is { } delegation)
        {
            fields.Add(new("delegation", MapDelegation(delegation)));
        }

        if (intent.Tool.Length > 0)
        {
            fields.Add(new("tool", CedarValue.Of(intent.Tool)));
        }

        if (CedarTerms.AddressOf(context.SourceAddress) is { } address)
        {
            fields.Add(new("source_address", address));
        }

        return CedarRecord.Of(fields);
    }

    private static CedarRecord MapSignals(BehaviourSignals signals) => CedarRecord.Of(
        ("issues", CedarValue.Of(signals.Issues)),
        ("denials", CedarValue.Of(signals.Denials)),
        ("resources", CedarValue.Of(signals.Resources)),
        ("violations", CedarValue.Of(signals.Violations)),
        ("failures", CedarValue.Of(signals.Failures)));

    private static CedarRecord MapInitiator(VerifiedInitiator initiator) => CedarRecord.Of(
        ("issuer", CedarValue.Of(initiator.Issuer)),
        ("subject", CedarValue.Of(initiator.Subject)),
        ("name", CedarValue.Of(initiator.Name)),
        ("groups", CedarValue.Of(initiator.Groups.Select(CedarValue.Of))));

    private static CedarRecord MapDelegation(DelegationFacts delegation)
    {
        var fields = new List<KeyValuePair<string, CedarValue>>(7)
        {
            new("depth", CedarValue.Of(delegation.Chain.Count)),
            new("delegator", CedarValue.Of(delegation.Chain[^1].Value)),
            new("chain", CedarValue.Of(delegation.Chain.Select(workload => CedarValue.Of(workload.Value)))),
            new("root_workload", CedarValue.Of(delegation.Chain[0].Value)),
            new("root_task", CedarValue.Of(delegation.RootTask.Value)),
            new("root_purpose", CedarValue.Of(delegation.RootPurpose)),
        };
        if (delegation.RootInitiator.Length > 0)
        {
            fields.Add(new("root_initiator", CedarValue.Of(delegation.RootInitiator)));
        }

        return CedarRecord.Of(fields);
    }

    private static long RoundUp(TimeSpan span, long unit) => (span.Ticks + unit - 1) / unit;
}
