using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Api;
using SecretsBroker.Audit;
using SecretsBroker.Identity;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.EndToEnd;
using SecretsBroker.Tests.Leases.Redis;

namespace SecretsBroker.Tests.Attacks;

/// <summary>
/// Bad inputs and attacks at one whole broker, over real connections: each is answered with its status, nothing is issued, and what was done
/// about it is on the record.
/// </summary>
[NonParallelizable]
internal sealed class AttackTests
{
    private AttackSite _site = null!;

    public static IEnumerable<Attack> Table => [.. IdentityAttacks.All, .. OwnershipAttacks.All, .. KillSwitchAttacks.All];

    [OneTimeSetUp]
    public async Task StartAsync() => _site = await AttackSite.StartAsync();

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (_site is not null)
        {
            await _site.DisposeAsync();
        }
    }

    [TearDown]
    public async Task LiftOrdersAsync()
    {
        foreach (var order in await _site.Broker.Store.ListKillOrdersAsync(default))
        {
            await _site.Broker.Store.LiftKillOrderAsync(order.Id, default);
        }
    }

    [TestCaseSource(nameof(Table))]
    public async Task Attack_is_refused_issues_nothing_and_is_told_of(Attack attack)
    {
        _site.KeepTime();
        var strike = await attack.Prepare(_site);
        var (issued, refusals, sequence) = (_site.Issued, _site.Refusals.Count, await _site.LastSequenceAsync());

        var refused = await Rpc.RefusedAsync(strike);

        Assert.That(attack.OrStatus.Append(attack.Status), Does.Contain(refused.StatusCode), refused.Status.Detail);
        Assert.That(Rpc.DetailOf(refused).Reason, Is.EqualTo(attack.Reason));
        Assert.That(_site.Issued, Is.EqualTo(issued));
        Assert.That(_site.Connections, Is.Zero);
        if (attack.Fault is { } fault)
        {
            Assert.That(_site.Refusals.Skip(refusals), Is.EqualTo(new[] { LabelText<AuthenticationFailure>.Of(fault.ToFailure()) }));
            // Now, not with the next pass of the minute; which may just have been.
            await _site.Broker.Services.GetRequiredService<AuthenticationFailureRecords>().WriteAsync(default);
            await Eventually.HoldsAsync(async () => (await _site.RecordsAfterAsync(sequence)).Any(
                record => record.Type == AuditEventType.AuthenticationFailed && record.Reason == $"{fault}"));
        }

        if (attack.Record is { } isIt)
        {
            await Eventually.HoldsAsync(async () => (await _site.RecordsAfterAsync(sequence)).Any(isIt));
        }
    }

    // Without them the table would pass if the broker refused everything.
    [Test]
    public async Task What_the_attacks_are_made_from_is_served()
    {
        _site.KeepTime();
        var issued = _site.Issued;
        await _site.IssueAsync($"Bearer {_site.Tokens.Svid()}");
        await _site.IssueAsync($"Bearer {_site.Tokens.Oidc()}");
        await _site.IssueAsync(_site.Certificates.Agent, []);
        var token = _site.Proofs.Token(Identity.Dpop.DpopRig.Key);
        await _site.IssueAsync($"DPoP {token}", _site.Proofs.Proof(token));

        Assert.That(_site.Issued, Is.EqualTo(issued + 4));
        Assert.That(_site.Connections, Is.Zero);
    }
}
