using System.Globalization;
using System.Text;
using SecretsBroker.Catalog;
using SecretsBroker.Configuration;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Policy;

namespace SecretsBroker.Benchmarks.Policies;

/// <summary>A catalogue of tables, each with a policy about who may read it; one workload asks for one of them, with claims and labels.</summary>
internal sealed class DecisionScenario
{
    private const string Schema = "type Claims = { team?: String, repository?: String };\ntype Labels = { ticket?: String };\n";

    private readonly SourceFolder _source;
    private readonly CatalogSnapshot _catalog;
    private readonly PolicyQuestion _question;

    public DecisionScenario(int policies)
    {
        var asked = policies / 2;
        var grants = Enumerable.Range(0, policies).Select(GrantOf).ToArray();
        _catalog = new CatalogSnapshot([], grants, "benchmark");
        _source = new SourceFolder(
            [new SourceFile("broker.cedarschema", Schema), new SourceFile("benchmark.cedar", Text(policies))], [], "benchmark");
        _question = new PolicyQuestion(
            new Workload(
                new WorkloadId("spiffe://example.org/agents/a"),
                AuthenticationMethod.OidcToken,
                [$"g{asked}", "agents", "everybody"],
                new Dictionary<string, string> { ["team"] = "billing", ["repository"] = "acme/billing" },
                DateTimeOffset.UnixEpoch),
            new Intent("read", grants[asked].Resource, "sql", "monthly report", TimeSpan.FromMinutes(5)),
            grants[asked],
            new PolicyContext(
                new TaskId("task-1"),
                "close the month",
                "alice@example.org",
                new Dictionary<string, string> { ["ticket"] = "PAY-7", ["stage"] = "test" },
                DateTimeOffset.UnixEpoch,
                "10.1.2.3",
                Renewal: false));
    }

    /// <summary>What a reload does, without reading the files.</summary>
    public PolicySnapshot Load() =>
        PolicyLoader.Load(_source, _catalog).Snapshot ?? throw new InvalidOperationException("The policies have faults.");

    /// <summary>The broker's whole decision, but for its record.</summary>
    public Func<PolicyAnswer> Decision()
    {
        var current = new CurrentPolicies();
        current.Replace(Load());
        var engine = new CedarPolicyEngine(current);
        // Decided when the call returns: a task for it would be measured too.
#pragma warning disable CA2012
        return () => engine.DecideAsync(_question, CancellationToken.None) is { IsCompletedSuccessfully: true, Result: { Allowed: true } answer }
#pragma warning restore CA2012
            ? answer
            : throw new InvalidOperationException("The request is not allowed at once.");
    }

    private static string Text(int policies)
    {
        var text = new StringBuilder();
        for (var i = 0; i < policies; i++)
        {
            text.Append(CultureInfo.InvariantCulture, $$"""
                @max_ttl("10m")
                permit (principal in Group::"g{{i}}", action == Action::"read", resource in Resource::"orders/t{{i}}")
                when { resource.classification == "internal" && context.ttl <= duration("15m") && principal.claims has team };

                """);
        }

        return text.ToString();
    }

    private static Grant GrantOf(int number) => new()
    {
        Name = $"read-{number}",
        Action = "read",
        Resource = $"orders/t{number}",
        Target = "orders",
        Engine = "postgres",
        DefaultTimeToLive = TimeSpan.FromMinutes(5),
        MaxTimeToLive = TimeSpan.FromMinutes(10),
        Classification = "internal",
    };
}
