using System;

namespace Grpc.Core.Interceptors;

/// <summary>Lets a function change the headers of every call: the caller's own, or new ones where it gave none.</summary>
internal sealed class MetadataInterceptor(Func<Metadata, Metadata> interceptor) : RewritingInterceptor
{
    protected override ClientInterceptorContext<TRequest, TResponse> Rewrite<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context) =>
        new(context.Method, context.Host, context.Options.WithHeaders(interceptor(context.Options.Headers ?? [])));
}
