using Grpc.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SecretsBroker.Configuration;
using SecretsBroker.Identity;
using SecretsBroker.Identity.WorkloadApi;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Identity.WorkloadApi;

/// <summary>What an agent gave is given up when it goes on refusing.</summary>
internal sealed class AgentRefusalsTests
{
    private readonly ManualTime _time = new();

    [Test]
    public void Refusals_are_meant_once_when_they_last()
    {
        var refusals = new AgentRefusals(_time);

        Assert.That(refusals.Refuse(), Is.False);
        _time.Advance(AgentRefusals.Patience - TimeSpan.FromSeconds(1));
        Assert.That(refusals.Refuse(), Is.False);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((refusals.Refuse(), refusals.Refuse()), Is.EqualTo((true, false)));
    }

    [Test]
    public void Message_between_begins_it_anew()
    {
        var refusals = new AgentRefusals(_time);
        refusals.Refuse();
        _time.Advance(AgentRefusals.Patience);

        refusals.Hear();

        Assert.That(refusals.Refuse(), Is.False);
        _time.Advance(AgentRefusals.Patience);
        Assert.That(refusals.Refuse(), Is.True);
    }

    [Test]
    public async Task Agent_that_goes_on_refusing_is_believed_no_more()
    {
        using var folder = new TemporaryFolder();
        using var measured = new MeasuredBroker(_time);
        var path = Path.Combine(folder.Path, "agent.sock");
        var options = new IdentityOptions();
        options.WorkloadApi.Socket = $"unix://{path}";
        var (served, bundles) = (new ServedSvid(_time), new WorkloadApiBundles(_time));
        using var feed = new WorkloadApiFeed(
            Options.Create(options),
            Options.Create(new ListenOptions()),
            served,
            bundles,
            measured.Metrics,
            _time,
            NullLogger<WorkloadApiFeed>.Instance);
        var root = TestAuthority.Create("example.org", _time.GetUtcNow());
        using var svid = root.Issue("spiffe://example.org/broker", leaf => leaf.To = TimeSpan.FromDays(200));
        await using (var agent = await TestWorkloadApi.StartAsync(path))
        {
            agent.Give(svid);
            agent.GiveCertificates(("example.org", root.Certificate.RawData));
            agent.GiveKeys(("example.org", $$"""{"keys":[{{TestKey.Create("ES256", "key").ToJwk(use: null).ToJsonString()}}]}"""));
            await feed.StartingAsync(default);
            await Wait.UntilAsync(() => served.Current is not null && Count() == 2);
        }

        // The clock stands still, so that none is opened again before it refuses.
        await using var refusing = await TestWorkloadApi.StartAsync(path);
        refusing.Refusal = StatusCode.PermissionDenied;
        await Wait.UntilAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(5));
            return served.Current is null && Count() == 0;
        });
        await feed.StoppedAsync(default);

        int Count() => bundles.Find("example.org", TimeSpan.MaxValue).Count;
    }
}
