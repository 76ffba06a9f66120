using SecretsBroker.Engines;

namespace SecretsBroker.Tests.Engines;

internal abstract partial class CredentialEngineContract
{
    [Test]
    public async Task Revoking_ends_what_is_in_use()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        var revoked = false;
        var uses = 0;
        var users = Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            while (!Volatile.Read(ref revoked) && await WorksAsync(Target, credential, Token))
            {
                Interlocked.Increment(ref uses);
            }
        })).ToArray();
        await UntilAsync(() => Volatile.Read(ref uses) >= 3);

        await Engine.RevokeAsync(LeaseOf(request, credential), Token);
        Volatile.Write(ref revoked, value: true);

        await Task.WhenAll(users);
        Assert.That(await WorksAsync(Target, credential, Token), Is.False);
        await AssertGoneAsync(LeaseOf(request, credential));
    }

    [Test]
    public async Task Many_are_issued_and_revoked_at_once()
    {
        var requests = Enumerable.Range(0, 20).Select(_ => Request()).ToArray();
        var credentials = await Task.WhenAll(requests.Select(r => Engine.IssueAsync(r, Token).AsTask()));
        foreach (var credential in credentials)
        {
            Assert.That(await WorksAsync(Target, credential, Token), Is.True);
        }

        var leases = requests.Zip(credentials, LeaseOf).ToArray();
        await Task.WhenAll(leases.Select(lease => Engine.RevokeAsync(lease, Token).AsTask()));

        foreach (var (lease, credential) in leases.Zip(credentials))
        {
            Assert.That(await WorksAsync(Target, credential, Token), Is.False);
            await AssertGoneAsync(lease);
            credential.Dispose();
        }
    }

    [Test]
    public async Task Two_brokers_issue_and_revoke_the_same_lease_at_once([Values(1, 2, 3, 4, 5)] int seed)
    {
        await using var other = Type.Create(Target);
        var request = Request();
        var issued = new List<Credential>();
        var calls = new List<Task>();
        var order = new Random(seed);
        for (var i = 0; i < 12; i++)
        {
            var engine = order.Next(2) == 0 ? Engine : other;
            calls.Add(order.Next(2) == 0 ? RevokeAsync(engine) : IssueAsync(engine));
        }

        await Task.WhenAll(calls);
        await Engine.RevokeAsync(LeaseOf(request, credential: null), Token);

        await AssertGoneAsync(LeaseOf(request, credential: null));
        foreach (var credential in issued)
        {
            Assert.That(await WorksAsync(Target, credential, Token), Is.False);
            await AssertGoneAsync(LeaseOf(request, credential));
        }

        async Task IssueAsync(ICredentialEngine engine)
        {
            try
            {
                var credential = await engine.IssueAsync(request, Token);
                lock (issued)
                {
                    issued.Add(credential);
                }
            }
            catch (EngineException e) when (e.IsTransient)
            {
                // Overtaken too often by the others: allowed, as long as nothing stays behind.
            }
        }

        async Task RevokeAsync(ICredentialEngine engine)
        {
            try
            {
                await engine.RevokeAsync(LeaseOf(request, credential: null), Token);
            }
            catch (EngineException e) when (e.IsTransient)
            {
                // As above; the last revocation is not allowed to fail.
            }
        }
    }

    [Test]
    public async Task Call_whose_time_is_over_ends_at_once()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        var lease = LeaseOf(request, credential);
        var over = new CancellationToken(canceled: true);

        await Assert.CatchAsync<OperationCanceledException>(async () => await Engine.IssueAsync(Request(), over));
        await Assert.CatchAsync<OperationCanceledException>(async () => await Engine.RenewAsync(lease, request.ExpireTime, over));
        await Assert.CatchAsync<OperationCanceledException>(async () => await Engine.RevokeAsync(lease, over));
        await Assert.CatchAsync<OperationCanceledException>(async () => await Engine.VerifyAsync(lease, over));
        await Assert.CatchAsync<OperationCanceledException>(async () => await Engine.CheckAsync(over));

        Assert.That(await WorksAsync(Target, credential, Token), Is.True, "a call that was over before it began changed something");
        await Engine.RevokeAsync(lease, Token);
    }

    [Test]
    public async Task Issue_that_was_cancelled_half_way_is_revoked_all_the_same()
    {
        var order = new Random(7);
        for (var i = 0; i < 30; i++)
        {
            var request = Request();
            using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
            cancel.CancelAfter(TimeSpan.FromMicroseconds(order.Next(8_000)));
            try
            {
                using var credential = await Engine.IssueAsync(request, cancel.Token);
            }
            catch (OperationCanceledException)
            {
                // What was created by then, nobody knows.
            }

            await Engine.RevokeAsync(LeaseOf(request, credential: null), Token);
            await AssertGoneAsync(LeaseOf(request, credential: null));
        }
    }

    private async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(5), Token);
        }
    }
}
