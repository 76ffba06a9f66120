namespace SecretsBroker.Audit;

/// <summary>Where and how the audit log is written. Section <c>Audit</c>.</summary>
internal sealed class AuditOptions
{
    public const string Section = "Audit";

    /// <summary>Brokers may share a folder: each writes files of its own. Made when it does not exist. Default <c>audit</c>.</summary>
    public string Folder { get; set; } = "audit";

    /// <summary>
    /// This broker's name, unique in the folder and the same after a restart: 1 to 64 of <c>[A-Za-z0-9_-]</c>. Default: the machine's name.
    /// </summary>
    public string Broker { get; set; } = new([.. Environment.MachineName.Take(64).Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-')]);

    /// <summary>
    /// The private key that signs checkpoints (PEM, ECDSA P-256), made with mode 0600 when it does not exist. Empty for
    /// <c>&lt;folder&gt;/&lt;broker&gt;.key</c>; a place that only the broker can write to is better.
    /// </summary>
    public string KeyFile { get; set; } = "";

    /// <summary>A file that has grown to this many bytes is set aside and another begun. 64 KiB to 64 GiB; default 64 MiB.</summary>
    public long RotationBytes { get; set; } = 64L << 20;

    /// <summary>Between signed checkpoints. 1 s to 1 h; default 1 min.</summary>
    public TimeSpan CheckpointInterval { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long an append may wait for the disk before it counts as failed. 100 ms to 1 min; default 5 s.</summary>
    public TimeSpan AppendTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How many appends may wait at once; more wait for a place. 16 to 1,000,000; default 16,384.</summary>
    public int QueueLength { get; set; } = 16_384;

    /// <summary>How much of the logs one call may read to answer what happened (bytes). 1 MiB to 1 TiB; default 2 GiB.</summary>
    public long MaxReadBytes { get; set; } = 2L << 30;

    /// <summary>Below this much free space (bytes) a warning is logged and measured. 0 or more; default 1 GiB.</summary>
    public long LowDiskBytes { get; set; } = 1L << 30;
}
