using System.Globalization;
using System.Net;
using System.Net.Mime;
using System.Security.Cryptography;
using System.Text;
using SecretsBroker.Leases;
using SecretsBroker.Revocation;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Approvals.Notices;

/// <summary>
/// Sends notices to the webhook, each until it is taken or was tried often enough. No redirect is followed, no cookie kept, no answer read. What waits
/// in memory when the broker stops is lost; but what is still pending or open is told again at its start, under the same id.
/// </summary>
internal sealed partial class WebhookSender(
    NoticeQueue queue,
    IApprovalStore approvals,
    IOptions<WebhookOptions> options,
    BrokerMetrics metrics,
    TimeProvider time,
    ILogger<WebhookSender> logger) : BackgroundService
{
    // One notice that is tried again and again does not hold up the others.
    private const int AtOnce = 4;
    private const int ToldAtStart = 500;
    private static readonly TimeSpan MaxDelay = TimeSpan.FromMinutes(1);

    private readonly Backoff _backoff = new(options.Value.RetryDelay, MaxDelay);

    private readonly HttpClient _http = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        // A proxy that the environment names would come to know what is asked for.
        UseProxy = false,
        MaxResponseHeadersLength = 16,
        // Receivers move; a name must be looked up again at some time.
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    public override void Dispose()
    {
        base.Dispose();
        _http.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Url.Length == 0)
        {
            return;
        }

        await TellAgainAsync(stoppingToken);
        await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => SendAllAsync(stoppingToken)));
    }

    private async Task TellAgainAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (var approval in await approvals.ListPendingAsync(ToldAtStart, cancellationToken))
            {
                queue.Publish(Notice.Requested(approval));
            }

            foreach (var review in await approvals.ListReviewsAsync(ToldAtStart, cancellationToken))
            {
                queue.Publish(Notice.GlassBroken(review));
            }
        }
        catch (StoreException e)
        {
            metrics.StoreFailed("approvals");
            LogNotToldAgain(e.Message);
        }
    }

    private async Task SendAllAsync(CancellationToken cancellationToken)
    {
        await foreach (var notice in queue.Waiting.ReadAllAsync(cancellationToken))
        {
            await SendAsync(notice, cancellationToken);
        }
    }

    private async Task SendAsync(Notice notice, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var fault = await TryAsync(notice, cancellationToken);
            if (fault is null)
            {
                return;
            }

            metrics.ExternalCallFailed(ExternalSystem.Webhook);
            if (!fault.Value.MayPass || attempt >= options.Value.MaxAttempts)
            {
                LogGivenUp(notice.Id, attempt, fault.Value.Text);
                return;
            }

            LogTriedAgain(notice.Id, attempt, fault.Value.Text);
            await Task.Delay(_backoff.After(attempt), time, cancellationToken);
        }
    }

    /// <returns>Null when it was taken.</returns>
    private async Task<(string Text, bool MayPass)?> TryAsync(Notice notice, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.Value.Timeout, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            if (RequestOf(notice) is not { } request)
            {
                return ("its key cannot be read or is too short", true);
            }

            using (request)
            using (var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token))
            {
                var status = (int)response.StatusCode;
                var mayPass = status is >= 500 or (int)HttpStatusCode.RequestTimeout or (int)HttpStatusCode.TooManyRequests;
                return response.IsSuccessStatusCode ? null : ($"it answered with status {status}", mayPass);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return ("it did not answer in time", true);
        }
        catch (HttpRequestException e)
        {
            return ($"it could not be reached ({e.HttpRequestError})", true);
        }
    }

    /// <returns>Null when it cannot be signed.</returns>
    private HttpRequestMessage? RequestOf(Notice notice)
    {
        var seconds = time.GetUtcNow().ToUnixTimeSeconds();
        var secret = options.Value.Key!.TryRead();
        var signature = secret is null ? null : WebhookSignature.Of(secret, notice.Id, seconds, notice.Body);
        CryptographicOperations.ZeroMemory(secret);
        if (signature is null)
        {
            return null;
        }

        var request = new HttpRequestMessage(HttpMethod.Post, options.Value.Url)
        {
            Content = new StringContent(notice.Body, Encoding.UTF8, MediaTypeNames.Application.Json),
        };
        request.Headers.Add("webhook-id", notice.Id);
        request.Headers.Add("webhook-timestamp", seconds.ToString(CultureInfo.InvariantCulture));
        request.Headers.Add("webhook-signature", signature);
        return request;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Notice {Notice} is given up after {Attempts} tries: {Fault}")]
    private partial void LogGivenUp(string notice, int attempts, string fault);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Notice {Notice} was not taken by the webhook at try {Attempt}, it is tried again: {Fault}")]
    private partial void LogTriedAgain(string notice, int attempt, string fault);

    [LoggerMessage(Level = LogLevel.Error, Message = "What is pending and open could not be read, and is not told again: {Failure}")]
    private partial void LogNotToldAgain(string failure);
}
