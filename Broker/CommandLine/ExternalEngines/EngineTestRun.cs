using SecretsBroker.Engines;
using SecretsBroker.Engines.Contract;
using SecretsBroker.Engines.External;

namespace SecretsBroker.CommandLine.ExternalEngines;

/// <summary>One run through the contract, told case by case.</summary>
internal static class EngineTestRun
{
    private static readonly TimeSpan CaseLimit = TimeSpan.FromMinutes(3);

    /// <param name="subject">The engine.</param>
    /// <param name="lists">Whether it says that it can list what is at its target.</param>
    /// <param name="restart">Ends the engine's process and starts it again; null when somebody else runs it.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>Whether the contract is kept.</returns>
    public static async Task<bool> RunAsync(EngineUnderTest subject, bool lists, Func<CancellationToken, Task>? restart, CancellationToken cancellationToken)
    {
        ContractCase[] cases =
        [
            .. ContractCaseList.All,
            .. subject.EndsEarly ? [] : ExpireOnlyCases.All,
            .. lists ? (ContractCase[])[ListingCases.Listed] : [],
            ExternalCases.Abandoned,
            .. restart is null ? [] : (ContractCase[])[ExternalCases.Restarted(restart)],
        ];
        var broken = 0;
        foreach (var one in cases)
        {
            var fault = await FindFaultAsync(one, subject, cancellationToken);
            Output.Line(fault is null ? $"kept    {one.Name}" : $"BROKEN  {one.Name}: {fault}");
            broken += fault is null ? 0 : 1;
        }

        if (broken > 0)
        {
            Output.Faults($"{cases.Length - broken} kept, {broken} broken", []);
            return false;
        }

        Output.Good($"{cases.Length} kept, 0 broken");
        return true;
    }

    private static async Task<string?> FindFaultAsync(ContractCase one, EngineUnderTest subject, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(CaseLimit);
        await using var engine = subject.Create(subject.Target);
        try
        {
            await one.RunAsync(subject, engine, limit.Token);
            return null;
        }
        catch (Exception e) when (e is ContractViolationException or EngineException or CredentialInputException)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"it did not end within {CaseLimit}";
        }
    }
}
