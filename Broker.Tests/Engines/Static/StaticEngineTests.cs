using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Static;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines.Static;

/// <summary>Handing out, with and without a rotation.</summary>
internal sealed class StaticEngineTests
{
    private const string Account = "crm-login";

    private LegacySystem _system = null!;

    private static CancellationToken None => CancellationToken.None;

    [SetUp]
    public void MakeSystem() => _system = new LegacySystem();

    [TearDown]
    public void RemoveSystem() => _system.Dispose();

    [Test]
    public async Task Without_a_rotation_leases_share_the_value_and_revoking_says_that_its_holders_still_know_it()
    {
        await using var engine = await _system.EngineAsync(_system.Target(), Account, "hunter2");
        Assert.That(engine.Revocability, Is.EqualTo(Revocability.ExpireOnly));
        var (one, two) = (Request(), Request());
        using var first = await IssueAsync(engine, one);
        using var second = await IssueAsync(engine, two);
        Assert.That(first.Fields["password"].Reveal(), Is.EqualTo("hunter2"));
        Assert.That((first.Name, first.Version, second.Version), Is.EqualTo((Account, 1, 1)));

        await engine.RevokeAsync(LeaseOf(one, first), None);

        var verification = await engine.VerifyAsync(LeaseOf(one, first), None);
        Assert.That(verification, Is.EqualTo(new Verification(true, $"expire-only: version 1 of secret {Account} stays known to its holder")));
        Assert.That((await engine.VerifyAsync(LeaseOf(one, credential: null), None)).Evidence, Does.StartWith("expire-only: what was handed out"));
        Assert.That(_system.LogsIn(Account, "hunter2"), Is.True);
        Assert.That((await engine.Keeper.ListAsync(None))[Account].Holders, Is.Empty);
    }

    [Test]
    public async Task Grant_says_which_fields_are_handed_out()
    {
        await using var engine = await _system.EngineAsync(_system.Target(), Account, "hunter2");

        using var chosen = await IssueAsync(engine, Request(TestLeases.Grant("static", new { secrets = new[] { Account }, fields = new[] { "username" } })));

        Assert.That(chosen.Fields.Keys, Is.EqualTo(new[] { "username" }));
        Assert.That(
            async () => await IssueAsync(engine, Request(TestLeases.Grant("static", new { secrets = new[] { Account }, fields = new[] { "otp" } }))),
            Throws.TypeOf<EngineException>().With.Message.Contains("otp"));
    }

    [Test]
    public async Task What_was_never_put_is_not_handed_out()
    {
        await using var engine = _system.Engine(_system.Target());

        Assert.That(
            async () => await IssueAsync(engine, Request()),
            Throws.TypeOf<EngineException>().With.Property("IsTransient").False.And.Message.Contains("broker secret put"));
    }

    [Test]
    public async Task Renewing_holds_only_for_the_value_that_is_current()
    {
        await using var engine = await _system.EngineAsync(_system.Target(), Account, "hunter2");
        var request = Request();
        using var credential = await IssueAsync(engine, request);
        var lease = LeaseOf(request, credential);
        Assert.That(await engine.RenewAsync(lease, request.ExpireTime, None), Is.True);

        await LegacySystem.PutAsync(engine, Account, "hunter3");

        Assert.That(await engine.RenewAsync(lease, request.ExpireTime, None), Is.False);
    }

    [Test]
    public async Task End_of_a_lease_is_the_end_of_the_value()
    {
        await using var engine = await _system.EngineAsync(Rotating(), Account, "hunter2");
        Assert.That(engine.Revocability, Is.EqualTo(Revocability.Destroy));
        var request = Request();
        using var credential = await IssueAsync(engine, request);
        var lease = LeaseOf(request, credential);

        await engine.RevokeAsync(lease, None);

        Assert.That(_system.LogsIn(Account, "hunter2"), Is.False);
        Assert.That(
            await engine.VerifyAsync(lease, None),
            Is.EqualTo(new Verification(
                true, $"secret {Account} rotated to version 2: its command reported success; version 1 is destroyed here")));
        var kept = (await engine.Keeper.ListAsync(None))[Account];
        Assert.That(kept.Versions.Select(version => (version.Number, version.State)), Is.EqualTo(new[] { (1, VersionState.Destroyed), (2, VersionState.Current) }));
        Assert.That(kept.Find(1)!.Value, Is.Empty);
        using var next = await IssueAsync(engine, Request());
        Assert.That(_system.LogsIn(Account, next.Fields["password"].Reveal()), Is.True);
        Assert.That(next.Fields["username"].Reveal(), Is.EqualTo(Account), "what is not rotated is kept");
    }

