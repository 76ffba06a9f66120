using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Evaluation;
using SecretsBroker.Policy.Cedar.Explaining;
using SecretsBroker.Policy.Cedar.Json;
using SecretsBroker.Policy.Cedar.Syntax;

namespace SecretsBroker.Policy.Cedar;

/// <summary>Policies compiled and ready to decide. Immutable, and safe to use from many threads.</summary>
public sealed class PolicySet
{
    private readonly CompiledPolicies _compiled;

    internal PolicySet(IReadOnlyList<CedarPolicy> policies, IReadOnlyList<PolicyTemplate> templates)
    {
        Policies = policies;
        Templates = templates;
        _compiled = new CompiledPolicies(policies);
    }

    public static PolicySet Empty { get; } = new([], []);

    /// <summary>Static policies in the order of their sources, then links.</summary>
    public IReadOnlyList<CedarPolicy> Policies { get; }

    public IReadOnlyList<PolicyTemplate> Templates { get; }

    /// <summary>Reads policies and templates; either all sources are right, or every fault is reported.</summary>
    /// <param name="sources">Texts in the order in which their policies are numbered.</param>
    /// <param name="ids">How ids are made; <see cref="PolicyIds.Numbered"/> by default.</param>
    public static CedarResult<PolicySet> Parse(IEnumerable<PolicySource> sources, PolicyIdRule? ids = null)
    {
        var errors = new List<CedarError>();
        var policies = new List<CedarPolicy>();
        var templates = new List<PolicyTemplate>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var inAll = 0;
        foreach (var source in sources)
        {
            var text = new SourceText(source.FileName, source.Text);
            var inSource = 0;
            foreach (var syntax in PolicyParser.Parse(text, errors))
            {
                var annotations = PolicyTemplate.AnnotationsOf(syntax);
                var id = (ids ?? PolicyIds.Numbered)(source, inSource++, inAll++, annotations);
                if (!seen.Add(id))
                    errors.Add(text.ErrorAt(syntax.Span.Start, $"the policy id `{id}` is used twice"));
                var template = new PolicyTemplate(id, syntax, annotations, text);
                if (template.HasSlots)
                    templates.Add(template);
                else
                    policies.Add(new CedarPolicy(id, template));
            }
        }

        return errors.Count > 0
            ? new CedarResult<PolicySet>(errors)
            : new CedarResult<PolicySet>(new PolicySet(policies, templates));
    }

    /// <summary>Reads Cedar's JSON format of policy sets: <c>staticPolicies</c> and <c>templates</c> by id, and <c>templateLinks</c>.</summary>
    public static CedarResult<PolicySet> ParseJson(string json, string fileName = "policies")
        => new PolicySetJsonReader(new JsonSource(fileName, json)).Read();

    /// <summary>The set in Cedar's JSON format.</summary>
    public string ToJson() => PolicyJsonWriter.Write(this);

    /// <summary>The set with further policies, such as <see cref="PolicyTemplate.Link">links</see>.</summary>
    /// <exception cref="ArgumentException">An id is taken.</exception>
    public PolicySet With(params IEnumerable<CedarPolicy> more)
    {
        var policies = Policies.Concat(more).ToArray();
        var seen = new HashSet<string>(Templates.Select(t => t.Id), StringComparer.Ordinal);
        foreach (var policy in policies)
        {
            if (!seen.Add(policy.Id))
                throw new ArgumentException($"The policy id `{policy.Id}` is used twice.", nameof(more));
        }

        return new PolicySet(policies, Templates);
    }

    /// <summary>Decides: allowed when a permit holds and no forbid does. A policy that errs is skipped and reported.</summary>
    public AuthorizationResponse IsAuthorized(AuthorizationRequest request, EntitySet entities)
        => _compiled.Decide(request, entities);

    /// <summary>Says of each policy, in their order, what it said to the request and why. Costs far more than deciding.</summary>
    public IEnumerable<PolicyExplanation> Explain(AuthorizationRequest request, EntitySet entities)
        => Policies.Select(new PolicyExplainer(request, entities).Explain);

    /// <summary>The same answer found without the index, for showing that it is the same.</summary>
    internal AuthorizationResponse IsAuthorizedWithoutIndex(AuthorizationRequest request, EntitySet entities)
        => _compiled.DecideByAll(request, entities);
}
