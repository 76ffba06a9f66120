using SecretsBroker.Catalog;
using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Operators;

/// <summary>What an operator wants to do something to.</summary>
/// <param name="Entity">In policies.</param>
internal sealed record OperatorSubject(CedarEntity Entity)
{
    /// <summary>What there is once: <c>Broker::Subject::"policies"</c>.</summary>
    public static OperatorSubject Named(string name) => new(new CedarEntity(new EntityUid("Broker::Subject", name)));

    /// <summary>What a kill order covers: <c>Broker::Selector::"workload:spiffe://…"</c>.</summary>
    /// <param name="scope">In lower case, such as <c>workload</c>.</param>
    /// <param name="value">Which; empty for all.</param>
    public static OperatorSubject Selector(string scope, string value) => new(new CedarEntity(
        new EntityUid("Broker::Selector", value.Length == 0 ? scope : $"{scope}:{value}"),
        CedarRecord.Of(("scope", CedarValue.Of(scope)), ("value", CedarValue.Of(value)))));

    /// <summary>The group that an approver wants to speak for: <c>Broker::ApprovalGroup::"payments-oncall"</c>.</summary>
    public static OperatorSubject ApprovalGroup(string group) => new(new CedarEntity(
        new EntityUid("Broker::ApprovalGroup", group), CedarRecord.Of(("name", CedarValue.Of(group)))));

    /// <summary>A secret that a target keeps: <c>Broker::Secret::"crm/crm-login"</c>.</summary>
    /// <param name="target">Whose.</param>
    /// <param name="name">Which; empty for all.</param>
    public static OperatorSubject Secret(string target, string name) => new(new CedarEntity(
        new EntityUid("Broker::Secret", $"{target}/{name}"), CedarRecord.Of(("target", CedarValue.Of(target)), ("name", CedarValue.Of(name)))));

    /// <summary>What somebody wants to take without an approval: <c>Broker::Access::"read-invoices"</c>, by its grant.</summary>
    public static OperatorSubject Access(Grant grant) => new(new CedarEntity(
        new EntityUid("Broker::Access", grant.Name),
        CedarRecord.Of(
            ("grant", CedarValue.Of(grant.Name)),
            ("action", CedarValue.Of(grant.Action)),
            ("resource", CedarValue.Of(grant.Resource)),
            ("target", CedarValue.Of(grant.Target)),
            ("classification", CedarValue.Of(grant.Classification)),
            ("environment", CedarValue.Of(grant.Environment)))));

    public override string ToString() => Entity.Uid.Id;
}
