using System.Text.Json.Nodes;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Vault;
using SecretsBroker.Tests.Identity;

namespace SecretsBroker.Tests.Engines.Vault;

/// <summary>What a lease is at the server, how long, and what is left of it.</summary>
internal sealed class VaultEngineTests
{
    private readonly CancellationTokenSource _end = new(TimeSpan.FromMinutes(3));
    private SteppedTime _time = null!;
    private TestVault _vault = null!;

    private CancellationToken Token => _end.Token;

    private ICredentialEngine Engine => _vault.Engine;

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
    public async Task Callers_get_the_fields_that_the_grant_names_whatever_their_type()
    {
        _vault.Server.Mounts[VaultServer.InvoicesPath] = _ => new(TimeSpan.FromHours(1), TimeSpan.FromHours(1), new JsonObject
        {
            ["username"] = "v \"ü\" \n", ["port"] = 5432, ["hosts"] = new JsonArray("a", "b"), ["ca"] = null, ["internal"] = "not for agents",
        });

        using var some = await IssueAsync(fields: ["username", "port", "hosts"]);
        using var all = await IssueAsync();

        Assert.That(Revealed(some), Is.EquivalentTo(new Dictionary<string, string>
        {
            ["username"] = "v \"ü\" \n", ["port"] = "5432", ["hosts"] = "[\"a\",\"b\"]",
        }));
        Assert.That(all.Fields.Keys, Is.EquivalentTo((string[])["username", "port", "hosts", "internal"]));
    }

    [Test]
    public async Task Secret_is_made_with_a_token_that_may_do_nothing_else_and_says_for_whom()
    {
        var request = _vault.Request();
        using var credential = await Engine.IssueAsync(request, Token);

        var made = _vault.Server.Requests.Single(one => one.Path == VaultServer.InvoicesPath);
        var token = _vault.Server.With(state => state.Tokens[made.Token]);
        Assert.That(token.Policies, Is.EqualTo((string[])["invoices-read"]));
        Assert.That((string?)token.Meta["secretsbroker_lease"], Is.EqualTo(request.LeaseId.Value));
        Assert.That((string?)token.Meta["secretsbroker_workload"], Is.EqualTo(request.Workload.Value));
    }

    [Test]
    public async Task Vault_ends_a_lease_that_no_broker_is_there_to_end()
    {
        using var credential = (VaultCredential)await Engine.IssueAsync(_vault.Request(timeToLive: TimeSpan.FromMinutes(5)), Token);

        _time.Advance(TimeSpan.FromMinutes(5.5));
        Assert.That(_vault.LetsIn(credential), Is.True, "before the broker's minute is over");
        _time.Advance(TimeSpan.FromMinutes(1));

        Assert.That(_vault.LetsIn(credential), Is.False);
    }

    [Test]
    public async Task Renewed_lease_lives_on_at_the_server()
    {
        var request = _vault.Request(timeToLive: TimeSpan.FromMinutes(5));
        using var credential = (VaultCredential)await Engine.IssueAsync(request, Token);
        var lease = TestVault.LeaseOf(request, credential) with { MaxExpireTime = request.ExpireTime.AddMinutes(50) };

        Assert.That(await Engine.RenewAsync(lease, request.ExpireTime.AddMinutes(30), Token), Is.True);
        Assert.That(await Engine.RenewAsync(lease, request.ExpireTime.AddMinutes(10), Token), Is.True, "an earlier end, which cuts nothing");
        _time.Advance(TimeSpan.FromMinutes(34));

        Assert.That(_vault.LetsIn(credential), Is.True);
        await Engine.RevokeAsync(lease, Token);
        Assert.That(_vault.LetsIn(credential), Is.False);
    }

    [Test]
    public async Task Renewal_that_the_server_would_cut_short_is_refused()
    {
        MakeUsers(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(20));
        var request = _vault.Request(timeToLive: TimeSpan.FromMinutes(5));
        using var credential = await Engine.IssueAsync(request, Token);
        var lease = TestVault.LeaseOf(request, credential) with { MaxExpireTime = request.ExpireTime.AddMinutes(50) };

        Assert.That(await Engine.RenewAsync(lease, request.ExpireTime.AddMinutes(14), Token), Is.True);
        Assert.That(await Engine.RenewAsync(lease, request.ExpireTime.AddMinutes(16), Token), Is.False);
    }

