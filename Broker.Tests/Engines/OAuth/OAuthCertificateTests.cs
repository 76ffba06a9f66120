using System.Net;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using SecretsBroker.Engines;
using SecretsBroker.Engines.OAuth;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.OAuth;

/// <summary>A server that knows its client by the certificate of its connection (RFC 8705), and talks to nobody else.</summary>
[TestFixture]
internal sealed class OAuthCertificateTests : OAuthFixture
{
    private TemporaryFolder _folder = null!;
    private X509Certificate2 _certificate = null!;
    private ScriptedServer _server = null!;
    private OAuthEngine _engine = null!;

    [SetUp]
    public async Task StartServer()
    {
        _folder = new TemporaryFolder();
        _certificate = ServerCertificates.Of(IPAddress.Loopback);
        _server = await ScriptedServer.StartAsync(_certificate);
        _server.Client = Files.NewClientCertificate();
        _engine = NewClient();
    }

    [TearDown]
    public async Task StopServer()
    {
        await _engine.DisposeAsync();
        await _server.DisposeAsync();
        _certificate.Dispose();
        _folder.Dispose();
    }

    [Test]
    public async Task Client_is_known_by_its_certificate_and_shows_nothing_else()
    {
        var request = Request();

        using var credential = await _engine.IssueAsync(request, Token);
        var lease = ContractLease(request, credential.Handle);
        await _engine.RevokeAsync(lease, Token);

        Assert.That((await _engine.VerifyAsync(lease, Token)).Gone, Is.True);
        Assert.That(_server.Requests.Select(sent => sent.Path), Is.EqualTo((string[])["/token", "/introspect", "/revoke", "/introspect"]));
        foreach (var (_, form, authorization) in _server.Requests)
        {
            Assert.That((form["client_id"].ToString(), authorization), Is.EqualTo(("the broker", "")));
            Assert.That(form.Keys, Has.None.EqualTo("client_secret").And.None.EqualTo("client_assertion"));
        }
    }

    [Test]
    public async Task Without_it_the_server_is_not_talked_to()
    {
        await using var engine = NewClient(settings =>
        {
            settings["client_authentication"] = "client_secret_post";
            settings["client_secret"] = new JsonObject { ["file"] = Files.Path("client.secret") };
            settings.Remove("tls_certificate_file");
            settings.Remove("tls_key_file");
        });

        await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(Token));

        Assert.That(_server.Requests, Is.Empty);
        await _engine.CheckAsync(Token);
    }

    [Test]
    public async Task Another_certificate_is_shown_as_soon_as_its_files_are_there()
    {
        using var first = await _engine.IssueAsync(Request(), Token);
        _server.Client = Files.NewClientCertificate();

        using var second = await _engine.IssueAsync(Request(), Token);

        Assert.That(_server.Shown.Last(), Is.EqualTo(_server.Client).And.Not.EqualTo(_server.Shown.First()));
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "Links need a privilege there.")]
    public async Task Another_certificate_is_shown_when_the_folder_behind_links_is_exchanged()
    {
        _server.Client = Files.NewClientCertificate("first");
        Files.Mount("first");
        await using var engine = NewClient(settings =>
        {
            settings["tls_certificate_file"] = Files.Path("mounted.pem");
            settings["tls_key_file"] = Files.Path("mounted.key");
        });
        using var first = await engine.IssueAsync(Request(), Token);
        _server.Client = Files.NewClientCertificate("second");
        Files.Mount("second");

        using var second = await engine.IssueAsync(Request(), Token);

        Assert.That(_server.Shown.Last(), Is.EqualTo(_server.Client).And.Not.EqualTo(_server.Shown.First()));
    }

    [Test]
    public async Task Of_many_certificates_the_last_is_shown_and_those_long_replaced_are_let_go()
    {
        for (var i = 0; i < 4; i++)
        {
            using var credential = await _engine.IssueAsync(Request(), Token);
            Assert.That(_server.Shown.Last(), Is.EqualTo(_server.Client));
            _server.Client = Files.NewClientCertificate();
            Time.Advance(TimeSpan.FromMinutes(3));
        }

        Assert.That(_server.Shown.Distinct().Count(), Is.EqualTo(4));
    }

    [Test]
    public async Task Certificate_that_cannot_be_used_does_not_take_the_place_of_the_one_before()
    {
        var request = Request();
        using var credential = await _engine.IssueAsync(request, Token);
        Files.Replace("client.pem", Leak);

        await _engine.RevokeAsync(ContractLease(request, credential.Handle), Token);

        Assert.That(_server.Revoked, Is.EqualTo((string[])["t-1"]));
        Assert.That(Log.Text, Does.Contain("client certificate").And.Not.Contain(Leak));
    }

    [Test]
    public async Task Without_its_files_no_token_is_asked_for()
    {
        File.Delete(Files.Path("client.key"));
        var request = Request();

        var failed = await Assert.ThrowsAsync<EngineException>(async () => await _engine.IssueAsync(request, Token));

        Assert.That(failed!.Message, Does.Contain("client.pem"));
        Assert.That(_server.Requests, Is.Empty);
        Assert.That((await _engine.VerifyAsync(ContractLease(request, handle: ""), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Server_that_names_other_endpoints_for_it_is_asked_there()
    {
        _server.Metadata = Answer(new JsonObject
        {
            ["issuer"] = _server.Url,
            ["token_endpoint"] = $"{_server.Url}/elsewhere",
            ["revocation_endpoint"] = $"{_server.Url}/elsewhere",
            ["mtls_endpoint_aliases"] = new JsonObject { ["token_endpoint"] = $"{_server.Url}/token", ["revocation_endpoint"] = $"{_server.Url}/revoke" },
        }.ToJsonString());
        await using var engine = NewClient(settings =>
        {
            settings["issuer"] = _server.Url;
            foreach (var name in (string[])["token_endpoint", "revocation_endpoint", "introspection_endpoint"])
            {
                settings.Remove(name);
            }
        });
        var request = Request();

        using var credential = await engine.IssueAsync(request, Token);
        await engine.RevokeAsync(ContractLease(request, credential.Handle), Token);

        Assert.That(_server.Requests.Select(sent => sent.Path), Is.EqualTo((string[])["/token", "/revoke"]));
    }

    private OAuthEngine NewClient(Action<JsonObject>? change = null) => NewEngine(settings =>
    {
        foreach (var (name, path) in ((string, string)[])[("token_endpoint", "token"), ("revocation_endpoint", "revoke"), ("introspection_endpoint", "introspect")])
        {
            settings[name] = $"{_server.Url}/{path}";
        }

        settings.Remove("client_secret");
        settings["client_authentication"] = "tls_client_auth";
        settings["tls_ca_file"] = ServerCertificates.Write(_folder, _certificate);
        settings["tls_certificate_file"] = Files.Path("client.pem");
        settings["tls_key_file"] = Files.Path("client.key");
        change?.Invoke(settings);
    });
}
