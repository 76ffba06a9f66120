namespace SecretsBroker.Telemetry;

/// <summary>Bucket boundaries in seconds.</summary>
internal static class Buckets
{
    /// <summary>Work that stays in the process.</summary>
    public static readonly double[] InProcess = [0.00005, 0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 1];

    /// <summary>Work that crosses a network or waits for a disk.</summary>
    public static readonly double[] Calls = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

    /// <summary>A command of somebody else's, within a target's time.</summary>
    public static readonly double[] Commands = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300];

    /// <summary>Revocation: from at once to a target that was away for hours.</summary>
    public static readonly double[] Lag = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 14400];
}
