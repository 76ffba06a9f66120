namespace SecretsBroker.Engines.Contract;

/// <summary>All cases that an engine can be held to without knowing its settings, in the order in which they are best read.</summary>
internal static class ContractCaseList
{
    private const int Seeds = 5;

    public static IReadOnlyList<ContractCase> All { get; } =
    [
        new("a target that is well passes the check", (_, engine, token) => engine.CheckAsync(token).AsTask()),
        Lifecycle("an issued credential works until it is revoked", cases => cases.IssuedCredentialWorksUntilItIsRevokedAsync()),
        Lifecycle("issuing twice leaves one name to revoke", cases => cases.IssuingTwiceLeavesOneNameToRevokeAsync()),
        Lifecycle("revoking twice succeeds", cases => cases.RevokingTwiceSucceedsAsync()),
        Lifecycle("revoking what never existed succeeds", cases => cases.RevokingWhatNeverExistedSucceedsAsync()),
        Lifecycle("another broker revokes without the handle", cases => cases.AnotherBrokerRevokesWithoutTheHandleAsync()),
        Lifecycle("revoking one leaves its neighbours", cases => cases.RevokingOneLeavesItsNeighboursAsync()),
        Lifecycle("a renewed credential works and is revoked as any", cases => cases.RenewedCredentialWorksAndIsRevokedAsAnyAsync()),
        Lifecycle("renewing brings nothing back", cases => cases.RenewingBringsNothingBackAsync()),
        Lifecycle("nothing but the secret itself shows the secret", cases => cases.NothingButTheSecretItselfShowsTheSecretAsync()),
        Concurrency("revoking ends what is in use", cases => cases.RevokingEndsWhatIsInUseAsync()),
        Concurrency("many are issued and revoked at once", cases => cases.ManyAreIssuedAndRevokedAtOnceAsync()),
        Concurrency("two brokers issue and revoke the same lease at once", async cases =>
        {
            for (var seed = 1; seed <= Seeds; seed++)
            {
                await cases.TwoBrokersIssueAndRevokeTheSameLeaseAtOnceAsync(seed);
            }
        }),
        Concurrency("a call whose time is over ends at once", cases => cases.CallWhoseTimeIsOverEndsAtOnceAsync()),
        Concurrency("an issue that was cancelled half way is revoked all the same", cases => cases.IssueThatWasCancelledHalfWayIsRevokedAllTheSameAsync()),
        Names("a hostile intent changes nothing", (cases, name) => cases.HostileIntentChangesNothingAsync(name)),
        Names("a hostile grant is refused or changes nothing", (cases, name) => cases.HostileGrantIsRefusedOrChangesNothingAsync(name)),
        Names("a hostile target is refused or changes nothing", (cases, name) => cases.HostileTargetIsRefusedOrChangesNothingAsync(name)),
        Names("a hostile workload is refused or changes nothing", (cases, name) => cases.HostileWorkloadIsRefusedOrChangesNothingAsync(name)),
    ];

    private static ContractCase Lifecycle(string name, Func<LifecycleCases, Task> run) =>
        new(name, (subject, engine, token) => run(new LifecycleCases(subject, engine, token)));

    private static ContractCase Concurrency(string name, Func<ConcurrencyCases, Task> run) =>
        new(name, (subject, engine, token) => run(new ConcurrencyCases(subject, engine, token)));

    private static ContractCase Names(string name, Func<NameCases, string, Task> run) =>
        new(name, async (subject, engine, token) =>
        {
            var cases = new NameCases(subject, engine, token);
            foreach (var hostile in NameCases.Hostile)
            {
                await run(cases, hostile);
            }
        });
}
