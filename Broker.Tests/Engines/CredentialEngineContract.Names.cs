using SecretsBroker.Engines.Contract;

namespace SecretsBroker.Tests.Engines;

internal abstract partial class CredentialEngineContract
{
    private static readonly IReadOnlyList<string> _hostile = NameCases.Hostile;

    private NameCases Names => new(UnderTest, Engine, Token);

    [TestCaseSource(nameof(_hostile))]
    public Task Hostile_intent_changes_nothing(string name) => Names.HostileIntentChangesNothingAsync(name);

    [TestCaseSource(nameof(_hostile))]
    public Task Hostile_grant_is_refused_or_changes_nothing(string name) => Names.HostileGrantIsRefusedOrChangesNothingAsync(name);

    [TestCaseSource(nameof(_hostile))]
    public Task Hostile_target_is_refused_or_changes_nothing(string name) => Names.HostileTargetIsRefusedOrChangesNothingAsync(name);

    [TestCaseSource(nameof(_hostile))]
    public Task Hostile_workload_is_refused_or_changes_nothing(string name) => Names.HostileWorkloadIsRefusedOrChangesNothingAsync(name);
}
