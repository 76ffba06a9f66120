using Google.Protobuf.WellKnownTypes;
using SecretsBroker.Catalog;
using SecretsBroker.Identity;
using SecretsBroker.KillSwitch;
using SecretsBroker.V1;
using KillOrder = SecretsBroker.KillSwitch.KillOrder;
using KillProgress = SecretsBroker.KillSwitch.KillProgress;
using KillSelector = SecretsBroker.KillSwitch.KillSelector;

namespace SecretsBroker.Api;

/// <summary>Kill orders, from messages and to them; what comes out keeps the rules that the proto states.</summary>
internal static class KillMapping
{
    // Of a verified one: issuer, separator, subject.
    private const int MaxInitiator = 255 + 1 + 255;

    public static KillSelector ToSelector(V1.KillSelector? selector) => selector?.ScopeCase switch
    {
        V1.KillSelector.ScopeOneofCase.All when selector.All => new KillSelector(KillScope.All, ""),
        V1.KillSelector.ScopeOneofCase.Workload =>
            new KillSelector(KillScope.Workload, Workload("selector.workload", selector.Workload)),
        V1.KillSelector.ScopeOneofCase.Task => new KillSelector(
            KillScope.Task,
            $"{Workload("selector.task.owner", selector.Task.Owner)} {RequestRules.TaskId("selector.task.task_id", selector.Task.TaskId)}"),
        V1.KillSelector.ScopeOneofCase.Initiator => new KillSelector(
            KillScope.Initiator, RequestRules.Text("selector.initiator", selector.Initiator, MaxInitiator, required: true)),
        V1.KillSelector.ScopeOneofCase.Grant => new KillSelector(KillScope.Grant, Entry("selector.grant", selector.Grant)),
        V1.KillSelector.ScopeOneofCase.Engine => new KillSelector(KillScope.Engine, Entry("selector.engine", selector.Engine)),
        V1.KillSelector.ScopeOneofCase.Target => new KillSelector(KillScope.Target, Entry("selector.target", selector.Target)),
        V1.KillSelector.ScopeOneofCase.Resource => new KillSelector(KillScope.Resource, Resource(selector.Resource)),
        _ => throw Errors.Invalid(
            "selector", "must name one of workload, task, initiator, grant, engine, target or resource, or have all set to true"),
    };

    public static V1.KillOrder ToMessage(KillOrder order) => new()
    {
        OrderId = order.Id,
        Selector = ToMessage(order.Selector),
        Reason = order.Reason,
        Operator = order.Actor,
        CreateTime = order.CreateTime.ToTimestamp(),
        ExpireTime = order.ExpireTime?.ToTimestamp(),
        LiftProposal = order.LiftProposal is { } proposal
            ? new V1.LiftProposal { Operator = proposal.Actor, ProposeTime = proposal.Time.ToTimestamp() }
            : null,
    };

    public static V1.KillProgress ToMessage(KillProgress progress) => new()
    {
        Found = progress.Found,
        Ended = progress.Ended,
        Gone = progress.Gone,
        Revoking = progress.Revoking,
        FirstGone = progress.FirstGone?.ToDuration(),
        LastGone = progress.LastGone?.ToDuration(),
    };

    /// <summary>A name that nothing has stops nothing, and whoever pulls the switch in a hurry should see that.</summary>
    public static string WarningOf(KillSelector selector, CatalogSnapshot catalog)
    {
        var known = selector.Scope switch
        {
            KillScope.Grant => catalog.Grants.Any(grant => grant.Name == selector.Value),
            KillScope.Engine => catalog.Targets.Any(target => target.Engine == selector.Value),
            KillScope.Target => catalog.Targets.Any(target => target.Name == selector.Value),
            KillScope.Resource => catalog.Grants.Any(grant => $"{grant.Resource}/".StartsWith($"{selector.Value}/", StringComparison.Ordinal)),
            _ => true,
        };
        return known ? "" : $"the catalogue has no {selector}: is it misspelt?";
    }

    private static V1.KillSelector ToMessage(KillSelector selector) => selector.Scope switch
    {
        KillScope.All => new V1.KillSelector { All = true },
        KillScope.Workload => new V1.KillSelector { Workload = selector.Value },
        KillScope.Task => ToTask(selector.Value),
        KillScope.Initiator => new V1.KillSelector { Initiator = selector.Value },
        KillScope.Grant => new V1.KillSelector { Grant = selector.Value },
        KillScope.Engine => new V1.KillSelector { Engine = selector.Value },
        KillScope.Target => new V1.KillSelector { Target = selector.Value },
        KillScope.Resource => new V1.KillSelector { Resource = selector.Value },
        _ => throw new ArgumentOutOfRangeException(nameof(selector), selector.Scope, "has no message"),
    };

    private static V1.KillSelector ToTask(string value)
    {
        var space = value.LastIndexOf(' ');
        return new V1.KillSelector { Task = new TaskSelector { Owner = value[..space], TaskId = value[(space + 1)..] } };
    }

    private static string Workload(string field, string value) =>
        WorkloadId.TryParse(value, out var id) ? id.Value : throw Errors.Invalid(field, "must be a SPIFFE ID: spiffe://trust-domain/path");

    private static string Entry(string field, string value) =>
        NameRule.Entry.Allows(value) ? value : throw Errors.Invalid(field, NameRule.Entry.Text);

    private static string Resource(string value) =>
        RequestRules.Resource("selector.resource", value)[0] != '/'
            ? value
            : throw Errors.Invalid("selector.resource", "must not begin with '/'");
}
