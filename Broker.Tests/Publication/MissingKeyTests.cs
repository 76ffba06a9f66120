using System.Net;

namespace SecretsBroker.Tests.Publication;

/// <summary>What strangers get, and bring about, while a target has no key.</summary>
[TestFixture("ssh", "ca.pub")]
[TestFixture("ssh", "krl")]
[TestFixture("jwt", "jwks.json")]
[TestFixture("oauth", "jwks.json")]
internal sealed class MissingKeyTests(string engine, string document)
{
    private PublicationHost _host = null!;

    [SetUp]
    public async Task Start() => _host = await PublicationHost.StartAsync(isPrepared: false);

    [TearDown]
    public async Task Stop() => await _host.DisposeAsync();

    [Test]
    public async Task Who_asks_makes_none()
    {
        Assert.That(await StatusAsync(), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        Assert.That(File.Exists(_host.KeyOf(engine)), Is.False);
    }

    [Test]
    public async Task It_is_there_once_its_target_is_in_force()
    {
        _host.Prepare();

        Assert.That(await StatusAsync(), Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task One_that_another_broker_made_is_read()
    {
        await using var other = await PublicationHost.StartAsync();
        File.Copy(other.KeyOf(engine), _host.KeyOf(engine));

        Assert.That(await StatusAsync(), Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task One_that_cannot_be_read_is_not_read_at_each_question()
    {
        await using var other = await PublicationHost.StartAsync();
        await File.WriteAllTextAsync(_host.KeyOf(engine), "spoilt");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_host.KeyOf(engine), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        Assert.That(await StatusAsync(), Is.EqualTo(HttpStatusCode.ServiceUnavailable));
        File.Copy(other.KeyOf(engine), _host.KeyOf(engine), overwrite: true);
        Assert.That(await StatusAsync(), Is.EqualTo(HttpStatusCode.ServiceUnavailable));

        _host.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(await StatusAsync(), Is.EqualTo(HttpStatusCode.OK));
    }

    private async Task<HttpStatusCode> StatusAsync()
    {
        using var response = await _host.Client.GetAsync($"/v1/{engine}/{engine}-target/{document}");
        return response.StatusCode;
    }
}
