namespace SecretsBroker.Engines.OAuth;

/// <summary>
/// Where a token is revoked and looked for: where it was given, which needs no metadata; and where the server is asked by now, which may have
/// taken its tokens with it.
/// </summary>
internal sealed class TokenPlaces(OAuthTargetSettings settings, EndpointDirectory directory)
{
    /// <param name="endpoints">Where a token is asked for. One that is revoked can be.</param>
    public TokenOrigin OriginAt(ServerEndpoints endpoints) => new(settings.Issuer, settings.ClientId, endpoints.Revocation!, endpoints.Introspection);

    /// <param name="origin">Null where it was not kept.</param>
    /// <param name="cancellationToken">Stops waiting for metadata.</param>
    /// <returns>First where the server is asked by now.</returns>
    /// <exception cref="EngineException">None is known.</exception>
    public async Task<IReadOnlyList<TokenPlace>> FindAsync(TokenOrigin? origin, CancellationToken cancellationToken)
    {
        // Another server's endpoints must not be sent this one's secret; those that are set are the operator's word.
        if (origin is null || settings.Endpoints is not null || origin.Issuer != settings.Issuer)
        {
            var found = await directory.FindLatestAsync(cancellationToken);
            return [PlaceOf(found.Revocation!, found.Introspection, origin)];
        }

        var own = PlaceOf(settings.RevocationEndpoint ?? origin.Revocation, settings.IntrospectionEndpoint ?? origin.Introspection, origin);
        var (known, isRecent) = await directory.FindKnownAsync(cancellationToken);
        var isConfirmed = isRecent || settings is { RevocationEndpoint: not null, IntrospectionEndpoint: not null };
        return known is null || (known.Revocation, known.Introspection) == (own.Revocation, own.Introspection)
            ? [own with { IsConfirmed = isConfirmed }]
            : [PlaceOf(known.Revocation!, known.Introspection, origin) with { IsConfirmed = isConfirmed }, own with { IsOfToday = false }];
    }

    private TokenPlace PlaceOf(Uri revocation, Uri? introspection, TokenOrigin? origin)
    {
        if (origin is null)
        {
            // While a broker runs those that are set stay; what metadata said when the token was given nobody knows.
            return new TokenPlace(revocation, introspection, settings.Endpoints is not null, settings.Endpoints is not null);
        }

        var isSame = origin.Issuer == settings.Issuer && origin.ClientId == settings.ClientId;
        return new TokenPlace(revocation, introspection, isSame && origin.Revocation == revocation, isSame && origin.Introspection == introspection);
    }
}
