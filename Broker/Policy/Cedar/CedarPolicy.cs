using SecretsBroker.Policy.Cedar.Json;
using SecretsBroker.Policy.Cedar.Printing;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar;

/// <summary>A policy: one that was written out, or a template linked to entities.</summary>
public sealed class CedarPolicy
{
    internal CedarPolicy(string id, PolicyTemplate template, EntityUid? principal = null, EntityUid? resource = null)
    {
        Id = id;
        Template = template;
        Principal = Fill(template.Syntax.Principal, principal);
        Resource = Fill(template.Syntax.Resource, resource);
        (SlotPrincipal, SlotResource) = (principal, resource);
    }

    public string Id { get; }

    /// <summary>What the policy was made from; of a static policy a template without slots.</summary>
    public PolicyTemplate Template { get; }

    public bool IsLinked => Template.HasSlots;

    public PolicyEffect Effect => Template.Syntax.Effect;

    /// <summary>Annotations by name; the value of one without a value is empty.</summary>
    public IReadOnlyDictionary<string, string> Annotations => Template.Annotations;

    public CedarPosition Position => Template.Position;

    /// <summary>The policy as it was written; empty when it was not read from text.</summary>
    public string Text => Template.Text;

    /// <summary>The head's demand on the principal, with the slot filled.</summary>
    public EntityScope Principal { get; }

    public ActionScope Action => Template.Syntax.Action;

    /// <summary>The head's demand on the resource, with the slot filled.</summary>
    public EntityScope Resource { get; }

    public IReadOnlyList<PolicyCondition> Conditions => Template.Syntax.Conditions;

    internal EntityUid? SlotPrincipal { get; }

    internal EntityUid? SlotResource { get; }

    /// <summary>The policy in Cedar's JSON format; of a link with its slots filled.</summary>
    public string ToJson() => PolicyJsonWriter.Write(Template, Principal, Resource);

    /// <summary>The policy written out again, evenly laid out; of a link with its slots filled. Comments are not kept.</summary>
    public string Print() => PolicyPrinter.Print(Template.Syntax, Principal, Resource);

    public override string ToString() => Id;

    private static EntityScope Fill(EntityScope scope, EntityUid? slot) => scope.HasSlot ? scope with { Entity = slot } : scope;
}
