using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;
using SecretsBroker.Hosting;
using SecretsBroker.Policy.Opa;

namespace SecretsBroker.Tests.Hosting;

internal sealed class BrokerCheckTests
{
    /// <summary>A value out of range for each kind of options.</summary>
    private static readonly Dictionary<string, string?> OutOfRange = new()
    {
        ["Approvals:PendingFor"] = "00:00:01",
        ["Approvals:Webhook:Timeout"] = "00:00:00",
        ["Audit:Broker"] = "no name",
        ["Behaviour:MaxDenials"] = "-1",
        ["Catalog:ReloadInterval"] = "00:00:00",
        ["Identity:Audiences:0"] = "",
        ["Issuance:MaxLivePerTask"] = "-1",
        ["Listen:Port"] = "70000",
        ["Operators:Killers:0"] = "somebody",
        ["Policy:ReloadInterval"] = "00:00:00",
        ["Recheck:Mode"] = "sometimes",
        ["Reconciliation:Mode"] = "sometimes",
        ["Revocation:StuckAfter"] = "0",
        ["Store:Kind"] = "mysql",
        ["Tasks:DefaultGrace"] = "00:00:00",
    };

    [Test]
    public async Task What_keeps_a_broker_from_starting_is_found_in_every_section()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(OutOfRange).Build();

        var (faults, _) = await BrokerCheck.RunAsync((configuration, []), online: false, CancellationToken.None);

        using (Assert.EnterMultipleScope())
        {
            foreach (var setting in OutOfRange.Keys)
            {
                Assert.That(faults, Has.Some.StartsWith(setting));
            }
        }
    }

    [Test]
    public void Every_kind_of_options_has_a_value_out_of_range_here()
    {
        var validators = typeof(BrokerCheck).Assembly.GetTypes()
            .Where(type => type.GetInterfaces().Any(one => one.IsGenericType && one.GetGenericTypeDefinition() == typeof(IValidateOptions<>)))
            // Asked by that of Policy, where there is a policy server.
            .Except([typeof(OpaOptionsValidator)]);

        Assert.That(validators.Count(), Is.EqualTo(OutOfRange.Count));
    }
}