    [Test]
    public async Task Lease_that_is_gone_or_cannot_be_found_is_not_renewed()
    {
        var request = _vault.Request();
        using var credential = await Engine.IssueAsync(request, Token);
        var lease = TestVault.LeaseOf(request, credential);

        Assert.That(await Engine.RenewAsync(lease with { Handle = "" }, request.ExpireTime, Token), Is.False);
        await Engine.RevokeAsync(lease, Token);
        Assert.That(await Engine.RenewAsync(lease, request.ExpireTime, Token), Is.False);
    }

    [Test]
    public async Task Secret_that_lives_shorter_than_the_lease_is_stretched_when_it_is_made()
    {
        MakeUsers(TimeSpan.FromMinutes(1), TimeSpan.FromHours(1));

        using var credential = (VaultCredential)await Engine.IssueAsync(_vault.Request(timeToLive: TimeSpan.FromMinutes(5)), Token);
        _time.Advance(TimeSpan.FromMinutes(4));

        Assert.That(_vault.LetsIn(credential), Is.True);
    }

    [Test]
    public async Task Secret_that_cannot_live_as_long_as_the_lease_is_not_handed_out()
    {
        MakeUsers(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(2));

        await AssertRefusedAsync("it gives the secret for a shorter time than the lease's: lower max_ttl, or raise it there");
    }

    [Test]
    public async Task Token_that_cannot_live_as_long_as_the_lease_makes_nothing()
    {
        _vault.Server.MaxTokenLife = TimeSpan.FromMinutes(1);

        await AssertRefusedAsync("its tokens may not live as long as the lease: raise max_lease_ttl there, or lower max_ttl");
        Assert.That(_vault.Server.Requests.Any(request => request.Path == VaultServer.InvoicesPath), Is.False);
    }

    [Test]
    public async Task What_has_no_lease_is_not_handed_out()
    {
        _vault.Server.Mounts[VaultServer.InvoicesPath] = _ =>
            VaultServer.NewUser(TimeSpan.FromHours(1), TimeSpan.FromHours(1)) with { HasLease = false };

        await AssertRefusedAsync("what is at the grant's path has no lease, so that it cannot be revoked");
    }

    [Test]
    public async Task Lifetime_and_parameters_are_sent_where_the_grant_says()
    {
        _vault.Server.Policies["invoices-read"].Allow(VaultServer.InvoicesPath, "update");
        var grant = TestVault.Grant(new
        {
            path = VaultServer.InvoicesPath, method = "PUT", parameters = new { region = "eu" }, ttl_parameter = "ttl", policies = new[] { "invoices-read" },
        });
        using var credential = await Engine.IssueAsync(_vault.Request(grant, TimeSpan.FromMinutes(5)), Token);

        var made = _vault.Server.Requests.Single(one => one.Path == VaultServer.InvoicesPath);
        Assert.That(made.Method, Is.EqualTo("PUT"));
        Assert.That(made.Body.ToJsonString(), Is.EqualTo("""{"region":"eu","ttl":"300s"}"""));
    }

    [Test]
    public async Task Issue_of_which_the_answer_was_lost_is_revoked_by_the_leases_name_alone()
    {
        var request = _vault.Request();
        using var credential = (VaultCredential)await Engine.IssueAsync(request, Token);
        var lease = TestVault.LeaseOf(request, credential: null);
        var role = $"sb_{request.LeaseId.Value}";
        Assert.That((await Engine.VerifyAsync(lease, Token)).Evidence, Is.EqualTo($"token role {role}: exists, 1 tokens; no lease of Vault's is known"));

        await Engine.RevokeAsync(lease, Token);

        Assert.That(_vault.LetsIn(credential), Is.False);
        var verification = await Engine.VerifyAsync(lease, Token);
        Assert.That(verification, Is.EqualTo(new Verification(Gone: true, $"token role {role}: no such role, 0 tokens; no lease of Vault's is known")));
    }

    [Test]
    public async Task Secret_is_gone_before_the_revocation_succeeds_although_Vaults_queue_stands()
    {
        _vault.Server.With(state => state.IsQueueHeld = true);
        var request = _vault.Request();
        using var credential = (VaultCredential)await Engine.IssueAsync(request, Token);

        await Engine.RevokeAsync(TestVault.LeaseOf(request, credential), Token);

        Assert.That(_vault.LetsIn(credential), Is.False);
    }

