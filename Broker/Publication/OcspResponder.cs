using System.Threading.RateLimiting;
using SecretsBroker.Engines;
using SecretsBroker.Engines.X509;
using SecretsBroker.Engines.X509.Ocsp;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Publication;

/// <summary>
/// Says of certificates whether they are good (RFC 6960), from what the store knows at this moment. A serial number is a lease's id: only a
/// lease that lives is <c>good</c>, one that has ended is <c>revoked</c>, and what no lease is known of was not issued here or is long
/// over: <c>unknown</c>.
/// </summary>
internal sealed class OcspResponder(IDenyList denyList, ILeaseStore store, BrokerMetrics metrics, TimeProvider time) : IDisposable
{
    /// <summary>Of questions in work; and of those that wait for one of them to be done.</summary>
    public const int MaxAtOnce = 32;

    /// <inheritdoc cref="MaxAtOnce"/>
    public const int MaxWaiting = 256;

    /// <summary>For one question, the waiting with it.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    // Strangers ask: what they cost at once is bounded, and a broker that has much else to do asks them to come later.
    private readonly ConcurrencyLimiter _limiter = new(new ConcurrencyLimiterOptions
    {
        PermitLimit = MaxAtOnce,
        QueueLimit = MaxWaiting,
        QueueProcessingOrder = QueueProcessingOrder.OldestFirst,
    });

    public async ValueTask<ReadOnlyMemory<byte>> AnswerAsync(
        string target, X509Engine engine, ReadOnlyMemory<byte> request, CancellationToken cancellationToken)
    {
        if (OcspRequest.Parse(request) is not { } asked)
        {
            return Say(target, OcspOutcome.MalformedRequest, OcspResponse.MalformedRequest);
        }

        using var limit = new CancellationTokenSource(Limit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var turn = await _limiter.AcquireAsync(permitCount: 1, both.Token);
            return turn.IsAcquired ? await AnswerAsync(target, engine, asked, both.Token) : Say(target, OcspOutcome.TryLater, OcspResponse.TryLater);
        }
        catch (BrokerException)
        {
            // Nobody knows now: what was good a moment ago may not be any more.
            return Say(target, OcspOutcome.TryLater, OcspResponse.TryLater);
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return Say(target, OcspOutcome.TryLater, OcspResponse.TryLater);
        }
    }

    public void Dispose() => _limiter.Dispose();

    private async ValueTask<ReadOnlyMemory<byte>> AnswerAsync(
        string target, X509Engine engine, OcspRequest asked, CancellationToken cancellationToken)
    {
        if (engine.FindIssuer(asked.Certificates) is not { } issuer)
        {
            return Say(target, OcspOutcome.Unauthorized, OcspResponse.Unauthorized);
        }

        var answers = new List<(CertificateId, CertificateStatus)>();
        foreach (var id in asked.Certificates)
        {
            var status = issuer.IsIssuerOf(id) && LeaseId.TryParseSerialNumber(id.SerialNumber.Span, out var lease)
                ? await FindStatusAsync(target, lease, cancellationToken)
                : CertificateStatus.Unknown;
            answers.Add((id, status));
        }

        var signed = issuer.SignAnswer(answers, asked.Nonce);
        foreach (var (_, status) in answers)
        {
            metrics.OcspAnswered(target, OutcomeOf(status.State));
        }

        return signed;
    }

    private static OcspOutcome OutcomeOf(CertificateState state) => state switch
    {
        CertificateState.Good => OcspOutcome.Good,
        CertificateState.Revoked => OcspOutcome.Revoked,
        _ => OcspOutcome.Unknown,
    };

    private ReadOnlyMemory<byte> Say(string target, OcspOutcome outcome, ReadOnlyMemory<byte> answer)
    {
        metrics.OcspAnswered(target, outcome);
        return answer;
    }

    private async ValueTask<CertificateStatus> FindStatusAsync(string target, LeaseId id, CancellationToken cancellationToken)
    {
        // The list first: it still knows leases that the store has forgotten. What is not on it and active afterwards was active all the time.
        if (await denyList.FindAsync(target, id, cancellationToken) is { } entry)
        {
            return CertificateStatus.Revoked(entry.RevokeTime);
        }

        var lease = await store.FindLeaseAsync(id, cancellationToken);
        if (lease is null || lease.Target != target || lease.State == LeaseState.Pending)
        {
            return CertificateStatus.Unknown;
        }

        // A lease may end before its certificate does: one that was cut together with a delegation, and that nobody has swept yet.
        var isLive = lease.State == LeaseState.Active && await store.GetTimeAsync(cancellationToken) < lease.ExpireTime;
        return isLive ? CertificateStatus.Good(lease.ExpireTime) : CertificateStatus.Revoked(lease.EndTime ?? lease.ExpireTime);
    }
}
