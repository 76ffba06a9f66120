using SecretsBroker.Policy.Cedar.Explaining;

namespace SecretsBroker.Policy.Trials;

/// <param name="Answer">What is answered.</param>
/// <param name="Policies">What each policy said that was asked; empty when the catalogue had ruled the question out before.</param>
internal sealed record TrialExplanation(PolicyAnswer Answer, IReadOnlyList<PolicyExplanation> Policies);
