namespace SecretsBroker.Policy.Trials;

/// <summary>Two sets of policies asked the same.</summary>
/// <param name="inForce">What decides now.</param>
/// <param name="candidate">What may decide in its place.</param>
internal sealed class TrialComparison(PolicyTrial inForce, PolicyTrial candidate)
{
    public AnswerPair Compare(TrialQuestion question) => new(inForce.Decide(question), candidate.Decide(question));
}

/// <param name="InForce">What is answered now.</param>
/// <param name="Candidate">What would be answered.</param>
internal sealed record AnswerPair(PolicyAnswer InForce, PolicyAnswer Candidate)
{
    /// <summary>Whether decision or obligations differ. Which policies determined it may differ without changing anything for anybody.</summary>
    public bool Changes =>
        InForce.Allowed != Candidate.Allowed
        || !ObligationText.Of(InForce.Obligations).SequenceEqual(ObligationText.Of(Candidate.Obligations));
}
