using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Jwt;
using SecretsBroker.Engines.Keys;
using SecretsBroker.Identity;
using SecretsBroker.Intents;
using SecretsBroker.Intents.Delegations;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.Jwt;

[TestFixture]
internal sealed class JwtEngineTests
{
    private const string Issuer = "https://broker.example/tokens";

    private TemporaryFolder _folder = null!;
    private ManualTime _time = null!;
    private InMemoryDenyList _denyList = null!;
    private RecordingLogger<JwtEngine> _log = null!;
    private JwtEngine _engine = null!;

    private string KeyPath => Path.Combine(_folder.Path, "jwt.key");

    [SetUp]
    public void Create()
    {
        _folder = new TemporaryFolder();
        _time = new ManualTime();
        _denyList = new InMemoryDenyList(_time);
        _log = new RecordingLogger<JwtEngine>();
        _engine = Engine();
    }

    [TearDown]
    public async Task Dispose()
    {
        await _engine.DisposeAsync();
        _folder.Dispose();
    }

    [Test]
    public async Task Token_of_a_delegated_task_says_for_whom_and_through_whom_as_rfc_8693_does()
    {
        var (root, first, second) = (Workload("root"), Workload("first"), Workload("second"));
        var chain = new DelegationChain(
            new RootIntent("close the month", "", "00"),
            [Link(root), Link(first), Link(second)]);
        using var certificate = SelfSigned();
        var request = Request(new CredentialInput.Jwt(certificate.RawData, "")) with { Delegation = chain };

        using var credential = (AccessTokenCredential)await _engine.IssueAsync(request, CancellationToken.None);

        var claims = Json(credential.Text().Split('.')[1]);
        Assert.That(claims.GetProperty("sub").GetString(), Is.EqualTo(root.Value));
        Assert.That(claims.GetProperty("client_id").GetString(), Is.EqualTo(TestLeases.Workload.Value));
        var actor = claims.GetProperty("act");
        foreach (var acted in new[] { TestLeases.Workload, second, first })
        {
            Assert.That(actor.GetProperty("sub").GetString(), Is.EqualTo(acted.Value));
            actor = actor.TryGetProperty("act", out var before) ? before : default;
        }

        Assert.That(actor.ValueKind, Is.EqualTo(JsonValueKind.Undefined), "the root is the subject, and no actor");

        static WorkloadId Workload(string name) => new($"spiffe://example.org/agent/{name}");
        static DelegationLink Link(WorkloadId giver) => new(DelegationId.New(0), new TaskKey(giver, new TaskId("t-1")));
    }

    [Test]
    public async Task Token_has_the_shape_of_rfc_9068()
    {
        using var certificate = SelfSigned();
        var request = Request(new CredentialInput.Jwt(certificate.RawData, ""));
        using var credential = (AccessTokenCredential)await _engine.IssueAsync(request, CancellationToken.None);
        var parts = credential.Text().Split('.');
        var header = Json(parts[0]);
        var claims = Json(parts[1]);

        using (Assert.EnterMultipleScope())
        {
            Assert.That(header.GetProperty("typ").GetString(), Is.EqualTo("at+jwt"));
            Assert.That(header.GetProperty("alg").GetString(), Is.EqualTo("ES256"));
            Assert.That(header.GetProperty("kid").GetString(), Is.EqualTo(KeyIds()[0]));
            Assert.That(claims.GetProperty("iss").GetString(), Is.EqualTo(Issuer));
            Assert.That(claims.GetProperty("sub").GetString(), Is.EqualTo(TestLeases.Workload.Value));
            Assert.That(claims.TryGetProperty("act", out _), Is.False);
            Assert.That(claims.GetProperty("client_id").GetString(), Is.EqualTo(TestLeases.Workload.Value));
            Assert.That(claims.GetProperty("aud").GetString(), Is.EqualTo(Tokens.Audience));
            Assert.That(claims.GetProperty("iat").GetInt64(), Is.EqualTo(_time.GetUtcNow().ToUnixTimeSeconds()));
            Assert.That(claims.GetProperty("exp").GetInt64(), Is.EqualTo(request.ExpireTime.ToUnixTimeSeconds()));
            Assert.That(claims.GetProperty("jti").GetString(), Is.EqualTo(request.LeaseId.Value));
            Assert.That(
                claims.GetProperty("authorization_details").GetRawText(),
                Is.EqualTo("[{\"type\":\"secretsbroker_intent\",\"actions\":[\"read\"]," +
                    $"\"locations\":[\"{Tokens.Audience}\"],\"identifier\":\"invoices-api/invoices\"}}]"));
            Assert.That(
                claims.GetProperty("cnf").GetProperty("x5t#S256").GetString(),
                Is.EqualTo(Base64Url.EncodeToString(SHA256.HashData(certificate.RawData))));
            Assert.That(credential.TokenType, Is.EqualTo("Bearer"));
            Assert.That(credential.Audience, Is.EqualTo(Tokens.Audience));
        }
    }

