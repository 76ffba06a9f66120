using SecretsBroker.Engines.Contract;
using SecretsBroker.Leases;

namespace SecretsBroker.Engines.External;

/// <summary>What an engine in a process of its own keeps beside what every engine keeps.</summary>
internal sealed class ExternalCases(ContractSubject subject, ICredentialEngine engine, CancellationToken cancellationToken)
    : ContractCases(subject, engine, cancellationToken)
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(500);

    public static ContractCase Abandoned { get; } = new(
        "an issue that nobody waits for makes nothing after it was revoked",
        (subject, engine, token) => new ExternalCases(subject, engine, token).AbandonedIssueMakesNothingAfterItWasRevokedAsync());

    /// <param name="restart">Ends the engine's process and starts it again.</param>
    public static ContractCase Restarted(Func<CancellationToken, Task> restart) => new(
        "what was issued before a restart is revoked after it",
        (subject, engine, token) => new ExternalCases(subject, engine, token).WhatWasIssuedBeforeARestartIsRevokedAfterItAsync(restart));

    private async Task AbandonedIssueMakesNothingAfterItWasRevokedAsync()
    {
        var order = new Random(11);
        var leases = new List<Lease>();
        for (var i = 0; i < 30; i++)
        {
            var request = Request();
            leases.Add(LeaseOf(request, credential: null));
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
            var issue = Engine.IssueAsync(request, cancel.Token).AsTask();
            await Task.WhenAny(issue, Task.Delay(TimeSpan.FromMicroseconds(order.Next(8_000)), Token));
            await cancel.CancelAsync();
            await Engine.RevokeAsync(leases[^1], Token);
            await IgnoreEndAsync(issue);
        }

        // What is late needs a little time to show.
        await Task.Delay(LookAgainAfter, Token);
        foreach (var lease in leases)
        {
            await RequireGoneAsync(lease);
        }
    }

    private async Task WhatWasIssuedBeforeARestartIsRevokedAfterItAsync(Func<CancellationToken, Task> restart)
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);

        await restart(Token);

        await RequireWorksAsync(credential, "after the engine was started again");
        await Engine.RevokeAsync(LeaseOf(request, credential: null), Token);
        await RequireRefusedAsync(credential, "after it was revoked by an engine that was started again");
        await RequireGoneAsync(LeaseOf(request, credential));
    }

    private static async Task IgnoreEndAsync(Task<Credential> issue)
    {
        try
        {
            (await issue).Dispose();
        }
        catch (Exception e) when (e is OperationCanceledException or EngineException)
        {
            // Whichever way it ended, it must have left nothing.
        }
    }
}
