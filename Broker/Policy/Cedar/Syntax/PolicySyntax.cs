using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Syntax;

public enum PolicyEffect
{
    Permit,
    Forbid,
}

public enum ScopeKind
{
    Any,
    Equal,
    In,
    Is,
    IsIn,
}

/// <summary>What a policy's head demands of the principal or the resource.</summary>
/// <param name="EntityType">Of <c>is</c>.</param>
/// <param name="Entity">Of <c>==</c> and <c>in</c>; <c>null</c> with one of them means the template's slot.</param>
public sealed record EntityScope(ScopeKind Kind, string? EntityType = null, EntityUid? Entity = null)
{
    public static readonly EntityScope Any = new(ScopeKind.Any);

    public bool HasSlot => Entity is null && Kind is not (ScopeKind.Any or ScopeKind.Is);
}

/// <summary>What a policy's head demands of the action.</summary>
/// <param name="Kind"><see cref="ScopeKind.Any"/>, <see cref="ScopeKind.Equal"/> or <see cref="ScopeKind.In"/>.</param>
/// <param name="Actions">One for <c>==</c>; any number for <c>in</c>.</param>
public sealed record ActionScope(ScopeKind Kind, IReadOnlyList<EntityUid> Actions)
{
    public static readonly ActionScope Any = new(ScopeKind.Any, []);
}

/// <summary>A <c>when</c> or <c>unless</c> clause.</summary>
public sealed record PolicyCondition(bool IsWhen, Expression Body);

/// <summary>A policy or template as it was written.</summary>
/// <param name="Annotations">In the order written; the value of an annotation without one is <c>null</c>.</param>
public sealed record PolicySyntax(
    PolicyEffect Effect,
    IReadOnlyList<KeyValuePair<string, string?>> Annotations,
    EntityScope Principal,
    ActionScope Action,
    EntityScope Resource,
    IReadOnlyList<PolicyCondition> Conditions,
    SourceSpan Span)
{
    public bool IsTemplate => Principal.HasSlot || Resource.HasSlot;
}
