using System.Text.Json.Nodes;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Static;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines.Static;

/// <summary>The broker died before it told what it handed out, and when the lease ends the settings are others.</summary>
internal sealed class SharedBeforeTests
{
    private const string Account = "crm-login";

    private LegacySystem _system = null!;

    private static CancellationToken None => CancellationToken.None;

    [SetUp]
    public void MakeSystem() => _system = new LegacySystem();

    [TearDown]
    public void RemoveSystem() => _system.Dispose();

    [Test]
    public async Task Lease_that_shared_a_value_is_not_called_gone_because_a_value_is_one_leases_now()
    {
        await using var shared = await _system.EngineAsync(Rotating(isExclusive: false), Account, "hunter2");
        var lease = await IssueAsync(shared);
        await IssueAsync(shared);

        await AssertIsInDoubtAsync(lease);
    }

    [Test]
    public async Task Lease_that_was_given_a_value_without_a_rotation_is_not_called_gone_because_there_is_one_now()
    {
        await using var plain = await _system.EngineAsync(_system.Target(), Account, "hunter2");

        await AssertIsInDoubtAsync(await IssueAsync(plain));
    }

    [Test]
    public async Task Lease_that_came_after_the_change_is_called_what_it_is()
    {
        await using (var shared = await _system.EngineAsync(Rotating(isExclusive: false), Account, "hunter2"))
        {
            await IssueAsync(shared);
        }

        await AssertIsGoneAsync(Unanswered(TimeProvider.System.GetUtcNow().AddHours(1)));
    }

    [Test]
    public async Task Handing_out_much_writes_little()
    {
        await using var keeping = await _system.EngineAsync(_system.Target(), Account, "hunter2");
        await using var plain = _system.Engine(_system.Target(), time: new ManualTime());
        await IssueAsync(plain);
        var before = await _system.Store.FindSecretAsync("static-target", Account, None);

        for (var i = 0; i < 20; i++)
        {
            await IssueAsync(plain);
        }

        Assert.That(await _system.Store.FindSecretAsync("static-target", Account, None), Is.EqualTo(before));
    }

    [Test]
    public async Task What_is_handed_out_for_long_is_noted_again()
    {
        var time = UseManualTime();
        await using var plain = await _system.EngineAsync(_system.Target(), Account, "hunter2");
        await IssueAsync(plain);
        var first = await SharedUntilAsync();

        time.Advance(TimeSpan.FromMinutes(6));
        await IssueAsync(plain);
        Assert.That(await SharedUntilAsync(), Is.EqualTo(first + TimeSpan.FromMinutes(6)));

        // The first note is over.
        time.Advance(TimeSpan.FromMinutes(5));
        await AssertIsInDoubtAsync(await IssueAsync(plain));
    }

    [Test]
    public async Task What_is_handed_out_to_many_at_once_is_noted_once()
    {
        const int Many = 8;
        await using var keeping = await _system.EngineAsync(_system.Target(), Account, "hunter2");
        var store = new StoreAtOnce(_system.Store, Many);
        await using var plain = _system.Engine(_system.Target(), store);

        await Task.WhenAll(Enumerable.Range(0, Many).Select(_ => Task.Run(() => IssueAsync(plain))));

        Assert.That(store.Written, Is.EqualTo(1));
    }

