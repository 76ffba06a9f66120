using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Auditing;

/// <summary>An explanation as it was asked for; the same whether a broker gave it or it was made from files.</summary>
/// <param name="json">For programs.</param>
internal sealed class ExplanationPage(bool json)
{
    /// <param name="lease">What the log tells.</param>
    /// <param name="current">What the store says now; null when it is not asked, or has forgotten it.</param>
    /// <returns>The exit code.</returns>
    public int Show(LeaseExplanation lease, Lease? current)
    {
        if (json)
        {
            Output.Json(new ExplainLeaseResponse { Explanation = lease, Current = current });
        }
        else
        {
            LeaseText.Print(lease, current);
        }

        return ExitCode(lease.Missing.Count, lease.Coverage);
    }

    /// <inheritdoc cref="Show(LeaseExplanation, Lease?)"/>
    public int Show(TaskExplanation task)
    {
        if (json)
        {
            Output.Json(new ExplainTaskResponse { Explanation = task });
        }
        else
        {
            TaskText.Print(task);
        }

        return ExitCode(task.Missing.Count, task.Coverage);
    }

    private static int ExitCode(int missing, AuditCoverage coverage) =>
        missing > 0 || coverage.Faults.Count > 0 ? BrokerCommand.Faulty : BrokerCommand.Success;
}
