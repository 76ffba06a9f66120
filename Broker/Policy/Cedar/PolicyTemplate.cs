using SecretsBroker.Policy.Cedar.Json;
using SecretsBroker.Policy.Cedar.Printing;
using SecretsBroker.Policy.Cedar.Syntax;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Policy.Cedar;

/// <summary>A policy with <c>?principal</c> or <c>?resource</c> in its head, which decides nothing until it is linked.</summary>
public sealed class PolicyTemplate
{
    private readonly SourceText? _source;

    internal PolicyTemplate(string id, PolicySyntax syntax, IReadOnlyDictionary<string, string> annotations, SourceText? source)
    {
        Id = id;
        Syntax = syntax;
        Annotations = annotations;
        _source = source;
    }

    public string Id { get; }

    public PolicySyntax Syntax { get; }

    public IReadOnlyDictionary<string, string> Annotations { get; }

    public bool HasSlots => Syntax.IsTemplate;

    public CedarPosition Position => PositionOf(Syntax.Span.Start);

    public string Text => _source is null ? "" : _source.Text[Syntax.Span.Start..Syntax.Span.End];

    /// <summary>The template in Cedar's JSON format.</summary>
    public string ToJson() => PolicyJsonWriter.Write(this, Syntax.Principal, Syntax.Resource);

    /// <summary>The template written out again, evenly laid out. Comments are not kept.</summary>
    public string Print() => PolicyPrinter.Print(Syntax, Syntax.Principal, Syntax.Resource);

    /// <summary>Fills the slots. Exactly those that the template has must be given.</summary>
    /// <exception cref="ArgumentException">A slot is left empty, or a value has no slot.</exception>
    public CedarPolicy Link(string id, EntityUid? principal = null, EntityUid? resource = null)
    {
        if (Syntax.Principal.HasSlot != (principal is not null))
            throw new ArgumentException($"The template `{Id}` {(principal is null ? "needs" : "has no slot for")} a principal.", nameof(principal));
        if (Syntax.Resource.HasSlot != (resource is not null))
            throw new ArgumentException($"The template `{Id}` {(resource is null ? "needs" : "has no slot for")} a resource.", nameof(resource));
        return new CedarPolicy(id, this, principal, resource);
    }

    /// <summary>Where something of the policy stands.</summary>
    /// <param name="offset">In its source, as spans have it.</param>
    public CedarPosition PositionOf(int offset) => _source?.PositionOf(offset) ?? default;

    internal static Dictionary<string, string> AnnotationsOf(PolicySyntax syntax)
    {
        var annotations = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in syntax.Annotations)
            annotations[name] = value ?? "";
        return annotations;
    }
}
