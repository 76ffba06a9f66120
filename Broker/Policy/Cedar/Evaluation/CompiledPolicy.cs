using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar.Evaluation;

/// <summary>A policy as its head's demands and the evaluators of its conditions.</summary>
internal sealed class CompiledPolicy(CedarPolicy policy, int ordinal)
{
    private readonly EntityScope _principal = policy.Principal;
    private readonly ActionScope _action = policy.Action;
    private readonly EntityScope _resource = policy.Resource;
    private readonly (bool IsWhen, Evaluator Body)[] _conditions =
        [.. policy.Conditions.Select(c => (c.IsWhen, ExpressionCompiler.Compile(c.Body)))];

    public CedarPolicy Policy { get; } = policy;

    /// <summary>The policy's place in its set.</summary>
    public int Ordinal { get; } = ordinal;

    public bool IsForbid { get; } = policy.Effect == PolicyEffect.Forbid;

    /// <summary>Whether the policy holds; <c>null</c> when it errs, and then the frame says why.</summary>
    public bool? Holds(EvaluationFrame frame)
    {
        var request = frame.Request;
        if (!Meets(_principal, request.Principal, frame.Entities)
            || !Meets(_action, request.Action, frame.Entities)
            || !Meets(_resource, request.Resource, frame.Entities))
        {
            return false;
        }

        foreach (var (isWhen, body) in _conditions)
        {
            if (body.EvaluateBool(frame) is not { } value)
                return null;
            if (value != isWhen)
                return false;
        }

        return true;
    }

    /// <summary>Whether of the demanded actions that the action meets this is the first: a policy stands in the index under each.</summary>
    public bool IsFoundFirstBy(EntityUid demanded, EntityUid action, EntitySet entities)
    {
        if (_action.Actions.Count == 1)
            return true;
        foreach (var candidate in _action.Actions)
        {
            if (entities.IsIn(action, candidate))
                return candidate.Equals(demanded);
        }

        return false;
    }

    public static bool Meets(EntityScope scope, EntityUid uid, EntitySet entities) => scope.Kind switch
    {
        ScopeKind.Any => true,
        ScopeKind.Equal => uid.Equals(scope.Entity),
        ScopeKind.In => entities.IsIn(uid, scope.Entity!),
        ScopeKind.Is => string.Equals(uid.Type, scope.EntityType, StringComparison.Ordinal),
        _ => string.Equals(uid.Type, scope.EntityType, StringComparison.Ordinal) && entities.IsIn(uid, scope.Entity!),
    };

    public static bool Meets(ActionScope scope, EntityUid uid, EntitySet entities)
    {
        if (scope.Kind == ScopeKind.Any)
            return true;
        foreach (var action in scope.Actions)
        {
            if (scope.Kind == ScopeKind.Equal ? uid.Equals(action) : entities.IsIn(uid, action))
                return true;
        }

        return false;
    }
}