    [Test]
    public async Task Command_is_told_all_that_it_needs_and_nothing_of_it_stands_in_its_arguments_or_environment()
    {
        var spy = _system.Write("spy.sh", $$"""
            tr '\0' ' ' < /proc/$$/cmdline >> "$1/seen"
            env >> "$1/seen"
            exec /bin/bash {{_system.HookFile}} "$1"
            """);
        await using var engine = await _system.EngineAsync(Rotating(["/bin/bash", spy, _system.Folder]), Account, "hunter2hunter2");
        var request = Request();
        using var credential = await IssueAsync(engine, request);

        await engine.RevokeAsync(LeaseOf(request, credential), None);

        var told = _system.Told.Single();
        Assert.That(told["target"]!.GetValue<string>(), Is.EqualTo("static-target"));
        Assert.That(told["secret"]!.GetValue<string>(), Is.EqualTo(Account));
        Assert.That(told["version"]!.GetValue<int>(), Is.EqualTo(2));
        Assert.That(told["lease_id"]!.GetValue<string>(), Is.EqualTo(request.LeaseId.Value));
        Assert.That(told["current"]!["password"]!.GetValue<string>(), Is.EqualTo("hunter2hunter2"));
        var proposed = told["proposed"]!["password"]!.GetValue<string>();
        Assert.That(proposed, Has.Length.EqualTo(32));
        Assert.That(await File.ReadAllTextAsync(_system.PathOf("seen")), Does.Contain("spy.sh").And.Not.Contain("hunter2").And.Not.Contain(proposed));
        Assert.That(_system.Log.Text, Does.Contain("version 2").And.Not.Contain("hunter2").And.Not.Contain(proposed));
    }

    [Test]
    public async Task One_lease_holds_a_secret_at_a_time_and_of_several_each_gets_one()
    {
        await using var engine = await _system.EngineAsync(Rotating(), "a", "one");
        _system.SetPassword("b", "two");
        await LegacySystem.PutAsync(engine, "b", "two");
        var grant = LegacySystem.Grant("a", "b");
        var requests = new[] { Request(grant), Request(grant) };
        using var first = await IssueAsync(engine, requests[0]);
        using var second = await IssueAsync(engine, requests[1]);
        Assert.That(new[] { first.Name, second.Name }, Is.EquivalentTo(new[] { "a", "b" }));

        Assert.That(async () => await IssueAsync(engine, Request(grant)), Throws.TypeOf<TargetBusyException>());

        await engine.RevokeAsync(LeaseOf(requests[0], first), None);
        using var third = await IssueAsync(engine, Request(grant));
        Assert.That(third.Name, Is.EqualTo(first.Name));
        Assert.That(_system.LogsIn(second.Name, second.Fields["password"].Reveal()), Is.True, "the other one is left alone");
    }

    [Test]
    public async Task Shared_value_is_rotated_once_when_the_last_of_many_leases_ends()
    {
        var target = _system.Target(new { command = _system.HookCommand, exclusive = false });
        await using var engine = await _system.EngineAsync(target, Account, "hunter2");
        await using var other = _system.Engine(target);
        Assert.That(engine.Revocability, Is.EqualTo(Revocability.ExpireOnly));
        var requests = Enumerable.Range(0, 12).Select(_ => Request()).ToArray();
        var credentials = await Task.WhenAll(requests.Select(request => IssueAsync(engine, request)));
        var leases = requests.Zip(credentials, LeaseOf).ToArray();

        await engine.RevokeAsync(leases[0], None);
        Assert.That(_system.LogsIn(Account, "hunter2"), Is.True);
        Assert.That((await engine.VerifyAsync(leases[0], None)).Evidence, Does.StartWith("expire-only until the last lease"));
        await Task.WhenAll(leases.Skip(1).Select((lease, i) => (i % 2 == 0 ? engine : other).RevokeAsync(lease, None).AsTask()));

        Assert.That(_system.LogsIn(Account, "hunter2"), Is.False);
        Assert.That(_system.Told, Has.Count.EqualTo(1));
        foreach (var lease in leases)
        {
            Assert.That((await engine.VerifyAsync(lease, None)).Evidence, Does.StartWith($"secret {Account} rotated to version 2"));
        }
    }

    private Target Rotating(string[]? command = null) => _system.Target(new { command = command ?? _system.HookCommand });

    private static IssueRequest Request(Grant? grant = null) => TestLeases.Request(
        grant ?? LegacySystem.Grant(Account), new CredentialInput.Static(), TimeProvider.System.GetUtcNow().AddMinutes(5));

    private static async Task<StaticCredential> IssueAsync(StaticEngine engine, IssueRequest request) =>
        (StaticCredential)await engine.IssueAsync(request, None);

    private static Lease LeaseOf(IssueRequest request, Credential? credential) =>
        TestLeases.LeaseOf(request) with { Handle = credential?.Handle ?? "" };
}
