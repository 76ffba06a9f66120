using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Static;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines.Static;

/// <summary>What operators do to values that leases hold, or have held: whoever knows one is not forgotten, and the proof says what happened.</summary>
internal sealed class SecretHistoryTests
{
    private const string Account = "crm-login";

    private LegacySystem _system = null!;

    private static CancellationToken None => CancellationToken.None;

    [SetUp]
    public void MakeSystem() => _system = new LegacySystem();

    [TearDown]
    public void RemoveSystem() => _system.Dispose();

    [Test]
    public async Task Value_that_was_destroyed_here_is_rotated_all_the_same_at_the_end_of_its_lease()
    {
        await using var engine = await _system.EngineAsync(Rotating(), Account, "one");
        _system.SetPassword(Account, "two");
        await LegacySystem.PutAsync(engine, Account, "two");
        var lease = await HeldAsync(engine);
        await engine.Keeper.DestroyAsync(Account, 2, None);

        await engine.RevokeAsync(lease, None);

        Assert.That(_system.LogsIn(Account, "two"), Is.False);
        Assert.That(_system.Told.Single()["current"], Is.Null);
        Assert.That((await engine.VerifyAsync(lease, None)).Evidence, Does.StartWith($"secret {Account} rotated to version 3"));
        using var next = await IssueAsync(engine);
        Assert.That(next.Fields["username"].Reveal(), Is.EqualTo(Account), "of the latest that is left");
        Assert.That(_system.LogsIn(Account, next.Fields["password"].Reveal()), Is.True);
    }

    [Test]
    public async Task Lease_is_not_gone_when_all_values_are_destroyed_until_another_is_put()
    {
        await using var engine = await _system.EngineAsync(Rotating(), Account, "one");
        var lease = await HeldAsync(engine);
        await engine.Keeper.DestroyAsync(Account, 1, None);

        Assert.That(async () => await engine.RevokeAsync(lease, None), Throws.TypeOf<EngineException>().With.Message.Contains("broker secret put"));
        Assert.That((await engine.VerifyAsync(lease, None)).Gone, Is.False);
        Assert.That((await engine.Keeper.RotateAsync(Account, None)).Status, Is.EqualTo(KeeperStatus.NoSuchVersion));
        Assert.That(_system.Told, Is.Empty);

        await LegacySystem.PutAsync(engine, Account, "two");
        await engine.RevokeAsync(lease, None);
        Assert.That((await engine.VerifyAsync(lease, None)).Gone, Is.True);
    }

    [Test]
    public async Task Proof_tells_of_no_rotation_where_an_operator_put_another_value([Values(1, 3)] int puts)
    {
        await using var engine = await _system.EngineAsync(Rotating(), Account, "one");
        var lease = await HeldAsync(engine);
        for (var i = 0; i < puts; i++)
        {
            await LegacySystem.PutAsync(engine, Account, $"value {i}");
        }

        await engine.Keeper.DestroyAsync(Account, 1, None);
        await engine.RevokeAsync(lease, None);

        Assert.That(
            await engine.VerifyAsync(lease, None),
            Is.EqualTo(new Verification(true, $"expire-only: an operator put version {puts + 1} of secret {Account} in the place of version 1")));
    }

    [Test]
    public async Task Value_that_ended_leases_know_is_rotated_before_it_is_handed_out_again()
    {
        await using var engine = await _system.EngineAsync(Rotating(), Account, "one");
        var lease = await HeldAsync(engine);
        await LegacySystem.PutAsync(engine, Account, "two");
        await engine.RevokeAsync(lease, None);
        await engine.Keeper.RestoreAsync(Account, 1, None);

        using var next = await IssueAsync(engine);

        Assert.That(next.Version, Is.EqualTo(3));
        Assert.That(_system.Told, Has.Count.EqualTo(1));
        Assert.That(_system.LogsIn(Account, next.Fields["password"].Reveal()), Is.True);
    }

    [Test]
    public async Task Shared_value_is_left_to_those_who_hold_the_same([Values] bool isPut)
    {
        await using var engine = await _system.EngineAsync(Rotating(isExclusive: false), Account, "one");
        var first = await HeldAsync(engine);
        if (isPut)
        {
            await LegacySystem.PutAsync(engine, Account, "two");
        }
        else
        {
            await engine.Keeper.RotateAsync(Account, None);
        }

        var second = await HeldAsync(engine);
        await engine.RevokeAsync(second, None);
        await engine.RevokeAsync(first, None);

        Assert.That((await engine.VerifyAsync(second, None)).Evidence, Does.StartWith($"secret {Account} rotated to version 3"));
        using var next = await IssueAsync(engine);
        Assert.That(next.Version, Is.EqualTo(3));
    }

    [Test]
    public async Task Holder_of_a_time_with_a_rotation_is_released_without_one_and_not_forgotten()
    {
        await using var with = await _system.EngineAsync(Rotating(), Account, "one");
        await using var without = _system.Engine(_system.Target());
        var lease = await HeldAsync(with);

        await without.RevokeAsync(lease, None);

        Assert.That((await with.Keeper.ListAsync(None))[Account].Holders, Is.Empty);
        using var next = await IssueAsync(with);
        Assert.That(next.Version, Is.EqualTo(2), "the one before is known to whoever held it");
    }

    [Test]
    public async Task Value_that_a_rotation_cannot_renew_is_not_kept()
    {
        await using var engine = _system.Engine(Rotating());
        using var other = SecretFields.TryRead("""{"api_key":"one"}"""u8)!;
        using var large = SecretFields.TryRead(System.Text.Encoding.UTF8.GetBytes($$"""{"password":"x","note":"{{new string('x', 8150)}}"}"""))!;

        Assert.That((await engine.Keeper.PutAsync(Account, other, expected: null, None)).Status, Is.EqualTo(KeeperStatus.NotRotatable));
        Assert.That((await engine.Keeper.PutAsync(Account, large, expected: null, None)).Status, Is.EqualTo(KeeperStatus.NotRotatable));
        Assert.That(await engine.Keeper.ListAsync(None), Is.Empty);
    }

    private Target Rotating(bool isExclusive = true) => _system.Target(new { command = _system.HookCommand, exclusive = isExclusive });

    private static async Task<Lease> HeldAsync(StaticEngine engine)
    {
        var request = Request();
        using var credential = await engine.IssueAsync(request, None);
        return TestLeases.LeaseOf(request) with { Handle = credential.Handle };
    }

    private static async Task<StaticCredential> IssueAsync(StaticEngine engine) => (StaticCredential)await engine.IssueAsync(Request(), None);

    private static IssueRequest Request() => TestLeases.Request(
        LegacySystem.Grant(Account), new CredentialInput.Static(), TimeProvider.System.GetUtcNow().AddMinutes(5));
}
