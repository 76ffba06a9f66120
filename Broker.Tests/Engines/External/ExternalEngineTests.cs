using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Http;
using SecretsBroker.Catalog;
using SecretsBroker.Engine.V1;
using SecretsBroker.Engines;
using SecretsBroker.Engines.External;
using SecretsBroker.Samples.LocalServers;
using Target = SecretsBroker.Catalog.Target;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>What an engine is told, and what becomes of one that fails, lies or is another than was expected.</summary>
internal sealed class ExternalEngineTests
{
    private const string Canary = "canary-7c1d";

    private TemporaryFolder _folder = null!;
    private TestEngine _process = null!;
    private ICredentialEngine _engine = null!;
    private CancellationTokenSource _end = null!;

    private CancellationToken Token => _end.Token;

    private string SecretFile => Path.Combine(_folder.Path, "admin");

    [SetUp]
    public async Task StartAsync()
    {
        _end = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        _folder = new TemporaryFolder();
        _process = await TestEngine.StartAsync(Path.Combine(_folder.Path, "engine.sock"));
        _engine = EngineOf();
    }

    [TearDown]
    public async Task StopAsync()
    {
        await _engine.DisposeAsync();
        await _process.DisposeAsync();
        _folder.Dispose();
        _end.Dispose();
    }

    [Test]
    public async Task Engine_is_told_what_belongs_to_the_call_and_to_its_target_and_nothing_else()
    {
        var request = TestExternal.Request(
            input: new CredentialInput.External(new SortedDictionary<string, string> { ["format"] = "plain" }));
        using var credential = (FieldsCredential)await _engine.IssueAsync(request, Token);

        var told = _process.Issues.Single();
        Assert.That(told, Is.EqualTo(new Engine.V1.IssueRequest
        {
            LeaseId = request.LeaseId.Value,
            Target = new Engine.V1.Target
            {
                Name = "external-target",
                Settings = Struct.Parser.ParseJson("""{"folder":"/srv/notes","limits":{"size":3}}"""),
                Secrets = { ["admin"] = ByteString.CopyFromUtf8(TestExternal.AdminSecret) },
            },
            Workload = TestLeases.Workload.Value,
            TaskId = "t-1",
            Intent = new Intent { Action = "read", Resource = "invoices-api/invoices", Tool = "curl", Purpose = "monthly report" },
            Grant = "external-grant",
            GrantSettings = Struct.Parser.ParseJson("""{"notebooks":["minutes"]}"""),
            ExpireTime = request.ExpireTime.ToTimestamp(),
            Input = { ["format"] = "plain" },
        }));
        Assert.That(credential.Handle, Is.EqualTo("h-1"));
        Assert.That(credential.Fields.Keys, Is.EquivalentTo((string[])["username", "password"]));
    }

    [Test]
    public async Task Secret_of_the_engine_is_read_at_each_call()
    {
        await File.WriteAllTextAsync(SecretFile, "another");
        using var credential = await _engine.IssueAsync(TestExternal.Request(), Token);

        Assert.That(_process.Issues.Single().Target.Secrets["admin"].ToStringUtf8(), Is.EqualTo("another"));
        File.Delete(SecretFile);
        var failure = await FailureOfAsync();
        Assert.That(failure.Message, Does.StartWith("target external-target: its secret admin (file ").And.EndsWith("cannot be read"));
    }

    [Test]
    public async Task Engine_that_was_started_again_is_found_and_revokes_what_it_issued_before()
    {
        var request = TestExternal.Request();
        using var credential = (FieldsCredential)await _engine.IssueAsync(request, Token);
        await _process.StopAsync();
        var failure = await Assert.ThrowsAsync<EngineException>(async () => await _engine.RevokeAsync(TestLeases.LeaseOf(request), Token));
        Assert.That(failure!.IsTransient, Is.True);
        Assert.That(_process.Accepts(credential), Is.True);

        await _process.StartAgainAsync();

        await _engine.RevokeAsync(TestLeases.LeaseOf(request), Token);
        Assert.That(_process.Accepts(credential), Is.False);
        Assert.That((await _engine.VerifyAsync(TestLeases.LeaseOf(request), Token)).Gone, Is.True);
    }

