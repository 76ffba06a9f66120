using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using SecretsBroker.Configuration;
using SecretsBroker.Hosting;
using SecretsBroker.Identity.WorkloadApi;
using Spiffe.Workload;

namespace SecretsBroker.Tests.Identity.WorkloadApi;

internal sealed class ServedSvidTests
{
    private readonly SteppedTime _time = new();

    [Test]
    public async Task Certificate_is_shown_until_it_expires_and_then_the_broker_is_not_healthy()
    {
        var served = new ServedSvid(_time);
        var health = new ListenerHealthCheck(Options.Create(new ListenOptions { WorkloadApi = true }), served);
        Assert.That(served.Current, Is.Null);
        using var svid = TestAuthority.Create("example.org", _time.GetUtcNow()).Issue("spiffe://example.org/broker");
        served.Replace(new X509SVIDResponse
        {
            Svids =
            {
                new X509SVID
                {
                    X509Svid = ByteString.CopyFrom(svid.RawData),
                    X509SvidKey = ByteString.CopyFrom(svid.GetECDsaPrivateKey()!.ExportPkcs8PrivateKey()),
                },
            },
        });

        _time.Advance(TimeSpan.FromHours(1));
        Assert.That(served.Current?.TargetCertificate.Thumbprint, Is.EqualTo(svid.Thumbprint));
        Assert.That((await health.CheckHealthAsync(new HealthCheckContext())).Status, Is.EqualTo(HealthStatus.Healthy));

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(served.Current, Is.Null);
        Assert.That((await health.CheckHealthAsync(new HealthCheckContext())).Status, Is.EqualTo(HealthStatus.Unhealthy));
    }

    [Test]
    public async Task Listener_with_files_is_healthy_without_an_agent() => Assert.That(
        (await new ListenerHealthCheck(Options.Create(new ListenOptions()), new ServedSvid(_time)).CheckHealthAsync(new HealthCheckContext())).Status,
        Is.EqualTo(HealthStatus.Healthy));
}
