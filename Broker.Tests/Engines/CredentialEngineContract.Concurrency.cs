using SecretsBroker.Engines.Contract;

namespace SecretsBroker.Tests.Engines;

internal abstract partial class CredentialEngineContract
{
    private ConcurrencyCases Concurrency => new(UnderTest, Engine, Token);

    [Test]
    public Task Revoking_ends_what_is_in_use() => Concurrency.RevokingEndsWhatIsInUseAsync();

    [Test]
    public Task Many_are_issued_and_revoked_at_once() => Concurrency.ManyAreIssuedAndRevokedAtOnceAsync();

    [Test]
    public Task Two_brokers_issue_and_revoke_the_same_lease_at_once([Values(1, 2, 3, 4, 5)] int seed) =>
        Concurrency.TwoBrokersIssueAndRevokeTheSameLeaseAtOnceAsync(seed);

    [Test]
    public Task Call_whose_time_is_over_ends_at_once() => Concurrency.CallWhoseTimeIsOverEndsAtOnceAsync();

    [Test]
    public Task Issue_that_was_cancelled_half_way_is_revoked_all_the_same() => Concurrency.IssueThatWasCancelledHalfWayIsRevokedAllTheSameAsync();
}
