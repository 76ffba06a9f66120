using System.Globalization;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Behaviour;

/// <summary>Whether a workload has done more of something than it may.</summary>
internal static class SignalLimits
{
    /// <summary>
    /// Null when nothing is exceeded, or only something that the workload has not just done again: who has stopped is not held to what
    /// it did before.
    /// </summary>
    public static ExceededLimit? Exceeded(BehaviourOptions options, SignalDelta delta, SignalLevels levels) =>
        Of(QuarantineReason.Denials, delta.Denials, levels.Denials, options.MaxDenials)
        ?? Of(QuarantineReason.Violations, delta.Violations, levels.Violations, options.MaxViolations)
        ?? Of(QuarantineReason.Failures, delta.Failures, levels.Failures, options.MaxFailures)
        ?? Of(QuarantineReason.Issues, delta.Issues, levels.Issues, options.MaxIssues)
        ?? Of(QuarantineReason.Resources, delta.Resources.Count, levels.Resources, options.MaxResources);

    private static ExceededLimit? Of(QuarantineReason signal, int just, double level, int limit) =>
        limit > 0 && just > 0 && level > limit ? new ExceededLimit(signal, level, limit) : null;
}

/// <param name="Signal">Of what there was too much.</param>
/// <param name="Level">How much.</param>
/// <param name="Limit">What may be.</param>
internal readonly record struct ExceededLimit(QuarantineReason Signal, double Level, int Limit)
{
    /// <summary>For the record.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{Signal.ToString().ToLowerInvariant()}: {Level:0.#} of late, more than {Limit}");
}
