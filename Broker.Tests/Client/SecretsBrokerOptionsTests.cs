using Microsoft.Extensions.DependencyInjection;
using SecretsBroker.Client;

namespace SecretsBroker.Tests.Client;

[TestFixture]
internal sealed class SecretsBrokerOptionsTests
{
    private static readonly TestCaseData[] Unusable =
    [
        Case("Token", options => options.Token = null),
        Case("Address", options => options.Address = new Uri("http://broker.example:7443")),
        Case("Address", options => options.Address = new Uri("ftp://localhost")),
        Case("Address", options => options.Address = new Uri("/broker", UriKind.Relative)),
        Case("KeyFile", options => options.CertificateFile = "svid.pem"),
        Case("CertificateFile", options => (options.CertificateFile, options.KeyFile, options.Address) = ("svid.pem", "svid.key", new Uri("http://localhost:1"))),
        Case("CertificateFile", options => (options.CertificateFile, options.KeyFile) = ("none.pem", "none.key")),
        Case("CallTimeout", options => options.CallTimeout = TimeSpan.Zero),
        Case("MaxAttempts", options => options.MaxAttempts = 0),
        Case("LifelineGrace", options => options.LifelineGrace = TimeSpan.FromSeconds(2)),
    ];

    [TestCaseSource(nameof(Unusable))]
    public void Options_that_cannot_be_used_are_refused_by_name(string setting, Action<SecretsBrokerOptions> spoil)
    {
        var options = new SecretsBrokerOptions { Token = AnyToken() };
        spoil(options);

        var fault = Assert.Throws<ArgumentException>(() => new SecretsBrokerClient(options).Dispose());

        Assert.That(fault!.Message, Does.StartWith(setting + ":"));
    }

    [Test]
    public async Task Container_makes_one_client_from_what_else_it_has_and_disposes_it()
    {
        await using var broker = await TestBroker.StartAsync();
        var services = new ServiceCollection()
            .AddSingleton(AnyToken())
            .AddSecretsBroker((provider, options) =>
            {
                options.Address = broker.Address;
                options.Token = TokenSource.FromCallback(_ => ValueTask.FromResult(broker.TokenOf(TestBroker.Agent)));
                Assert.That(provider.GetRequiredService<TokenSource>(), Is.Not.Null);
            })
            .AddSecretsBroker(options => options.MaxAttempts = 0);
        SecretsBrokerClient client;
        await using (var provider = services.BuildServiceProvider())
        {
            client = provider.GetRequiredService<SecretsBrokerClient>();
            Assert.That(provider.GetRequiredService<SecretsBrokerClient>(), Is.SameAs(client));
            await client.RunTaskAsync("work", _ => Task.CompletedTask);
        }

        var failure = await Assert.ThrowsAsync<SecretsBrokerException>(() => client.StartTaskAsync("too late"));
        Assert.That(failure!.Reason, Is.EqualTo("CLIENT_DISPOSED"));
    }

    private static TestCaseData Case(string setting, Action<SecretsBrokerOptions> spoil) => new(setting, spoil);

    private static TokenSource AnyToken() => TokenSource.FromCallback(_ => ValueTask.FromResult("any"));
}
