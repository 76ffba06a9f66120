using SecretsBroker.Catalog;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Operators;

namespace SecretsBroker.Policy.Trials;

/// <summary>
/// Policies and a catalogue to try questions on: what would be answered, and why. Nothing is recorded, counted or made. Speaks of Cedar
/// policies only; a second opinion by a policy server is not asked.
/// </summary>
internal sealed class PolicyTrial(PolicySnapshot policies, CatalogSnapshot catalog)
{
    private const string Ambiguous = "several grants serve this intent: say of which engine";

    private readonly QuestionMapper _mapper = new();

    public PolicySnapshot Policies => policies;

    public PolicyAnswer Decide(TrialQuestion question) => question switch
    {
        TrialQuestion.OfOperator asked => Decide(policies.Operators, OperatorGate.Map(asked.Question, policies, asked.Time)),
        TrialQuestion.OfAgent asked => Resolve(asked, out var denial) is { } resolved ? Decide(resolved) : RuledOut(denial),
        _ => throw new ArgumentOutOfRangeException(nameof(question)),
    };

    /// <summary>Decides a question that the catalogue has been asked about already.</summary>
    public PolicyAnswer Decide(PolicyQuestion question) => Decide(policies.Agents, _mapper.Map(question, policies.Schema));

    public TrialExplanation Explain(TrialQuestion question) => question switch
    {
        TrialQuestion.OfOperator asked => Explain(policies.Operators, OperatorGate.Map(asked.Question, policies, asked.Time)),
        TrialQuestion.OfAgent asked => Resolve(asked, out var denial) is { } resolved
            ? Explain(resolved)
            : new TrialExplanation(RuledOut(denial), []),
        _ => throw new ArgumentOutOfRangeException(nameof(question)),
    };

    public TrialExplanation Explain(PolicyQuestion question) => Explain(policies.Agents, _mapper.Map(question, policies.Schema));

    // Which grant is meant is for the one who asks to say: nothing was decided.
    private PolicyAnswer RuledOut(string denial) =>
        PolicyAnswer.Deny(denial, policies.Hash) with { IsFailure = ReferenceEquals(denial, Ambiguous) };

    private PolicyAnswer Decide(PolicySet set, (AuthorizationRequest Request, EntitySet Entities) asked) =>
        CedarVerdict.Of(set.IsAuthorized(asked.Request, asked.Entities), policies);

    private TrialExplanation Explain(PolicySet set, (AuthorizationRequest Request, EntitySet Entities) asked) =>
        new(Decide(set, asked), [.. set.Explain(asked.Request, asked.Entities)]);

    /// <summary>What the catalogue makes of a question before policy is asked.</summary>
    /// <returns>Null when it rules the question out.</returns>
    private PolicyQuestion? Resolve(TrialQuestion.OfAgent asked, out string denial)
    {
        denial = "";
        var intent = asked.Intent;
        var grants = catalog.FindGrants(intent.Action, intent.Resource, asked.Engine);
        if (grants.Count != 1)
        {
            denial = grants.Count == 0 ? CatalogDenials.UnknownGrant : Ambiguous;
            return null;
        }

        var grant = grants[0];
        // A lease to be renewed has been issued for its tool.
        if (CatalogDenials.Of(grant, asked.Workload, asked.Context.Renewal ? null : intent.Tool) is { } unmet)
        {
            denial = unmet.Text;
            return null;
        }

        var timeToLive = Shorter(intent.TimeToLive ?? grant.DefaultTimeToLive, grant.MaxTimeToLive);
        return new PolicyQuestion(asked.Workload, intent with { TimeToLive = timeToLive }, grant, asked.Context);
    }

    private static TimeSpan Shorter(TimeSpan a, TimeSpan b) => a < b ? a : b;
}