    [Test]
    public async Task What_another_broker_has_noted_is_not_noted_again()
    {
        var time = UseManualTime();
        await using var plain = await _system.EngineAsync(_system.Target(), Account, "hunter2");
        await using var other = _system.Engine(_system.Target());
        await IssueAsync(plain);
        var noted = await SharedUntilAsync();

        time.Advance(TimeSpan.FromMinutes(1));
        await IssueAsync(other);

        Assert.That(await SharedUntilAsync(), Is.EqualTo(noted));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task Note_that_was_lost_is_written_again(bool rotates)
    {
        await using var shared = await _system.EngineAsync(rotates ? Rotating(isExclusive: false) : _system.Target(), Account, "hunter2");
        await IssueAsync(shared);
        await LoseNoteAsync();

        await IssueAsync(shared);

        Assert.That(await SharedUntilAsync(), Is.GreaterThan(await _system.Store.GetTimeAsync(None)));
    }

    /// <summary>Such as before brokers kept notes.</summary>
    [Test]
    public async Task Lease_is_not_called_gone_where_nothing_is_noted_until_each_value_is_one_leases()
    {
        var time = UseManualTime();
        await using var exclusive = await _system.EngineAsync(Rotating(), Account, "hunter2");
        await LegacySystem.PutAsync(exclusive, "other-login", "hunter2");
        await LoseNoteAsync();
        await LoseNoteAsync("other-login");
        var before = Unanswered(await _system.Store.GetTimeAsync(None));
        await AssertIsInDoubtAsync(before);

        time.Advance(TimeSpan.FromSeconds(1));
        await IssueAsync(exclusive);

        time.Advance(TimeSpan.FromSeconds(1));
        await AssertIsGoneAsync(Unanswered(await _system.Store.GetTimeAsync(None)));
        await AssertIsInDoubtAsync(before);
    }

    [Test]
    public async Task Lease_that_came_before_a_value_that_was_never_shared_is_called_what_it_is()
    {
        var lease = Unanswered(await _system.Store.GetTimeAsync(None));
        await using var exclusive = await _system.EngineAsync(Rotating(), Account, "hunter2");
        await IssueAsync(exclusive);

        await AssertIsGoneAsync(lease);
    }

    private ManualTime UseManualTime()
    {
        var time = new ManualTime();
        _system.Dispose();
        _system = new LegacySystem(time);
        return time;
    }

    private async Task<DateTimeOffset?> SharedUntilAsync() =>
        KeptSecret.Read((await _system.Store.FindSecretAsync("static-target", Account, None))!.Content).SharedUntil;

    /// <summary>As a broker that knows of no notes writes it.</summary>
    private async Task LoseNoteAsync(string name = Account)
    {
        var stored = (await _system.Store.FindSecretAsync("static-target", name, None))!;
        var content = JsonNode.Parse(stored.Content)!.AsObject();
        content.Remove(nameof(KeptSecret.SharedUntil));
        var lost = stored with { Revision = "lost", Content = content.ToJsonString() };
        Assert.That(await _system.Store.ReplaceSecretAsync("static-target", lost, stored.Revision, None), Is.True);
    }

    private async Task AssertIsInDoubtAsync(Lease lease)
    {
        await using var exclusive = _system.Engine(Rotating());
        Assert.That(exclusive.Revocability, Is.EqualTo(Revocability.Destroy));

        await exclusive.RevokeAsync(lease, None);

        var verification = await exclusive.VerifyAsync(lease, None);
        Assert.That(verification.Evidence, Does.StartWith("expire-only: no secret of the target is held under this lease; what it may have been given"));
    }

    private async Task AssertIsGoneAsync(Lease lease)
    {
        await using var exclusive = _system.Engine(Rotating());

        await exclusive.RevokeAsync(lease, None);

        Assert.That(await exclusive.VerifyAsync(lease, None), Is.EqualTo(new Verification(true, "no secret of the target is held under this lease")));
    }

    /// <summary>As the store has it when its broker died before it had an answer.</summary>
    private async Task<Lease> IssueAsync(StaticEngine engine)
    {
        var lease = Unanswered(await _system.Store.GetTimeAsync(None));
        using var credential = await engine.IssueAsync(RequestOf(lease), None);
        return lease;
    }

    private static Lease Unanswered(DateTimeOffset createTime) => TestLeases.LeaseOf(TestLeases.Request(
        LegacySystem.Grant(Account), new CredentialInput.Static(), TimeProvider.System.GetUtcNow().AddMinutes(5))) with
    {
        CreateTime = createTime,
    };

    private static IssueRequest RequestOf(Lease lease) => TestLeases.Request(
        LegacySystem.Grant(Account), new CredentialInput.Static(), lease.ExpireTime) with
    {
        LeaseId = lease.Id,
    };

    private Target Rotating(bool isExclusive = true) => _system.Target(new { command = _system.HookCommand, exclusive = isExclusive });
}
