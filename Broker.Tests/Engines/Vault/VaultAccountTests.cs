using System.Text.Json;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Tests.Identity;

namespace SecretsBroker.Tests.Engines.Vault;

/// <summary>The broker's own account at the server.</summary>
internal sealed class VaultAccountTests
{
    private readonly CancellationTokenSource _end = new(TimeSpan.FromMinutes(3));
    private SteppedTime _time = null!;
    private TestVault _vault = null!;

    private CancellationToken Token => _end.Token;

    [SetUp]
    public async Task StartAsync()
    {
        _time = new SteppedTime();
        _vault = await TestVault.StartAsync(_time);
    }

    [TearDown]
    public async Task StopAsync() => await _vault.DisposeAsync();

    [OneTimeTearDown]
    public void Dispose() => _end.Dispose();

    [Test]
    public async Task Broker_logs_in_once_and_again_before_its_token_ends()
    {
        await _vault.Engine.CheckAsync(Token);
        await _vault.Engine.CheckAsync(Token);
        Assert.That(Logins, Is.EqualTo(1));

        _time.Advance(TimeSpan.FromMinutes(41));
        await _vault.Engine.CheckAsync(Token);

        Assert.That(Logins, Is.EqualTo(2));
    }

    [Test]
    public async Task Token_that_does_not_end_is_kept()
    {
        _vault.Server.LoginLife = TimeSpan.Zero;
        await _vault.Engine.CheckAsync(Token);

        _time.Advance(TimeSpan.FromDays(400));
        await _vault.Engine.CheckAsync(Token);

        Assert.That(Logins, Is.EqualTo(1));
    }

    [Test]
    public async Task Broker_logs_in_again_when_its_token_was_taken_away()
    {
        await _vault.Engine.CheckAsync(Token);
        _vault.Server.With(state =>
        {
            state.Tokens.Clear();
            return true;
        });
        _time.Advance(TimeSpan.FromSeconds(11));

        await _vault.Engine.CheckAsync(Token);

        Assert.That(Logins, Is.EqualTo(2));
    }

    [Test]
    public async Task Broker_whose_token_only_lacks_a_policy_does_not_log_in_again()
    {
        await _vault.Engine.CheckAsync(Token);
        _vault.Server.Policies["secrets-broker"] = new VaultPolicy().Allow("auth/token/lookup-self", "read");
        for (var i = 0; i < 3; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(11));
            await Assert.ThrowsAsync<EngineException>(async () => await _vault.Engine.IssueAsync(_vault.Request(), Token));
        }

