namespace SecretsBroker.Identity.WorkloadApi;

/// <summary>The SPIFFE agent of this machine. Bound from <c>Identity:WorkloadApi</c>.</summary>
internal sealed class WorkloadApiOptions
{
    private const string Scheme = "unix:///";

    // What the system takes for a socket's path, behind the scheme.
    private const int MaxLength = 7 + 107;

    /// <summary>Where the agent serves the SPIFFE Workload API: <c>unix:///PATH</c>. Default none.</summary>
    public string Socket { get; set => field = value ?? ""; } = "";

    /// <summary>
    /// How long a start waits for the listener's certificate, where that comes from the agent. Default 30 s, 1 s to 10 min.
    /// </summary>
    public TimeSpan StartTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The socket's path; null when <see cref="Socket"/> names none.</summary>
    public string? FindSocketPath() => Socket.StartsWith(Scheme, StringComparison.Ordinal) && Socket.Length is > 8 and <= MaxLength ? Socket[7..] : null;
}
