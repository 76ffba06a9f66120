using SecretsBroker.Audit;
using SecretsBroker.Engines.Jwt;
using SecretsBroker.Leases;
using SecretsBroker.Revocation;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Introspection;

/// <summary>
/// Ends the lease of a token that a resource server does not want to see any more, as any lease ends. From then on it is not good, also
/// before it is listed.
/// </summary>
internal sealed class TokenRevocation(TokenInquiry inquiry, ILeaseStore store, Revoker revoker, IAuditSink audit)
{
    private static readonly TimeSpan ProofLimit = TimeSpan.FromSeconds(5);

    /// <summary>What is no token of this target, or has ended, is left as it is (RFC 7009 §2.2).</summary>
    /// <param name="engine">The target's.</param>
    /// <param name="target">Its name.</param>
    /// <param name="text">What was shown.</param>
    /// <param name="server">Who wants it.</param>
    /// <param name="sourceAddress">From where.</param>
    /// <param name="cancellationToken">Stops waiting for the proof, and no more.</param>
    /// <exception cref="BrokerException">It may not have ended, or that is not on the record: to be repeated.</exception>
    public async Task RevokeAsync(
        JwtEngine engine, string target, string text, ResourceServer server, string sourceAddress, CancellationToken cancellationToken)
    {
        if (engine.ReadToken(text) is not { } token || await inquiry.FindLeaseAsync(token, target, cancellationToken) is not { } lease)
        {
            return;
        }

        var isRepeated = lease.Cause != EndCause.None;
        // Before the record: taking access away does not wait for the audit log.
        if (!isRepeated)
        {
            lease = await store.EndAsync(lease.Id, EndCause.ResourceServer, cancellationToken) ?? lease;
        }

        if (lease.Cause != EndCause.ResourceServer)
        {
            return;
        }

        var revocation = revoker.RevokeOrFollowAsync(lease, cancellationToken);
        await RecordAsync(lease, server, sourceAddress, isRepeated);
        await Task.WhenAny(revocation, Task.Delay(ProofLimit, cancellationToken));
    }

    private async Task RecordAsync(Lease lease, ResourceServer server, string sourceAddress, bool isRepeated)
    {
        var id = $"{lease.Id}/token-revoked/{server.Name}";
        // The first time it may have failed here; the log must not grow by who asks again and again.
        if (isRepeated && await audit.ContainsAsync(id, CancellationToken.None))
        {
            return;
        }

        await audit.AppendAsync(
            LeaseRecords.Of(lease, id, AuditEventType.TokenRevoked) with
            {
                ResourceServer = server.Name,
                SourceAddress = sourceAddress,
                TraceId = BrokerTracing.CurrentTraceId,
            },
            CancellationToken.None);
    }
}
