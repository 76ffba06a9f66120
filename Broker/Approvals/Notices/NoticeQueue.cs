using System.Threading.Channels;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Approvals.Notices;

/// <summary>What is to be told, in memory. Nobody who publishes waits: neither a slow receiver nor a dead one holds up an approval.</summary>
internal sealed partial class NoticeQueue(IOptions<WebhookOptions> options, BrokerMetrics metrics, ILogger<NoticeQueue> logger)
{
    private readonly Channel<Notice> _notices = Channel.CreateBounded<Notice>(new BoundedChannelOptions(options.Value.QueueLength));

    public ChannelReader<Notice> Waiting => _notices.Reader;

    public void Publish(Notice notice)
    {
        if (options.Value.Url.Length > 0 && !_notices.Writer.TryWrite(notice))
        {
            metrics.ExternalCallFailed(ExternalSystem.Webhook);
            LogFull(notice.Id);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Notice {Notice} is not sent: too many wait for the webhook")]
    private partial void LogFull(string notice);
}
