using SecretsBroker.Behaviour;
using SecretsBroker.Catalog;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Policy;

namespace SecretsBroker.Tests.Policy;

/// <summary>A question with everything stated, to be varied.</summary>
internal static class Questions
{
    public static PolicyQuestion Full()
    {
        Assert.That(WorkloadId.TryParse("spiffe://example.org/agents/a", out var id), Is.True);
        return new PolicyQuestion(
            new Workload(
                id,
                AuthenticationMethod.OidcToken,
                ["payments", "agents"],
                new Dictionary<string, string> { ["team"] = "billing", ["repository"] = "acme/\"x\"" },
                DateTimeOffset.UnixEpoch),
            new Intent("read", "invoices-api/invoices/2030", "http", "monthly report", TimeSpan.FromMinutes(5)),
            new Grant
            {
                Name = "read-invoices",
                Action = "read",
                Resource = "invoices-api/invoices/2030",
                Target = "invoices",
                Engine = "jwt",
                DefaultTimeToLive = TimeSpan.FromMinutes(1),
                MaxTimeToLive = TimeSpan.FromHours(1),
                Classification = "internal",
                Environment = "production",
            },
            new PolicyContext(
                new TaskId("task-1"),
                "close the month",
                "alice@example.org",
                new Dictionary<string, string> { ["ticket"] = "PAY-7", ["a/b"] = "c" },
                new DateTimeOffset(2030, 1, 31, 12, 0, 0, TimeSpan.Zero),
                "10.1.2.3",
                Renewal: false)
            {
                Signals = new BehaviourSignals(Issues: 3, Denials: 1, Resources: 2, Violations: 0, Failures: 0),
                VerifiedInitiator = new VerifiedInitiator("https://idp.example.org/", "00u1", "alice@example.org", ["finance", "leads"]),
                Delegation = new DelegationFacts(
                    [new WorkloadId("spiffe://example.org/agents/root"), new WorkloadId("spiffe://example.org/agents/between")],
                    new TaskId("root-1"),
                    "close the year",
                    "carol@example.org",
                    "g-00abcdefghijklmnopqrstuvab",
                    "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"),
            });
    }

    /// <summary>A catalogue whose grants are those of the questions, and one to delete.</summary>
    public static CatalogSnapshot Catalog
    {
        get
        {
            var read = Full().Grant;
            return new CatalogSnapshot([], [read, read with { Name = "delete-invoices", Action = "delete" }], "1");
        }
    }

    /// <summary>The schema that declares the claims and labels of <see cref="Full"/>.</summary>
    public static string Schema =>
        """
        type Claims = { team?: String, repository?: String };
        type Labels = { ticket?: String, "a/b"?: String };
        """;

    public static CurrentCatalog InForce()
    {
        var current = new CurrentCatalog();
        current.Replace(Catalog);
        return current;
    }

    /// <summary>Questions of every shape that there is.</summary>
    public static IEnumerable<TestCaseData> Shapes()
    {
        var full = Full();
        yield return new TestCaseData(full).SetArgDisplayNames("everything stated");
        yield return new TestCaseData(Bare()).SetArgDisplayNames("nothing stated that may be left out");
        foreach (var method in Enum.GetValues<AuthenticationMethod>())
        {
            yield return new TestCaseData(full with { Workload = full.Workload with { Method = method } }).SetArgDisplayNames($"{method}");
        }

        foreach (var possession in Enum.GetValues<Possession>())
        {
            yield return new TestCaseData(full with { Workload = full.Workload with { Possession = possession } })
                .SetArgDisplayNames($"possession {possession}");
        }

        var nameless = new VerifiedInitiator("https://idp.example.org/", "00u1", "", []);
        yield return new TestCaseData(full with { Context = full.Context with { Initiator = nameless.Text, VerifiedInitiator = nameless } })
            .SetArgDisplayNames("verified initiator without a name");
        yield return new TestCaseData(full with { Context = full.Context with { VerifiedInitiator = null } })
            .SetArgDisplayNames("initiator merely stated");

        yield return new TestCaseData(full with { Context = full.Context with { Renewal = true } }).SetArgDisplayNames("renewal");
        yield return new TestCaseData(full with
        {
            Context = full.Context with { Delegation = full.Context.Delegation! with { RootInitiator = "" } },
        }).SetArgDisplayNames("delegated on nobody's behalf");
        yield return new TestCaseData(full with { Context = full.Context with { SourceAddress = "fe80::1%3" } }).SetArgDisplayNames("IPv6");
        yield return new TestCaseData(full with { Context = full.Context with { SourceAddress = "?" } }).SetArgDisplayNames("no address");
        var claims = new Dictionary<string, string> { ["team"] = "billing", ["undeclared"] = "x" };
        yield return new TestCaseData(full with
        {
            Workload = full.Workload with { Attributes = claims },
            Context = full.Context with { Labels = claims },
        }).SetArgDisplayNames("claims and labels that nobody declared");
        yield return new TestCaseData(full with
        {
            Intent = full.Intent with { Resource = "invoices" },
            Grant = full.Grant with { Resource = "invoices" },
        }).SetArgDisplayNames("resource without a path");
    }

    /// <summary>Nothing stated that may be left out.</summary>
    public static PolicyQuestion Bare()
    {
        var full = Full();
        return full with
        {
            Workload = full.Workload with { Groups = [], Attributes = new Dictionary<string, string>() },
            Intent = full.Intent with { Tool = "", Purpose = "", TimeToLive = null },
            Grant = full.Grant with { Classification = "", Environment = "" },
            Context = full.Context with
            {
                TaskPurpose = "",
                Initiator = "",
                Labels = new Dictionary<string, string>(),
                SourceAddress = "",
                VerifiedInitiator = null,
                Delegation = null,
            },
        };
    }
}
