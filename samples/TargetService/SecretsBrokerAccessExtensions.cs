using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace SecretsBroker.Samples.TargetService;

public static class SecretsBrokerAccessExtensions
{
    /// <summary>
    /// Lets a request through only with a client certificate of the broker, and a token of the broker that is bound to it and allows what
    /// the endpoint does; neither of them revoked. Endpoints without <see cref="RequiresAccess{TBuilder}"/> are closed, but for those that
    /// allow anonymous callers. Kestrel must ask for client certificates, and leave judging them to this.
    /// </summary>
    public static IApplicationBuilder UseSecretsBrokerAccess(this IApplicationBuilder app, SecretsBrokerAccessOptions options)
    {
        var verifier = new AccessVerifier(options);
        app.ApplicationServices.GetRequiredService<IHostApplicationLifetime>().ApplicationStopped.Register(verifier.Dispose);
        var logger = app.ApplicationServices.GetRequiredService<ILogger<AccessMiddleware>>();
        return app.Use(next => new AccessMiddleware(next, verifier, logger).InvokeAsync);
    }

    /// <summary>States what the endpoint does.</summary>
    public static TBuilder RequiresAccess<TBuilder>(this TBuilder endpoint, string action, string resource)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new AccessRequirement(action, resource));
}