    [Test]
    public async Task Deaf_engine_is_given_up_after_the_targets_time()
    {
        var called = new TaskCompletionSource<ServerCallContext>(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.Answer = async (made, context) =>
        {
            called.TrySetResult(context);
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return made;
        };
        await using var engine = EngineOf(timeout: TimeSpan.FromSeconds(2));

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await engine.IssueAsync(TestExternal.Request(), Token));

        Assert.That(failure!.IsTransient, Is.True);
        if (called.Task.IsCompleted)
        {
            Assert.That((await called.Task).Deadline, Is.LessThan(DateTime.MaxValue));
        }
    }

    [Test]
    public async Task Issue_whose_caller_gave_up_is_cancelled_at_the_engine()
    {
        var called = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process.Answer = async (made, context) =>
        {
            await using var _ = context.CancellationToken.Register(() => cancelled.TrySetResult());
            called.TrySetResult();
            await cancelled.Task;
            return made;
        };
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var issue = _engine.IssueAsync(TestExternal.Request(), cancel.Token).AsTask();
        await called.Task.WaitAsync(Token);

        await cancel.CancelAsync();

        await Assert.CatchAsync<OperationCanceledException>(() => issue);
        await cancelled.Task.WaitAsync(Token);
    }

    [Test]
    public async Task Engine_that_crashes_while_it_issues_may_be_asked_again()
    {
        _process.Answer = (made, context) =>
        {
            context.GetHttpContext().Abort();
            return Task.FromResult(made);
        };
        var request = TestExternal.Request();

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await _engine.IssueAsync(request, Token));