        Assert.That(Logins, Is.EqualTo(1));
    }

    [Test]
    public async Task Leases_outlive_the_login_that_they_were_made_with()
    {
        var request = _vault.Request(timeToLive: TimeSpan.FromHours(1));
        using var credential = (SecretsBroker.Engines.Vault.VaultCredential)await _vault.Engine.IssueAsync(request, Token);
        _vault.Server.With(state => state.Tokens.Remove(_vault.Server.Requests.First(one => one.Token.Length > 0).Token));

        Assert.That(_vault.LetsIn(credential), Is.True);
    }

    [Test]
    public async Task Token_that_still_serves_is_used_while_the_login_does_not_work()
    {
        await _vault.Engine.CheckAsync(Token);
        _vault.Server.SecretId = "another";
        _time.Advance(TimeSpan.FromMinutes(41));

        await _vault.Engine.CheckAsync(Token);
        await _vault.Engine.CheckAsync(Token);
        Assert.That(Logins, Is.EqualTo(2), "it is tried again after a pause only");

        _time.Advance(TimeSpan.FromMinutes(20));
        var failure = await Assert.ThrowsAsync<EngineException>(async () => await _vault.Engine.CheckAsync(Token));
        Assert.That(failure!.Message, Is.EqualTo("target vault-target: the broker's login was answered with status 400"));
    }

    [Test]
    public async Task Changed_secret_is_read_at_the_next_login()
    {
        await _vault.Engine.CheckAsync(Token);
        _vault.Server.SecretId = "another";
        await File.WriteAllTextAsync(_vault.SecretIdFile, "another\n");
        _time.Advance(TimeSpan.FromMinutes(61));

        await _vault.Engine.CheckAsync(Token);
    }

    [Test]
    public async Task Token_from_a_file_is_read_at_each_use()
    {
        var first = AddToken();
        await File.WriteAllTextAsync(_vault.SecretIdFile, first.Id);
        await using var engine = _vault.EngineOf(TokenTarget());
        await engine.CheckAsync(Token);
        _vault.Server.With(state => state.Tokens.Remove(first.Id));

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(Token));
        Assert.That(failure!.Message, Is.EqualTo("target vault-target: checking was answered with status 403"));
        await File.WriteAllTextAsync(_vault.SecretIdFile, AddToken().Id);
        await engine.CheckAsync(Token);

        Assert.That(Logins, Is.Zero);
    }

    [Test]
    public async Task Token_that_no_header_can_hold_is_not_repeated()
    {
        await File.WriteAllTextAsync(_vault.SecretIdFile, "hvs.se\ncret");
        await using var engine = _vault.EngineOf(TokenTarget());

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(Token));

        Assert.That(failure!.Message, Is.EqualTo("target vault-target: the broker's token is none that can be sent"));
    }

    [Test]
    public async Task Jwt_is_sent_where_its_mount_is()
    {
        await using var engine = _vault.EngineOf(_vault.Target() with
        {
            Settings = JsonSerializer.SerializeToElement(new
            {
                url = _vault.Server.Url,
                jwt = new { mount = "kubernetes", role = "secrets-broker", token = new { file = _vault.SecretIdFile } },
            }),
        });

        await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(Token));

        var login = _vault.Server.Requests.Single(request => request.Path != "sys/health");
        Assert.That(login.Path, Is.EqualTo("auth/kubernetes/login"));
        Assert.That(((string?)login.Body["role"], (string?)login.Body["jwt"]), Is.EqualTo(("secrets-broker", _vault.Server.SecretId)));
    }

    [Test]
    public async Task Check_says_what_the_account_may_not()
    {
        _vault.Server.Policies["secrets-broker"] = new VaultPolicy()
            .Allow("auth/token/lookup-self", "read").Allow("sys/capabilities-self", "update").Allow("auth/token/*", "create", "read", "update", "delete", "list")
            .Allow("sys/leases/lookup/*", "list").Allow("sys/leases/revoke-prefix/*", "update").Allow("sys/leases/lookup", "update").Allow("sys/leases/revoke", "update");

        var finding = await Assert.ThrowsAsync<EngineException>(async () => await _vault.Engine.CheckAsync(Token));

        Assert.That(finding!.Message, Is.EqualTo(
            "target vault-target: its token lacks sudo on sys/leases/revoke-prefix/auth/token/create/sb_*; " +
            "its token lacks sudo on sys/leases/lookup/auth/token/create/sb_*/; its token lacks update on sys/leases/renew"));
    }

    [Test]
    public async Task Check_says_when_the_token_makes_no_others()
    {
        await File.WriteAllTextAsync(_vault.SecretIdFile, AddToken(type: "batch").Id);
        await using var engine = _vault.EngineOf(TokenTarget());

        var finding = await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(Token));

        Assert.That(finding!.Message, Is.EqualTo("target vault-target: its token is a batch token, or one of limited uses, which makes no others"));
    }

    [Test]
    public async Task Policy_of_the_sample_lets_the_broker_give_no_token_a_policy_of_its_choice()
    {
        await _vault.Engine.CheckAsync(Token);
        var own = _vault.Server.Requests.First(request => request.Token.Length > 0).Token;
        using var client = new HttpClient();
        client.DefaultRequestHeaders.Add("X-Vault-Token", own);

        using var response = await client.PostAsync(
            new Uri($"{_vault.Server.Url}/v1/auth/token/roles/sb_x"), new StringContent("""{"allowed_policies":["admin"]}"""), Token);

        Assert.That((int)response.StatusCode, Is.EqualTo(403));
    }

    private int Logins => _vault.Server.Requests.Count(request => request.Path == "auth/approle/login");

    private VaultServerToken AddToken(string type = "service") => _vault.Server.With(state =>
    {
        var token = new VaultServerToken
        {
            Id = state.New("hvs."), Accessor = state.New("accessor-"), Policies = ["secrets-broker", "invoices-read"], Type = type,
        };
        state.Add(token);
        return token;
    });

    private Target TokenTarget() => _vault.Target() with
    {
        Settings = JsonSerializer.SerializeToElement(new { url = _vault.Server.Url, token = new { file = _vault.SecretIdFile } }),
    };
}