    [Test]
    public async Task Revocation_that_Vault_cannot_carry_out_is_not_done_until_it_can()
    {
        _vault.Server.With(state => state.IsQueueHeld = true);
        var request = _vault.Request();
        using var credential = (VaultCredential)await Engine.IssueAsync(request, Token);
        var lease = TestVault.LeaseOf(request, credential);
        _vault.Server.IsBackendUp = false;

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await Engine.RevokeAsync(lease, Token));

        Assert.That((failure!.Message, failure.IsTransient), Is.EqualTo(("target vault-target: revoking was answered with status 500", true)));
        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.False);
        Assert.That(_vault.Server.With(state => state.Roles.Count), Is.Zero, "the steps that could be done were");
        _vault.Server.IsBackendUp = true;
        await Engine.RevokeAsync(lease, Token);
        Assert.That((await Engine.VerifyAsync(lease, Token)).Gone, Is.True);
        Assert.That(_vault.LetsIn(credential), Is.False);
    }

    [TestCase("sys/leases/revoke-prefix/", 20)]
    [TestCase("sys/leases/revoke", 60)]
    public async Task Step_of_the_end_that_hangs_does_not_keep_the_others_from_being_done(string hanging, int seconds)
    {
        var time = new ManualTime();
        await using var vault = await TestVault.StartAsync(time);
        var request = vault.Request();
        using var credential = (VaultCredential)await vault.Engine.IssueAsync(request, Token);
        var before = vault.Server.Requests.Count;
        var hangs = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        vault.Server.Instead = async context =>
        {
            var path = context.Request.Path.Value!["/v1/".Length..];
            if (hanging.EndsWith('/') ? !path.StartsWith(hanging, StringComparison.Ordinal) : path != hanging)
            {
                return false;
            }

            hangs.TrySetResult();
            await Task.Delay(Timeout.Infinite, context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };

        var revoking = vault.Engine.RevokeAsync(TestVault.LeaseOf(request, credential), Token).AsTask();
        await hangs.Task.WaitAsync(Token);
        time.Advance(TimeSpan.FromSeconds(seconds));

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await revoking);
        Assert.That(failure!.Message, Does.Contain("took too long"));
        Assert.That(
            vault.Server.Requests.Skip(before).Select(one => one.Path.Split("/auth/")[0]).Where(path => path.StartsWith("sys/", StringComparison.Ordinal)),
            Is.EqualTo((string[])["sys/leases/revoke-prefix", "sys/leases/revoke"]));
        Assert.That(vault.LetsIn(credential), Is.False);
    }

    [Test]
    public async Task Lease_of_somebody_else_is_left_alone()
    {
        _vault.Server.With(state =>
        {
            state.Leases["database/creds/other/1"] = new VaultServerLease { Id = "database/creds/other/1", Token = "theirs", Expires = DateTimeOffset.MaxValue };
            return true;
        });
        var request = _vault.Request();
        using var credential = await Engine.IssueAsync(request, Token);

        await Engine.RevokeAsync(TestVault.LeaseOf(request, credential), Token);

        Assert.That(_vault.Server.With(state => state.Leases.Keys.ToArray()), Is.EqualTo((string[])["database/creds/other/1"]));
    }

    private static Dictionary<string, string> Revealed(VaultCredential credential) =>
        credential.Fields.ToDictionary(field => field.Key, field => field.Value.Reveal());

    private async Task<VaultCredential> IssueAsync(string[]? fields = null)
    {
        var grant = TestVault.Grant(new { path = VaultServer.InvoicesPath, policies = new[] { "invoices-read" }, fields = fields ?? [] });
        return (VaultCredential)await Engine.IssueAsync(_vault.Request(grant), Token);
    }

    private void MakeUsers(TimeSpan timeToLive, TimeSpan maxTimeToLive) =>
        _vault.Server.Mounts[VaultServer.InvoicesPath] = _ => VaultServer.NewUser(timeToLive, maxTimeToLive);

    /// <summary>And what was made is found and ended.</summary>
    private async Task AssertRefusedAsync(string message)
    {
        var request = _vault.Request(timeToLive: TimeSpan.FromMinutes(5));
        var failure = await Assert.ThrowsAsync<EngineException>(async () => await Engine.IssueAsync(request, Token));
        Assert.That((failure!.Message, failure.IsTransient), Is.EqualTo(($"target vault-target: {message}", false)));
        await Engine.RevokeAsync(TestVault.LeaseOf(request, credential: null), Token);
        Assert.That(_vault.Server.With(state => state.Leases.Count + state.Roles.Count), Is.Zero);
    }
}
