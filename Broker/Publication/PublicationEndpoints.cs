using SecretsBroker.Engines;
using SecretsBroker.Engines.Jwt;
using SecretsBroker.Engines.OAuth;
using SecretsBroker.Engines.Ssh;
using SecretsBroker.Engines.X509;
using SecretsBroker.Leases;
using SecretsBroker.Telemetry;

namespace SecretsBroker.Publication;

/// <summary>
/// What verifiers need, for everybody to read: certificates, keys, and what was revoked. Each answer is of the moment: it is given
/// after a look at the deny list of the store, so that all brokers publish the same, and 503 when there is nothing to look at.
/// </summary>
internal static class PublicationEndpoints
{
    /// <summary>
    /// Maps, below <c>/v1/x509/{target}</c>, <c>ca.pem</c>, <c>ca.cer</c> and <c>crl</c>, of each authority, too, <c>ocsp</c> and <c>revoked.json</c>; below <c>/v1/ssh/{target}</c>,
    /// <c>ca.pub</c>, <c>krl</c> and <c>revoked.json</c>; below <c>/v1/jwt/{target}</c>, <c>jwks.json</c> and <c>revoked.json</c>; below <c>/v1/oauth/{target}</c>,
    /// <c>jwks.json</c>; and each token issuer's metadata at the place of RFC 8414 §3.1. None asks who calls.
    /// </summary>
    /// <param name="endpoints">The broker's public listener.</param>
    /// <param name="findEngine">The engine of a target by its name; null when there is none.</param>
    public static IEndpointConventionBuilder MapPublications(
        this IEndpointRouteBuilder endpoints, Func<string, ICredentialEngine?> findEngine)
    {
        var denyList = endpoints.ServiceProvider.GetRequiredService<IDenyList>();
        var revoked = new RevokedListCache(denyList, endpoints.ServiceProvider.GetRequiredService<TimeProvider>());
        var publications = endpoints.MapGroup("");
        var x509 = publications.MapGroup("/v1/x509/{target}");
        var publisher = new Publisher(endpoints.ServiceProvider.GetRequiredService<BrokerMetrics>());
        MapX509(x509, findEngine, revoked, publisher);
        x509.MapOcsp(findEngine, endpoints.ServiceProvider.GetRequiredService<OcspResponder>());
        MapSsh(publications.MapGroup("/v1/ssh/{target}"), findEngine, revoked, publisher);
        MapJwt(publications.MapGroup("/v1/jwt/{target}"), findEngine, revoked, publisher);
        publications.MapGet("/v1/oauth/{target}/jwks.json", (string target) => publisher.PublishAsync(target, PublishedDocument.KeySet, () =>
        {
            var engine = findEngine(target) as OAuthEngine;
            engine?.RequirePublished();
            return ValueTask.FromResult(engine?.ReadKeySet() is { } keys ? Document.Json(keys) : null);
        }));
        publications.MapGet("/.well-known/oauth-authorization-server/v1/jwt/{target}", (string target) =>
            publisher.PublishAsync(target, PublishedDocument.Metadata, () => ValueTask.FromResult(
                (findEngine(target) as JwtEngine)?.ReadMetadata() is { } metadata ? Document.Json(metadata) : null)));
        return publications;
    }

