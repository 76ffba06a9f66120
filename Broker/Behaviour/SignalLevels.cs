namespace SecretsBroker.Behaviour;

/// <summary>
/// How a workload has behaved of late: each event counts one, and half as much after each half-life. Resources count as often as different
/// ones were asked for, each from when that was last.
/// </summary>
internal readonly record struct SignalLevels(double Issues, double Denials, double Resources, double Violations, double Failures)
{
    /// <summary>For policy, which knows whole numbers only: to the nearest.</summary>
    public BehaviourSignals Round() => new(
        Round(Issues), Round(Denials), Round(Resources), Round(Violations), Round(Failures));

    private static long Round(double level) => (long)Math.Round(level, MidpointRounding.AwayFromZero);
}
