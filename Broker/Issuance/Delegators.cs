using SecretsBroker.Behaviour;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Policy;

namespace SecretsBroker.Issuance;

/// <summary>
/// Asks policy, about an intent that its delegate may have, whether each workload above could have it now, and holds each against what the
/// grant demands: nobody passes on what is not, or is no longer, theirs. Each question is decided and recorded like any other; what any of the answers demands holds for the lease.
/// </summary>
internal sealed class Delegators(DecisionMaker decisions, SignalReader behaviour)
{
    /// <param name="question">What the delegate was allowed.</param>
    /// <param name="decision">By which it was.</param>
    /// <param name="above">The chain as it is now; null when nothing was delegated.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>The decision with all that is demanded; null when somebody above could not have it.</returns>
    public async Task<Decision?> AgreeAsync(
        PolicyQuestion question, Decision decision, ChainState? above, CancellationToken cancellationToken)
    {
        for (var i = 0; i < (above?.Chain.Links.Count ?? 0); i++)
        {
            var behaved = await behaviour.ReadAsync(above!.Chain.Links[i].Task.Owner, cancellationToken);
            if (DelegatorQuestion.Of(question, above, i, behaved) is not { } asked)
            {
                return null;
            }

            // The tool is the delegate's.
            var unmet = CatalogDenials.Of(asked.Grant, asked.Workload, tool: null);
            var answer = (unmet is { } denial
                ? await decisions.DenyAsync(asked, denial.Reason, denial.Text, cancellationToken)
                : await decisions.DecideAsync(asked, cancellationToken)).Answer;
            if (!answer.Allowed)
            {
                return null;
            }

            decision = decision with
            {
                Answer = decision.Answer with { Obligations = decision.Answer.Obligations.And(answer.Obligations) },
            };
        }

        return decision;
    }
}
