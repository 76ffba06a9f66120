using SecretsBroker.Catalog;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Policy;

namespace SecretsBroker.Issuance;

/// <summary>What policy has allowed, with all that led there.</summary>
/// <param name="Task">The open task that it is for.</param>
/// <param name="Question">What policy was asked; its intent has the time to live that it was asked for.</param>
/// <param name="Decision">What it answered.</param>
/// <param name="Command">The request.</param>
/// <param name="Clearance">What policy's demand for an approval came to; not refused.</param>
internal sealed record AllowedIntent(
    TaskKey Task, PolicyQuestion Question, Decision Decision, IssueCommand Command, Clearance Clearance)
{
    public Grant Grant => Question.Grant;

    /// <summary>The chain that the task stands under, as it was when this was decided; null for a task of the workload's own.</summary>
    public ChainState? Above { get; init; }
}
