using System.Net;
using System.Net.Http.Headers;

namespace SecretsBroker.Samples.TargetService;

/// <summary>One of the broker's publications, asked for again when it is too old, and not believed any more when it is far too old.</summary>
/// <param name="broker">Calls it.</param>
/// <param name="path">Where it is published.</param>
/// <param name="parse">Reads it.</param>
/// <param name="refuseAfter">When an answer is no longer believed.</param>
/// <param name="time">The clock.</param>
internal sealed class PublishedDocument<T>(
    HttpClient broker, string path, Func<string, T> parse, TimeSpan refuseAfter, TimeProvider time) : IDisposable
    where T : class
{
    private static readonly TimeSpan _retryAfter = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _asking = new(1);
    private volatile Answer? _last;
    private DateTimeOffset _lastAttempt = DateTimeOffset.MinValue;
    private bool _lastFailed;

    /// <param name="refreshAfter">How old an answer may be without being asked for again.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="AccessRefusedException">There is no answer that is young enough to be believed.</exception>
    public async Task<T> ReadAsync(TimeSpan refreshAfter, CancellationToken cancellationToken)
    {
        // Taken before waiting: those who wait for somebody else's question that was asked later than this need none of their own.
        var arrival = time.GetUtcNow();
        if (_last is not { } known || known.AskTime + refreshAfter <= arrival)
        {
            await _asking.WaitAsync(cancellationToken);
            try
            {
                // A broker that does not answer is not asked by everybody who waits for it.
                var pause = _lastFailed && refreshAfter > _retryAfter ? _retryAfter : refreshAfter;
                if (_lastAttempt + pause <= arrival)
                {
                    // Not ended by this caller's going away: others wait for the same answer.
                    await AskAsync();
                }
            }
            finally
            {
                _asking.Release();
            }
        }

        return _last is { } answer && answer.AskTime + refuseAfter > time.GetUtcNow()
            ? answer.Value
            : throw AccessRefusedException.Unavailable("what the broker revoked is not known");
    }

    public void Dispose() => _asking.Dispose();

    private async Task AskAsync()
    {
        // Of the moment of asking, not of the answer: what was revoked in between may be missing in it.
        _lastAttempt = time.GetUtcNow();
        _lastFailed = true;
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            if (_last?.Tag is { } tag)
            {
                request.Headers.IfNoneMatch.Add(tag);
            }

            using var response = await broker.SendAsync(request);
            if (response.StatusCode == HttpStatusCode.NotModified && _last is { } known)
            {
                _last = known with { AskTime = _lastAttempt };
            }
            else
            {
                response.EnsureSuccessStatusCode();
                var value = parse(await response.Content.ReadAsStringAsync());
                _last = new Answer(value, _lastAttempt, response.Headers.ETag);
            }

            _lastFailed = false;
        }
        catch (Exception)
        {
            // Whatever it was, there is no newer answer. How long the last one is believed is decided by its age alone.
        }
    }

    private sealed record Answer(T Value, DateTimeOffset AskTime, EntityTagHeaderValue? Tag);
}
