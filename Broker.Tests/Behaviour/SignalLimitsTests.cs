using SecretsBroker.Behaviour;
using SecretsBroker.Identity;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Tests.Behaviour;

internal sealed class SignalLimitsTests
{
    private static readonly BehaviourOptions Limited = new()
    {
        MaxDenials = 10, MaxViolations = 3, MaxFailures = 5, MaxIssues = 100, MaxResources = 20,
    };

    private static readonly TestCaseData[] Cases =
    [
        new TestCaseData(Delta(denials: 1), new SignalLevels(0, 10.1, 0, 0, 0), QuarantineReason.Denials).SetArgDisplayNames("denials"),
        new TestCaseData(Delta(violations: 1), new SignalLevels(0, 0, 0, 3.5, 0), QuarantineReason.Violations).SetArgDisplayNames("violations"),
        new TestCaseData(Delta(failures: 1), new SignalLevels(0, 0, 0, 0, 6), QuarantineReason.Failures).SetArgDisplayNames("failures"),
        new TestCaseData(Delta(issues: 1), new SignalLevels(101, 0, 0, 0, 0), QuarantineReason.Issues).SetArgDisplayNames("issues"),
        new TestCaseData(Delta(resources: "a"), new SignalLevels(0, 0, 21, 0, 0), QuarantineReason.Resources).SetArgDisplayNames("resources"),
        new TestCaseData(Delta(denials: 1), new SignalLevels(0, 10, 0, 0, 0), null).SetArgDisplayNames("at the limit"),
        new TestCaseData(Delta(issues: 1), new SignalLevels(1, 500, 0, 9, 9), null).SetArgDisplayNames("what it has stopped doing"),
    ];

    [TestCaseSource(nameof(Cases))]
    public void Limit_is_exceeded_by_who_has_just_done_it_again(SignalDelta delta, SignalLevels levels, object? expected) =>
        Assert.That(SignalLimits.Exceeded(Limited, delta, levels)?.Signal, Is.EqualTo(expected));

    [Test]
    public void Zero_is_no_limit()
    {
        var none = new BehaviourOptions { MaxDenials = 0, MaxViolations = 0 };

        var exceeded = SignalLimits.Exceeded(
            none, new SignalDelta(default, 9, 9, 9, 9, ["a"]), new SignalLevels(1e6, 1e6, 128, 1e6, 1e6));

        Assert.That(exceeded, Is.Null);
    }

    private static SignalDelta Delta(int issues = 0, int denials = 0, int violations = 0, int failures = 0, params string[] resources) =>
        new(new WorkloadId("spiffe://example.org/agent/a"), issues, denials, violations, failures, resources);
}
