namespace SecretsBroker.Engines.Contract;

/// <summary>Calls that come at once, and calls that nobody waits for any more.</summary>
internal sealed class ConcurrencyCases(ContractSubject subject, ICredentialEngine engine, CancellationToken cancellationToken)
    : ContractCases(subject, engine, cancellationToken)
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(5);

    public async Task RevokingEndsWhatIsInUseAsync()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        var revoked = false;
        var uses = 0;
        var users = Enumerable.Range(0, 3).Select(_ => Task.Run(
            async () =>
            {
                while (!Volatile.Read(ref revoked) && await Subject.WorksAsync(Subject.Target, credential, Token))
                {
                    Interlocked.Increment(ref uses);
                }
            },
            Token)).ToArray();
        while (Volatile.Read(ref uses) < 3)
        {
            ContractViolationException.Unless(!users.All(user => user.IsCompleted), "the credential does not work after it was issued");
            await Task.Delay(LookAgainAfter, Token);
        }

        await Engine.RevokeAsync(LeaseOf(request, credential), Token);
        Volatile.Write(ref revoked, value: true);

        await Task.WhenAll(users);
        await RequireRefusedAsync(credential, "after it was revoked while it was in use");
        await RequireGoneAsync(LeaseOf(request, credential));
    }

    public async Task ManyAreIssuedAndRevokedAtOnceAsync()
    {
        var requests = Enumerable.Range(0, 20).Select(_ => Request()).ToArray();
        var credentials = await Task.WhenAll(requests.Select(request => Engine.IssueAsync(request, Token).AsTask()));
        foreach (var credential in credentials)
        {
            await RequireWorksAsync(credential, "after it was issued together with others");
        }

        var leases = requests.Zip(credentials, LeaseOf).ToArray();
        await Task.WhenAll(leases.Select(lease => Engine.RevokeAsync(lease, Token).AsTask()));

        foreach (var (lease, credential) in leases.Zip(credentials))
        {
            await RequireRefusedAsync(credential, "after it was revoked together with others");
            await RequireGoneAsync(lease);
            credential.Dispose();
        }
    }

    /// <param name="seed">Of the order of calls.</param>
    public async Task TwoBrokersIssueAndRevokeTheSameLeaseAtOnceAsync(int seed)
    {
        await using var other = Subject.Create(Subject.Target);
        var request = Request();
        var issued = new List<Credential>();
        var calls = new List<Task>();
        var order = new Random(seed);
        for (var i = 0; i < 12; i++)
        {
            // Without handles each knows only what it made itself.
            var one = order.Next(2) == 0 || !Subject.EndsWithoutHandle ? Engine : other;
            calls.Add(order.Next(2) == 0 ? RevokeAsync(one) : IssueAsync(one));
        }

        await Task.WhenAll(calls);
        await Engine.RevokeAsync(LeaseOf(request, credential: null), Token);

        await RequireGoneAsync(LeaseOf(request, credential: null));
        foreach (var credential in issued)
        {
            await RequireRefusedAsync(credential, "after its lease was issued and revoked many times at once");
            await RequireGoneAsync(LeaseOf(request, credential));
            credential.Dispose();
        }

        async Task IssueAsync(ICredentialEngine one)
        {
            try
            {
                var credential = await one.IssueAsync(request, Token);
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

        async Task RevokeAsync(ICredentialEngine one)
        {
            try
            {
                await one.RevokeAsync(LeaseOf(request, credential: null), Token);
            }
            catch (EngineException e) when (e.IsTransient)
            {
                // As above; the last revocation is not allowed to fail.
            }
        }
    }

    public async Task CallWhoseTimeIsOverEndsAtOnceAsync()
    {
        var request = Request();
        using var credential = await Engine.IssueAsync(request, Token);
        var lease = LeaseOf(request, credential);
        var over = new CancellationToken(canceled: true);

        await RequireCancelledAsync(() => Engine.IssueAsync(Request(), over).AsTask());
        await RequireCancelledAsync(() => Engine.RenewAsync(lease, request.ExpireTime, over).AsTask());
        await RequireCancelledAsync(() => Engine.RevokeAsync(lease, over).AsTask());
        await RequireCancelledAsync(() => Engine.VerifyAsync(lease, over).AsTask());
        await RequireCancelledAsync(() => Engine.CheckAsync(over).AsTask());

        await RequireWorksAsync(credential, "after calls that were over before they began");
        await Engine.RevokeAsync(lease, Token);
    }

    public async Task IssueThatWasCancelledHalfWayIsRevokedAllTheSameAsync()
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
            await RequireGoneAsync(LeaseOf(request, credential: null));
        }
    }

    private static async Task RequireCancelledAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (OperationCanceledException)
        {
            return;
        }

        throw new ContractViolationException("a call that was over before it began did not end at once");
    }
}