        Assert.That(failure!.IsTransient, Is.True);
        await _engine.RevokeAsync(TestLeases.LeaseOf(request), Token);
        Assert.That(_process.IsRevoked(request.LeaseId.Value), Is.True);
    }

    [Test]
    public async Task What_an_engine_says_of_its_failure_goes_nowhere(
        [Values(StatusCode.Unavailable, StatusCode.Internal, StatusCode.Unknown, StatusCode.FailedPrecondition, StatusCode.PermissionDenied)] StatusCode status)
    {
        _process.Answer = (_, _) => throw new RpcException(new Status(status, Canary), new Metadata { { "x-canary", Canary } });

        var failure = await FailureOfAsync();

        Assert.That(failure.ToString(), Does.Not.Contain(Canary));
        Assert.That(failure.Message, Is.EqualTo($"target external-target: issuing ended with {status}"));
        Assert.That(failure.IsTransient, Is.EqualTo(status is StatusCode.Unavailable or StatusCode.Internal or StatusCode.Unknown));
    }

    [Test]
    public async Task Input_that_the_engine_refuses_is_the_callers_fault()
    {
        _process.Answer = (_, _) => throw new RpcException(new Status(StatusCode.InvalidArgument, Canary));

        var failure = await Assert.ThrowsAsync<CredentialInputException>(async () => await _engine.IssueAsync(TestExternal.Request(), Token));

        Assert.That(failure!.ToString(), Does.Not.Contain(Canary).And.Contains("credential.external.input"));
    }

    private static readonly TestCaseData[] Lies =
    [
        Lie("nothing", "1 to 32 fields", made => made.Fields.Clear()),
        Lie("too many fields", "1 to 32 fields", made => made.Fields.Add(Enumerable.Range(0, 33).ToDictionary(i => $"f{i}", _ => Bytes("x")))),
        Lie("a name with a NUL", "1 to 32 fields", made => made.Fields["pass\0word"] = Bytes(Canary)),
        Lie("a name with a line end", "1 to 32 fields", made => made.Fields["password\n"] = Bytes(Canary)),
        Lie("a name that is too long", "1 to 32 fields", made => made.Fields[new string('a', 65)] = Bytes(Canary)),
        Lie("an empty value", "fields must have", made => made.Fields["password"] = ByteString.Empty),
        Lie("a value with a NUL", "fields must have", made => made.Fields["password"] = Bytes($"{Canary}\0")),
        Lie("a value that is no text", "fields must have", made => made.Fields["password"] = ByteString.CopyFrom(0xff, 0xfe)),
        Lie("a value that is too long", "fields must have", made => made.Fields["password"] = Bytes(new string('a', 65_537))),
        Lie("a handle that is too long", "the handle must have", made => made.Handle = new string('h', 513)),
        Lie("a handle with a control character", "the handle must have", made => made.Handle = "h\u001b[31m"),
        Lie("a handle that holds the secret", "the handle must not hold", made => made.Handle = $"h-{made.Fields["password"].ToStringUtf8()}"),
        Lie("a handle that holds it in hexadecimal", "the handle must not hold", made => made.Handle = $"h:{Convert.ToHexString(made.Fields["password"].Span)}"),
        Lie("a handle that holds it in base64", "the handle must not hold", made => made.Handle = Convert.ToBase64String(Bytes($"{made.Fields["username"].ToStringUtf8()[..1]}:{made.Fields["password"].ToStringUtf8()}.").Span)),
        Lie("a handle that holds it in base64 for addresses", "the handle must not hold", made =>
        {
            made.Fields["password"] = Bytes("?>?>?>?>?>");
            made.Handle = $"h-{Base64Url.EncodeToString(Bytes("?>?>?>?>?>").Span)}";
        }),
        Lie("a handle with a short secret", "the handle must not hold", made =>
        {
            made.Fields["pin"] = Bytes("7391");
            made.Handle = "pin:7391/h";
        }),
        Lie("a secret that outlives its lease", "it must not end later", made => made.ExpireTime = made.ExpireTime.ToDateTimeOffset().AddSeconds(90).ToTimestamp()),
        Lie("an end that no clock reaches", "it must not end later", made => made.ExpireTime = new Timestamp { Seconds = long.MaxValue, Nanos = int.MaxValue }),
    ];

    [TestCaseSource(nameof(Lies))]
    public async Task Answer_that_breaks_the_contract_is_refused(string rule, Action<IssueResponse> lie)
    {
        _process.Answer = (made, _) =>
        {
            lie(made);
            return Task.FromResult(made);
        };

        var failure = await FailureOfAsync();

        Assert.That(failure.IsTransient, Is.False);
        Assert.That(failure.Message, Does.StartWith("target external-target: the engine's answer was refused: ").And.Contains(rule));
        Assert.That(failure.ToString(), Does.Not.Contain(Canary));
    }

    [Test]
    public async Task Handle_may_have_the_characters_of_a_short_value_by_chance()
    {
        _process.Answer = (made, _) =>
        {
            made.Fields["port"] = Bytes("5432");
            made.Fields["kind"] = Bytes("h");
            made.Handle = "h-a54321";
            return Task.FromResult(made);
        };

        using var credential = await _engine.IssueAsync(TestExternal.Request(), Token);

        Assert.That(credential.Handle, Is.EqualTo("h-a54321"));
    }

    [Test]
    public async Task Names_that_only_the_engine_has_are_counted_and_not_told()
    {
        const string Name = "canary_7c1d";
        _process.Description.TargetSettings.Add(new SettingDescription { Name = Name, Kind = SettingKind.Text, Required = true });
        _process.Description.TargetSettings.Add(new SettingDescription { Name = $"{Name}_2", Kind = SettingKind.Secret, Required = true });
        var required = await FailureOfAsync();
        _process.Description.TargetSettings.Where(setting => setting.Name.StartsWith(Name, StringComparison.Ordinal)).ToList()
            .ForEach(setting => setting.Required = false);
        _process.Finding = () => new CheckResponse { Faults = { new SettingFault { Setting = Name, Rule = SettingRule.Form } } };
        var found = await Assert.ThrowsAsync<EngineException>(async () => await _engine.CheckAsync(Token));

        Assert.That(required.Message, Is.EqualTo(
            "target external-target: engine_settings must have all that the engine requires: 1 missing; secrets must have all that the engine requires: 1 missing"));
        Assert.That(found!.Message, Is.EqualTo("target external-target: a setting that the catalogue does not have has not the right form"));
    }

    [Test]
    public async Task Answer_that_is_too_large_is_not_read()
    {
        _process.Answer = (made, _) =>
        {
            made.Fields["password"] = Bytes(new string('a', EngineConnection.MaxBytes + 1));
            return Task.FromResult(made);
        };

        Assert.That((await FailureOfAsync()).Message, Is.EqualTo("target external-target: issuing ended with ResourceExhausted"));
    }

    [Test]
    public async Task What_ends_only_by_time_must_say_when()
    {
        _process.Description.Revocability = Engine.V1.Revocability.ExpireOnly;
        await using var engine = EngineOf(settings => settings["revocability"] = "expire-only");
        using (await engine.IssueAsync(TestExternal.Request(), Token))
        {
            _process.Answer = (made, _) =>
            {
                made.ExpireTime = null;
                return Task.FromResult(made);
            };
        }

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await engine.IssueAsync(TestExternal.Request(), Token));

        Assert.That(failure!.Message, Does.EndWith("what ends only by time must say when"));
    }

    [Test]
    public async Task Engine_that_promises_less_than_expected_issues_nothing_and_revokes_all_the_same()
    {
        var request = TestExternal.Request();
        using var credential = await _engine.IssueAsync(request, Token);
        _process.Description.Revocability = Engine.V1.Revocability.DenyList;

        var failure = await FailureOfAsync();
        var renewal = await Assert.ThrowsAsync<EngineException>(
            async () => await _engine.RenewAsync(TestLeases.LeaseOf(request), request.ExpireTime, Token));
        await _engine.RevokeAsync(TestLeases.LeaseOf(request), Token);

        Assert.That(failure.IsTransient, Is.False);
        Assert.That(
            (failure.Message, renewal!.Message),
            Is.EqualTo(
                ("target external-target: the engine promises another revocability than the catalogue expects",
                "target external-target: the engine promises another revocability than the catalogue expects")));
        Assert.That(_process.Issues, Has.Count.EqualTo(1));
        Assert.That(_process.IsRevoked(request.LeaseId.Value), Is.True);
    }

    [Test]
    public async Task Engine_that_renews_nothing_is_not_asked_to()
    {
        _process.Description.Renewable = false;
        var request = TestExternal.Request();
        using var credential = await _engine.IssueAsync(request, Token);

        Assert.That(await _engine.RenewAsync(TestLeases.LeaseOf(request), request.ExpireTime.AddMinutes(5), Token), Is.False);
        await _engine.RevokeAsync(TestLeases.LeaseOf(request), Token);
    }

    [Test]
    public async Task Settings_that_the_engine_does_not_know_are_told_before_anything_is_issued()
    {
        await using var engine = EngineOf(settings =>
        {
            settings["engine_settings"] = new JsonObject { ["folder"] = 3, ["colour"] = Canary };
            settings["secrets"] = new JsonObject { ["other"] = new JsonObject { ["env"] = "NOWHERE" } };
        });
        var expected = "target external-target: engine_settings/folder must be a text; engine_settings/colour is not a setting of this engine; "
            + "secrets must have all that the engine requires: 1 missing; secrets/other is not a secret of this engine";

        var found = await Assert.ThrowsAsync<EngineException>(async () => await engine.CheckAsync(Token));
        var refused = await Assert.ThrowsAsync<EngineException>(async () => await engine.IssueAsync(TestExternal.Request(), Token));

        Assert.That((found!.Message, refused!.Message), Is.EqualTo((expected, expected)));
        Assert.That(_process.Issues, Is.Empty);
    }

    [Test]
    public async Task Settings_of_a_grant_that_the_engine_does_not_know_are_told_before_anything_is_issued()
    {
        var grant = TestLeases.Grant("external", new { engine_settings = new { notebooks = "minutes", colour = Canary } });

        var failure = await Assert.ThrowsAsync<EngineException>(async () => await _engine.IssueAsync(TestExternal.Request(grant), Token));

        Assert.That(failure!.Message, Is.EqualTo(
            "target external-target: engine_settings/notebooks must be a list of texts; engine_settings/colour is not a setting of this engine"));
        Assert.That(_process.Issues, Is.Empty);
    }

    [Test]
    public async Task What_the_engine_finds_wrong_with_settings_is_told_in_the_brokers_words()
    {
        _process.Finding = () => new CheckResponse { Faults = { new SettingFault { Setting = "folder", Rule = SettingRule.NotFound } } };
        var found = await Assert.ThrowsAsync<EngineException>(async () => await _engine.CheckAsync(Token));
        _process.Finding = () => new CheckResponse { Faults = { new SettingFault { Setting = Canary, Rule = SettingRule.Form } } };
        var refused = await Assert.ThrowsAsync<EngineException>(async () => await _engine.CheckAsync(Token));

        Assert.That(found!.Message, Is.EqualTo("target external-target: folder names what does not exist or cannot be used"));
        Assert.That(refused!.Message, Does.EndWith("it must name settings of its description").And.Not.Contain(Canary));
    }

    [Test]
    public async Task Proof_is_in_the_brokers_words_and_must_fit_together()
    {
        var lease = TestLeases.LeaseOf(TestExternal.Request());
        Assert.That(await _engine.VerifyAsync(lease, Token), Is.EqualTo(new Verification(Gone: true, "the engine found accounts: 0")));
        foreach (var (lie, rule) in (IEnumerable<(VerifyResponse, string)>)
        [
            (new VerifyResponse { Gone = true }, "it must say what was looked for"),
            (Seen(gone: true, (FindingKind.Account, 1)), "it must not say gone of what it has found"),
            (Seen(gone: true, (FindingKind.Account, -1)), "it must say what was looked for"),
            (Seen(gone: true, (FindingKind.Account, 0), (FindingKind.Account, 0)), "it must say what was looked for"),
            (Seen(gone: true, ((FindingKind)99, 0)), "it must say what was looked for"),
        ])
        {
            _process.Look = _ => lie;
            var failure = await Assert.ThrowsAsync<EngineException>(async () => await _engine.VerifyAsync(lease, Token));
            Assert.That(failure!.Message, Does.Contain(rule));
        }

        _process.Look = _ => Seen(gone: true, (FindingKind.DenyListEntry, 1), (FindingKind.Session, 0));
        Assert.That(
            (await _engine.VerifyAsync(lease, Token)).Evidence, Is.EqualTo("the engine found entries of the deny list: 1, sessions: 0"));
    }

    [Test]
    public async Task Socket_that_everybody_can_write_to_is_not_used()
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(_process.Socket, File.GetUnixFileMode(_process.Socket) | UnixFileMode.OtherWrite);
        }

        var failure = await FailureOfAsync();

        Assert.That(failure.IsTransient, Is.False);
        Assert.That(failure.Message, Does.StartWith("target external-target: its socket can be written to by everybody"));
        Assert.That(_process.Issues, Is.Empty);
    }

    [Test]
    public async Task Socket_at_which_nobody_listens_may_be_tried_again()
    {
        await _process.StopAsync();

        Assert.That((await FailureOfAsync()).IsTransient, Is.True);
    }

    private async Task<EngineException> FailureOfAsync() =>
        (await Assert.ThrowsAsync<EngineException>(async () => await _engine.IssueAsync(TestExternal.Request(), Token)))!;

    private ICredentialEngine EngineOf(Action<JsonObject>? change = null, TimeSpan? timeout = null)
    {
        var target = TestExternal.Target(_process.Socket, SecretFile, timeout);
        var settings = JsonObject.Create(target.Settings)!;
        change?.Invoke(settings);
        return TestExternal.Type.Create(target with { Settings = JsonSerializer.SerializeToElement(settings) });
    }

    private static TestCaseData Lie(string what, string rule, Action<IssueResponse> lie) =>
        new TestCaseData(rule, lie).SetArgDisplayNames(what);

    private static VerifyResponse Seen(bool gone, params IEnumerable<(FindingKind Kind, int Count)> findings) => new()
    {
        Gone = gone, Findings = { findings.Select(finding => new Finding { Kind = finding.Kind, Count = finding.Count }) },
    };

    private static ByteString Bytes(string text) => ByteString.CopyFrom(text, Encoding.UTF8);
}