    private static void MapX509(
        IEndpointRouteBuilder group, Func<string, ICredentialEngine?> findEngine, RevokedListCache revoked, Publisher publisher)
    {
        group.MapGet("/ca.pem", (string target) => publisher.PublishAsync(target, PublishedDocument.Authority, () =>
            ValueTask.FromResult(FindAuthority(target) is { } engine
                ? Document.Text(engine.ReadAuthorityPem(), "application/x-pem-file")
                : null)));

        group.MapGet("/ca.cer", (string target) => publisher.PublishAsync(target, PublishedDocument.Authority, () =>
            ValueTask.FromResult(FindAuthority(target) is { } engine
                ? Document.Of(engine.Current.Certificate, "application/pkix-cert")
                : null)));

        group.MapGet("/ca.cer/{authority}", (string target, string authority) => publisher.PublishAsync(target, PublishedDocument.Authority, () =>
            ValueTask.FromResult((findEngine(target) as X509Engine)?.FindAuthority(authority) is { } found
                ? Document.Of(found.Certificate, "application/pkix-cert")
                : null)));

        group.MapGet("/crl", (string target, CancellationToken cancellationToken) =>
            publisher.PublishAsync(target, PublishedDocument.Crl, async () =>
                FindAuthority(target) is { } engine ? await ReadListAsync(engine.Current, cancellationToken) : null));

        group.MapGet("/crl/{authority}", (string target, string authority, CancellationToken cancellationToken) =>
            publisher.PublishAsync(target, PublishedDocument.Crl, async () => (findEngine(target) as X509Engine)?.FindAuthority(authority) is { } found
                ? await ReadListAsync(found, cancellationToken)
                : null));

        group.MapGet("/revoked.json", (string target, CancellationToken cancellationToken) =>
            publisher.PublishAsync(target, PublishedDocument.Revoked, async () =>
                findEngine(target) is X509Engine ? await revoked.ReadAsync(target, HexadecimalSerialOf, cancellationToken) : null));

        static async ValueTask<Document> ReadListAsync(PublishedAuthority authority, CancellationToken cancellationToken)
        {
            var list = await authority.ReadRevocationListAsync(cancellationToken);
            return new Document(list.Der, "application/pkix-crl", list.Number.ToString());
        }

        X509Engine? FindAuthority(string target)
        {
            var engine = findEngine(target) as X509Engine;
            engine?.RequirePublished();
            return engine;
        }
    }

    private static void MapSsh(
        IEndpointRouteBuilder group, Func<string, ICredentialEngine?> findEngine, RevokedListCache revoked, Publisher publisher)
    {
        group.MapGet("/ca.pub", (string target) => publisher.PublishAsync(target, PublishedDocument.Authority, () =>
            ValueTask.FromResult(FindAuthority(target) is { } engine
                ? Document.Text(engine.ReadAuthorityLines(), "text/plain")
                : null)));

        group.MapGet("/krl", (string target, CancellationToken cancellationToken) => publisher.PublishAsync(target, PublishedDocument.Krl, async () =>
        {
            if (FindAuthority(target) is not { } engine)
            {
                return null;
            }

            var list = await engine.ReadRevocationListAsync(cancellationToken);
            return new Document(list.Krl, "application/octet-stream", list.Tag);
        }));

        group.MapGet("/revoked.json", (string target, CancellationToken cancellationToken) =>
            publisher.PublishAsync(target, PublishedDocument.Revoked, async () =>
                findEngine(target) is SshEngine ? await revoked.ReadAsync(target, DecimalSerialOf, cancellationToken) : null));

        SshEngine? FindAuthority(string target)
        {
            var engine = findEngine(target) as SshEngine;
            engine?.RequirePublished();
            return engine;
        }
    }

    private static void MapJwt(
        IEndpointRouteBuilder group, Func<string, ICredentialEngine?> findEngine, RevokedListCache revoked, Publisher publisher)
    {
        group.MapGet("/jwks.json", (string target) => publisher.PublishAsync(target, PublishedDocument.KeySet, () =>
        {
            var engine = findEngine(target) as JwtEngine;
            engine?.RequirePublished();
            return ValueTask.FromResult(engine is null ? null : Document.Json(engine.ReadKeySet()));
        }));

        group.MapGet("/revoked.json", (string target, CancellationToken cancellationToken) =>
            publisher.PublishAsync(target, PublishedDocument.Revoked, async () =>
                findEngine(target) is JwtEngine ? await revoked.ReadAsync(target, serialOf: null, cancellationToken) : null));
    }

    private static string HexadecimalSerialOf(LeaseId lease) => Convert.ToHexStringLower(lease.ToSerialNumber());

    private static string DecimalSerialOf(LeaseId lease) => $"{SshSerial.Of(lease)}";
}
