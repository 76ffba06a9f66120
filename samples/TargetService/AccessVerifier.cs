using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace SecretsBroker.Samples.TargetService;

/// <summary>Certificate, token, their bond, what they allow, and whether one of them was revoked: in this order, all of them every time.</summary>
internal sealed class AccessVerifier : IDisposable
{
    private readonly SecretsBrokerAccessOptions _options;
    private readonly HttpClient _broker;
    private readonly ClientCertificateCheck _certificates;
    private readonly AccessTokenCheck _tokens;
    private readonly PublishedDocument<IReadOnlySet<string>> _revokedCertificates;
    private readonly PublishedDocument<IReadOnlySet<string>> _revokedTokens;

    public AccessVerifier(SecretsBrokerAccessOptions options)
    {
        _options = options;
        _broker = new HttpClient(options.Backchannel ?? new SocketsHttpHandler(), disposeHandler: options.Backchannel is null)
        {
            BaseAddress = new Uri(options.Broker.AbsoluteUri.TrimEnd('/') + "/"),
            Timeout = TimeSpan.FromSeconds(5),
            MaxResponseContentBufferSize = 64 * 1024 * 1024,
        };
        _certificates = new ClientCertificateCheck(options);
        _tokens = new AccessTokenCheck(options, _broker);
        _revokedCertificates = new PublishedDocument<IReadOnlySet<string>>(
            _broker, $"v1/x509/{options.CertificateTarget}/revoked.json", RevokedList.ReadSerials, options.RefuseAfter, options.Time);
        _revokedTokens = new PublishedDocument<IReadOnlySet<string>>(
            _broker, $"v1/jwt/{options.TokenTarget}/revoked.json", RevokedList.ReadIds, options.RefuseAfter, options.Time);
    }

    /// <exception cref="AccessRefusedException">The request is not to be served.</exception>
    public async Task<GrantedAccess> VerifyAsync(HttpContext context, AccessRequirement requirement)
    {
        var certificate = _certificates.Require(context.Connection.ClientCertificate);
        var token = await _tokens.RequireAsync(BearerOf(context.Request), context.RequestAborted);
        AccessTokenClaims.RequireBoundTo(token, certificate);
        AccessTokenClaims.RequireAllows(token, requirement, _options.Audience);

        // Last, so that nothing that takes time lies between this look and the answer.
        var certificates = await _revokedCertificates.ReadAsync(_options.RefreshAfter, context.RequestAborted);
        var tokens = await _revokedTokens.ReadAsync(_options.RefreshAfter, context.RequestAborted);
        if (certificates.Contains(certificate.SerialNumber) || tokens.Contains(token.Id))
        {
            throw AccessRefusedException.Unauthorized("the access was revoked");
        }

        return new GrantedAccess(token.Subject, token.Id);
    }

    public void Dispose()
    {
        _tokens.Dispose();
        _revokedCertificates.Dispose();
        _revokedTokens.Dispose();
        _broker.Dispose();
    }

    private static string BearerOf(HttpRequest request)
    {
        const string Scheme = "Bearer ";
        var headers = request.Headers[HeaderNames.Authorization];
        return headers is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..]
            : throw AccessRefusedException.Unauthorized("a token is needed");
    }
}