    [Test]
    public async Task Token_for_a_key_is_bound_to_its_thumbprint()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var canonical = JsonWebKeys.Canonical(key);
        using var credential = (AccessTokenCredential)await _engine.IssueAsync(
            Request(new CredentialInput.Jwt(default, Encoding.UTF8.GetString(canonical))), CancellationToken.None);

        Assert.That(
            Json(credential.Text().Split('.')[1]).GetProperty("cnf").GetProperty("jkt").GetString(),
            Is.EqualTo(JsonWebKeys.Thumbprint(canonical)));
        Assert.That(credential.TokenType, Is.EqualTo("DPoP"));
    }

    [Test]
    public async Task Token_bound_to_nothing_needs_the_grants_permission()
    {
        foreach (var input in (CredentialInput[])[new CredentialInput.None(), new CredentialInput.Jwt(default, "")])
        {
            await Assert.ThrowsAsync<CredentialInputException>(
                async () => await _engine.IssueAsync(Request(input), CancellationToken.None));

            var allowed = Request(input) with { Grant = TestLeases.Grant("jwt", new { bearer = true }) };
            using var credential = await _engine.IssueAsync(allowed, CancellationToken.None);
            Assert.That(Json(credential.Text().Split('.')[1]).TryGetProperty("cnf", out _), Is.False);
        }
    }

    [Test]
    public async Task What_cannot_be_bound_to_is_refused()
    {
        using var certificate = SelfSigned();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var jwk = Encoding.UTF8.GetString(JsonWebKeys.Canonical(key));
        await AssertRefusedAsync(new CredentialInput.Jwt(certificate.RawData, jwk));
        await AssertRefusedAsync(new CredentialInput.Jwt((byte[])[.. certificate.RawData, 0], ""));
        await AssertRefusedAsync(new CredentialInput.Jwt(new byte[100], ""));
        await AssertRefusedAsync(new CredentialInput.Jwt(new byte[17 * 1024], ""));
        await AssertRefusedAsync(new CredentialInput.Jwt(Encoding.UTF8.GetBytes(certificate.ExportCertificatePem()), ""));
        await AssertRefusedAsync(new CredentialInput.X509(default, default));
    }

    [Test]
    public async Task Lease_that_is_over_gets_no_token()
    {
        using var certificate = SelfSigned();
        var request = Request(new CredentialInput.Jwt(certificate.RawData, "")) with { ExpireTime = _time.GetUtcNow() };

        await Assert.ThrowsAsync<EngineException>(async () => await _engine.IssueAsync(request, CancellationToken.None));
    }

    [Test]
    public async Task Token_is_refused_by_a_verifier_after_its_end_and_elsewhere()
    {
        using var certificate = SelfSigned();
        var request = Request(new CredentialInput.Jwt(certificate.RawData, ""));
        using var credential = await _engine.IssueAsync(request, CancellationToken.None);
        var (token, keys) = (credential.Text(), _engine.ReadKeySet().ToJsonString());

        Assert.That((await Tokens.ValidateAsync(token, keys, Issuer, request.ExpireTime.AddSeconds(-1))).IsValid, Is.True);
        Assert.That((await Tokens.ValidateAsync(token, keys, Issuer, request.ExpireTime)).IsValid, Is.False);
        Assert.That((await Tokens.ValidateAsync(token, keys, Issuer, _time.GetUtcNow(), "https://other.example")).IsValid, Is.False);
        Assert.That((await Tokens.ValidateAsync(token, keys, "https://other.example", _time.GetUtcNow())).IsValid, Is.False);
        await using var stranger = Engine(Path.Combine(_folder.Path, "other.key"));
        Assert.That(
            (await Tokens.ValidateAsync(token, stranger.ReadKeySet().ToJsonString(), Issuer, _time.GetUtcNow())).IsValid, Is.False);
    }

    [Test]
    public async Task Brokers_that_start_at_once_on_one_folder_sign_with_one_key()
    {
        var engines = Enumerable.Range(0, 8).Select(_ => Engine()).ToArray();
        using var start = new Barrier(engines.Length);

        var keySets = await Task.WhenAll(engines.Select(engine => Task.Factory.StartNew(
            () =>
            {
                start.SignalAndWait();
                return engine.ReadKeySet().ToJsonString();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default)));

        Assert.That(keySets.Distinct().Count(), Is.EqualTo(1));
        foreach (var engine in engines)
        {
            await engine.DisposeAsync();
        }
    }

    [Test]
    public async Task Previous_key_stays_published_until_its_tokens_have_ended()
    {
        using var certificate = SelfSigned();
        var old = Path.Combine(_folder.Path, "old.key");
        await using var before = Engine(old);
        using var credential = await before.IssueAsync(Request(new CredentialInput.Jwt(certificate.RawData, "")), CancellationToken.None);
        await using var after = Engine(KeyPath, old, _time.GetUtcNow().AddMinutes(5));

        var published = after.ReadKeySet().ToJsonString();
        Assert.That((await Tokens.ValidateAsync(credential.Text(), published, Issuer, _time.GetUtcNow())).IsValid, Is.True);
        Assert.That(KeyIds(after), Has.Length.EqualTo(2));

        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.That(KeyIds(after), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Previous_key_whose_time_is_over_needs_no_file()
    {
        var (missing, until) = (Path.Combine(_folder.Path, "missing.key"), _time.GetUtcNow().AddMinutes(5));
        await using var during = Engine(KeyPath, missing, until);
        Assert.Throws<EngineException>(() => during.ReadKeySet());

        _time.Advance(TimeSpan.FromMinutes(5));

        await using var after = Engine(KeyPath, missing, until);
        Assert.That(KeyIds(after), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task Key_set_holds_public_parts_only()
    {
        await _engine.CheckAsync(CancellationToken.None);

        var key = JsonDocument.Parse(_engine.ReadKeySet().ToJsonString()).RootElement.GetProperty("keys")[0];

        Assert.That(
            key.EnumerateObject().Select(m => m.Name), Is.EquivalentTo(new[] { "crv", "kty", "x", "y", "kid", "use", "alg" }));
    }

    [Test]
    public async Task Neither_key_nor_token_shows_in_a_log()
    {
        using var certificate = SelfSigned();
        using var credential = await _engine.IssueAsync(Request(new CredentialInput.Jwt(certificate.RawData, "")), CancellationToken.None);
        var secret = File.ReadAllLines(KeyPath)[1];

        Assert.That(_log.Text, Does.Contain(KeyPath).And.Not.Contain(secret).And.Not.Contain(credential.Text()));
    }

    [Test]
    public async Task Token_that_ended_is_gone_when_its_entry_is_over()
    {
        var lease = TestLeases.LeaseOf(Request(new CredentialInput.None()));
        await _engine.RevokeAsync(lease, CancellationToken.None);

        _time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(1));
        Assert.That((await _engine.VerifyAsync(lease, CancellationToken.None)).Evidence, Does.Contain("listed as revoked until"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await _engine.VerifyAsync(lease, CancellationToken.None)).Evidence, Does.Contain("ended by itself"));
        Assert.That(_denyList.Reads, Is.Zero, "proving one token must not read the whole list");
    }

    [Test]
    public async Task Lease_that_was_cut_after_signing_stays_listed_until_its_credential_has_ended()
    {
        var request = Request(new CredentialInput.None()) with { Grant = TestLeases.Grant("jwt", new { bearer = true }) };
        using var credential = await _engine.IssueAsync(request, CancellationToken.None);
        var lease = TestLeases.LeaseOf(request) with { Handle = credential.Handle, ExpireTime = _time.GetUtcNow() - TimeSpan.FromMinutes(6) };

        await _engine.RevokeAsync(lease, CancellationToken.None);

        _time.Advance(request.ExpireTime + DenyListing.Leeway - _time.GetUtcNow() - TimeSpan.FromSeconds(1));
        Assert.That(await _denyList.FindAsync("jwt-target", lease.Id, CancellationToken.None), Is.Not.Null);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That((await _engine.VerifyAsync(lease, CancellationToken.None)).Gone, Is.True);
    }

    private async Task AssertRefusedAsync(CredentialInput input) => await Assert.ThrowsAsync<CredentialInputException>(
        async () => await _engine.IssueAsync(Request(input), CancellationToken.None));

    private string[] KeyIds(JwtEngine? engine = null) =>
        [.. (engine ?? _engine).ReadKeySet()["keys"]!.AsArray().Select(k => k!["kid"]!.GetValue<string>())];

    [Test]
    public async Task Keys_that_can_be_read_are_known_beside_one_that_cannot()
    {
        _engine.Prepare();
        var signers = _engine.ReadSigners();
        var (unusable, until) = (Path.Combine(_folder.Path, "unusable.key"), _time.GetUtcNow().AddHours(1));
        await File.WriteAllTextAsync(unusable, "no key");

        await using var beside = Engine(previous: unusable, until: until);
        await using var behind = Engine(keyFile: unusable, previous: KeyPath, until: until);

        Assert.That(signers, Has.Count.EqualTo(1));
        Assert.That((beside.ReadSigners(), behind.ReadSigners()), Is.EqualTo((signers, signers)));
    }

    private static JsonElement Json(string part) => JsonDocument.Parse(Base64Url.DecodeFromChars(part)).RootElement;

    private X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=agent", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(_time.GetUtcNow(), _time.GetUtcNow().AddHours(1));
    }

    private IssueRequest Request(CredentialInput input) =>
        TestLeases.Request(TestLeases.Grant("jwt"), input, _time.GetUtcNow().AddMinutes(5));

    private JwtEngine Engine(string? keyFile = null, string? previous = null, DateTimeOffset until = default) =>
        (JwtEngine)new JwtEngineType(_denyList, _time, _log).Create(TestLeases.Target("jwt", new
        {
            key_file = keyFile ?? KeyPath,
            issuer = Issuer,
            audience = Tokens.Audience,
            previous_keys = previous is null ? [] : new[] { new { file = previous, until = until.ToString("O") } },
        }));
}
