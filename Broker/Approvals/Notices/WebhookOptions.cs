using SecretsBroker.Catalog;

namespace SecretsBroker.Approvals.Notices;

/// <summary>Who is told of approvals and broken glass by a request of the broker's own. Section <c>Approvals:Webhook</c>.</summary>
internal sealed class WebhookOptions
{
    public const string Section = ApprovalOptions.Section + ":Webhook";

    /// <summary>An https URL, http only on loopback. Default: empty, nobody is told.</summary>
    public string Url { get; set; } = "";

    /// <summary>
    /// Where the key is that requests are signed with, 24 bytes at least, or <c>whsec_</c> and Base64 of that; read at each request. Required
    /// with <see cref="Url"/>.
    /// </summary>
    public SecretReference? Key { get; set; }

    /// <summary>How long one request may take, connecting included. Default 5 s; 100 ms to 1 min.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often a notice is tried before it is given up. Default 8; 1 to 20.</summary>
    public int MaxAttempts { get; set; } = 8;

    /// <summary>After the first failure; doubled with each, up to a minute, half of it drawn. Default 1 s; 10 ms to 1 min.</summary>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Notices that may wait to be sent; what comes then is not sent. Default 1,000; 1 to 100,000.</summary>
    public int QueueLength { get; set; } = 1_000;
}
