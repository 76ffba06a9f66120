using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace SecretsBroker.Tests.Hosting;

internal sealed class BrokerHostTests
{
    [Test]
    public async Task A_stop_lasts_as_long_as_revocations_in_hand_may_take()
    {
        await using var broker = await TestBroker.StartAsync(options => options.Settings["Revocation:StopTimeout"] = "00:04:00");

        Assert.That(
            broker.Services.GetRequiredService<IOptions<HostOptions>>().Value.ShutdownTimeout, Is.GreaterThan(TimeSpan.FromMinutes(4)));
    }

    [Test]
    public async Task The_publications_tell_whether_the_broker_is_well_too()
    {
        await using var broker = await TestBroker.StartAsync();
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(broker.Publications, "/healthz"));

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
    }
}
