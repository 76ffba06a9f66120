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

    public override string ToString() => Entity.Uid.Id;
}
