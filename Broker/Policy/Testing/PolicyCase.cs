using SecretsBroker.Policy.Trials;

namespace SecretsBroker.Policy.Testing;

/// <summary>One question with the answer that its author expects.</summary>
/// <param name="Name">In its author's words; unique in its file.</param>
/// <param name="Place">File and line.</param>
/// <param name="Question">What is asked.</param>
/// <param name="Expected">What must come of it.</param>
internal sealed record PolicyCase(string Name, string Place, TrialQuestion Question, PolicyExpectation Expected);

/// <summary>What must hold of an answer. What is null is not looked at.</summary>
/// <param name="Allowed">The decision.</param>
/// <param name="Policies">The ids of exactly those policies that determine it, in any order.</param>
/// <param name="FailedPolicies">The ids of exactly those that cannot be evaluated; none unless stated.</param>
/// <param name="Reason">A part of the reason.</param>
/// <param name="Obligations">Exactly the obligations, as they are written in policies.</param>
internal sealed record PolicyExpectation(
    bool Allowed,
    IReadOnlyList<string>? Policies,
    IReadOnlyList<string> FailedPolicies,
    string? Reason,
    IReadOnlyDictionary<string, string>? Obligations);
