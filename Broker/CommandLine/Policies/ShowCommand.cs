using System.CommandLine;
using SecretsBroker.CommandLine.Remote;
using SecretsBroker.V1;

namespace SecretsBroker.CommandLine.Policies;

/// <summary><c>broker policy show</c>: what is in force at a running broker.</summary>
internal static class ShowCommand
{
    private const int PageSize = 200;

    public static Command Create()
    {
        var text = new Option<bool>("--text") { Description = "Print the policies as they are written." };
        return new Command(
            "show",
            """
            Show which policies are in force at a running broker, since when, and why the last change was refused if it was.

            Example: broker policy show --address https://broker.example:7443 --token-file operator.token
            """)
        {
            text,
        }.Asking((broker, parsed, cancelled) => ShowAsync(broker, parsed.GetValue(text), cancelled));
    }

    private static async Task<int> ShowAsync(RemoteBroker broker, bool text, CancellationToken cancellationToken)
    {
        var token = "";
        do
        {
            var request = new GetPoliciesRequest { PageSize = PageSize, PageToken = token };
            var page = await broker.CallAsync(
                (channel, options) => new PolicyService.PolicyServiceClient(channel).GetPoliciesAsync(request, options), cancellationToken);
            if (token.Length == 0)
            {
                PrintState(page);
            }

            foreach (var policy in page.Policies)
            {
                Print(policy, text);
            }

            token = page.NextPageToken;
        }
        while (token.Length > 0);
        return BrokerCommand.Success;
    }

    private static void PrintState(GetPoliciesResponse state)
    {
        Output.Line(state.LoadTime is { } time
            ? $"{state.PolicyCount} policies in force since {time.ToDateTimeOffset():u}, sha256 {state.PolicyHash}"
            : "no policies have been loaded: everything is denied");
        if (state.LastRefusal is { } refusal)
        {
            Output.Faults(
                $"A change was refused at {refusal.RefuseTime.ToDateTimeOffset():u} for {refusal.FaultCount} fault(s):",
                [.. refusal.Faults.Select(fault => $"{fault.Path}: {fault.Rule}")]);
        }
    }

    private static void Print(V1.Policy policy, bool text)
    {
        var position = $"{policy.Position.File}:{policy.Position.Line}:{policy.Position.Column}";
        var about = policy.AboutOperators ? "operators" : "agents";
        var demands = policy.Annotations
            .Where(annotation => annotation.Key != "id")
            .OrderBy(annotation => annotation.Key, StringComparer.Ordinal)
            .Select(annotation => $" @{annotation.Key}(\"{annotation.Value}\")");
        Output.Line($"{policy.PolicyId} ({policy.Effect.ToString().ToLowerInvariant()}, about {about}, {position}){string.Concat(demands)}");
        if (!text)
        {
            return;
        }

        foreach (var line in policy.Text.Split('\n'))
        {
            Output.Line($"  {line.TrimEnd('\r')}");
        }
    }
}
