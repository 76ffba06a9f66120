using SecretsBroker.Approvals.Notices;

namespace SecretsBroker.Approvals;

/// <summary>How long approvals wait and last, and how many there may be. Section <c>Approvals</c>.</summary>
internal sealed class ApprovalOptions
{
    public const string Section = "Approvals";

    /// <summary>How long a request waits to be decided. Default 15 min; 10 s to 24 h.</summary>
    public TimeSpan PendingFor { get; set; } = TimeSpan.FromMinutes(15);

    /// <summary>How long what was approved may be used, once, from then on. Default 5 min; 5 s to 1 h.</summary>
    public TimeSpan UseWithin { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Requests of one workload that are pending, approved and not used, or were rejected within <see cref="PendingFor"/>. Default 20; 1 to 1,000.
    /// </summary>
    public int MaxPerWorkload { get; set; } = 20;

    /// <summary>How often a stream that waits or watches looks at the store. Default 1 s; 50 ms to 1 min.</summary>
    public TimeSpan WatchInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Streams that one workload may hold open at this broker to wait or watch. Default 20; 1 to 1,000.</summary>
    public int MaxStreamsPerWorkload { get; set; } = 20;

    /// <summary>Who is told of it.</summary>
    public WebhookOptions Webhook { get; set; } = new();
}
