using System.Text;
using SecretsBroker.Policy.Cedar;
using SecretsBroker.Policy.Cedar.Entities;
using SecretsBroker.Policy.Cedar.Values;

namespace SecretsBroker.Benchmarks.Cedar;

/// <summary>Many workloads, each in a team that may read its own table; one of them asks.</summary>
internal sealed class CedarScenario
{
    private readonly PolicySet _policies;
    private readonly EntitySet _entities;
    private readonly AuthorizationRequest _request;

    public CedarScenario(int policies, int entities)
    {
        var asked = policies / 2;
        _policies = PolicySet.Parse([new PolicySource("benchmark.cedar", Text(policies))]).OrThrow();
        _entities = EntitySet.Create(Entities(asked, entities)).OrThrow();
        _request = new AuthorizationRequest(
            new EntityUid("Workload", $"w{asked}"),
            new EntityUid("Action", "read"),
            new EntityUid("Table", $"t{asked}"),
            CedarRecord.Of(("purpose", CedarValue.Of("report")), ("ttl", CedarValue.Of(300))));
        if (Decide() is not { Decision: CedarDecision.Allow, Reasons.Count: 1 })
            throw new InvalidOperationException("The request is not decided by one policy.");
    }

    public AuthorizationResponse Decide() => _policies.IsAuthorized(_request, _entities);

    private static string Text(int policies)
    {
        var text = new StringBuilder();
        for (var i = 0; i < policies; i++)
        {
            // Alternately by team and by workload, as people write them.
            var principal = i % 2 == 0 ? $"in Team::\"m{i}\"" : $"== Workload::\"w{i}\"";
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $$"""
                permit(principal {{principal}}, action in [Action::"read", Action::"list"], resource in Table::"t{{i}}")
                when { principal.level >= 2 && context.ttl <= 900 && context.purpose like "rep*" };

                """);
        }

        return text.ToString();
    }

    private static IEnumerable<CedarEntity> Entities(int asked, int count)
    {
        EntityUid staff = new("Team", "staff"), asking = new("Workload", $"w{asked}");
        yield return new CedarEntity(staff);
        yield return new CedarEntity(new("Team", $"m{asked}"), parents: [staff]);
        yield return new CedarEntity(asking, Level(3), [new("Team", $"m{asked}")]);
        yield return new CedarEntity(new("Schema", "sales"));
        yield return new CedarEntity(new("Table", $"t{asked}"), parents: [new("Schema", "sales")]);
        for (var i = 5; i < count; i++)
            yield return new CedarEntity(new("Workload", $"other{i}"), Level(i % 5), [staff]);
    }

    private static CedarRecord Level(long level) => CedarRecord.Of(("level", CedarValue.Of(level)), ("name", CedarValue.Of("x")));
}
