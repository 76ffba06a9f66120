using SecretsBroker.Telemetry;

namespace SecretsBroker.Publication;

/// <summary>Gives out what targets publish, and counts it.</summary>
internal sealed class Publisher(BrokerMetrics metrics)
{
    /// <param name="target">Whose.</param>
    /// <param name="document">What.</param>
    /// <param name="read">Reads it as it is now; null when there is no such target, or it has no such thing.</param>
    public async Task<IResult> PublishAsync(string target, PublishedDocument document, Func<ValueTask<Document?>> read)
    {
        try
        {
            if (await read() is not { } found)
            {
                return Results.NotFound();
            }

            metrics.Published(target, document, PublicationOutcome.Given);
            return new DocumentResult(found);
        }
        catch (BrokerException)
        {
            // An old list would say that nothing was revoked since: verifiers must notice that there is none.
            metrics.Published(target, document, PublicationOutcome.Unavailable);
            return Results.StatusCode(StatusCodes.Status503ServiceUnavailable);
        }
    }
}
