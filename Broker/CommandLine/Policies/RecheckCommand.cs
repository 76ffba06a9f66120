using System.CommandLine;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Policies;

/// <summary><c>broker policy recheck</c>: what the policies in force no longer allow of what is live, and letting it be revoked.</summary>
internal static class RecheckCommand
{
    public static Command Create()
    {
        var confirm = new Option<string?>("--confirm")
        {
            Description = "Have what the policies of this hash no longer allow revoked, at every broker of the store.",
            HelpName = "HASH",
        };
        return new Command(
            "recheck",
            """
            Show what asking a running broker's policies about its live leases again came to. A change that would revoke more than
            Recheck:MaxRevokePercent of them is held until an operator confirms it, by the hash that is shown here.

            Example: broker policy recheck --address https://broker.example:7443 --token-file token
            """)
        {
            confirm,
        }.Asking((broker, parsed, cancelled) =>
            parsed.GetValue(confirm) is { } hash ? ConfirmAsync(broker, hash, cancelled) : ShowAsync(broker, cancelled));
    }

    private static async Task<int> ShowAsync(RemoteBroker broker, CancellationToken cancellationToken)
    {
        var answer = await broker.CallAsync(
            (channel, options) => new RecheckService.RecheckServiceClient(channel).GetRecheckAsync(new GetRecheckRequest(), options),
            cancellationToken);
        if (answer.Recheck is not { } pass)
        {
            Output.Line("The policies in force were not asked about live leases: the pass is not over yet, or Recheck:Mode is off.");
            return BrokerCommand.Success;
        }

        Output.Line($"policies   {pass.PolicyHash}");
        Output.Line($"outcome    {Describe(pass)}");
        Output.Line($"asked      {pass.EndTime.ToDateTimeOffset():yyyy-MM-dd HH:mm:ss}Z");
        Output.Line(
            $"leases     {pass.AllowedCount} allowed, {pass.DeniedCount} denied, {pass.FailedCount} failed, {pass.NotAskedCount} not asked, "
            + $"{pass.RevokedCount} revoked{(pass.Incomplete ? ", others not looked at yet" : "")}");
        foreach (var (grant, count) in pass.DeniedByGrant.OrderByDescending(grant => grant.Value).ThenBy(grant => grant.Key, StringComparer.Ordinal))
        {
            Output.Line($"denied     {count} by grant {grant}");
        }

        foreach (var lease in pass.DeniedLeaseIds)
        {
            Output.Line($"           {lease}");
        }

        return BrokerCommand.Success;
    }

    private static async Task<int> ConfirmAsync(RemoteBroker broker, string hash, CancellationToken cancellationToken)
    {
        await broker.CallAsync(
            (channel, options) => new RecheckService.RecheckServiceClient(channel).ConfirmRecheckAsync(
                new ConfirmRecheckRequest { PolicyHash = hash }, options),
            cancellationToken);
        Output.Good($"Confirmed: what policies {hash} no longer allow is revoked within seconds.");
        return BrokerCommand.Success;
    }

    private static string Describe(Recheck pass) => pass.Outcome switch
    {
        RecheckOutcome.Unchanged => "nothing is denied",
        RecheckOutcome.Revoked => "what was denied is revoked",
        RecheckOutcome.DryRun => "nothing is revoked, for Recheck:Mode is dry_run",
        RecheckOutcome.Held => $"held, nothing is revoked; broker policy recheck --confirm {pass.PolicyHash}",
        _ => "of a newer broker",
    };
}
