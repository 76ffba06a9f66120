using System.Text.Json.Nodes;
using SecretsBroker.Policy;
using SecretsBroker.Revocation.Recheck;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Policy.Opa;

namespace SecretsBroker.Tests.Policy;

internal sealed class SecondOpinionPolicyEngineTests
{
    [Test]
    public async Task Server_that_denies_is_believed_although_a_permit_could_not_be_evaluated()
    {
        using var folder = new PolicyFolder();
        var load = await folder.Write("""
            permit (principal, action, resource);
            @id("overflows") permit (principal, action, resource) when { context.ttl_seconds * 9223372036854775807 > 1 };
            """).LoadAsync();
        var current = new CurrentPolicies();
        current.Replace(load.Snapshot!);
        await using var server = await OpaServer.StartAsync();
        using var rig = new OpaRig(server.Address);
        var engine = new SecondOpinionPolicyEngine(new CedarPolicyEngine(current), rig.Engine);

        Assert.That((await engine.DecideAsync(Questions.Full(), default)).FailedPolicies, Is.EqualTo(new[] { "overflows" }));

        server.Rule = _ => JsonValue.Create(false);
        var denied = await engine.DecideAsync(Questions.Full(), default);
        Assert.That(denied.FailedPolicies, Is.Empty);
        Assert.That(LeaseVerdict.Of(denied).Kind, Is.EqualTo(RecheckVerdict.Denied));
    }
}
