using Grpc.Core;
using SecretsBroker.Identity;

namespace SecretsBroker.Api;

/// <summary>The authenticated caller of a call.</summary>
internal static class CallerExtensions
{
    private static readonly object Key = new();

    public static void SetWorkload(this ServerCallContext context, Workload workload) => context.UserState[Key] = workload;

    /// <summary>Null when nobody has authenticated this call.</summary>
    public static Workload? FindWorkload(this ServerCallContext context) =>
        context.UserState.TryGetValue(Key, out var value) ? value as Workload : null;

    /// <exception cref="RpcException">UNAUTHENTICATED: nobody has authenticated this call.</exception>
    public static Workload GetWorkload(this ServerCallContext context) =>
        context.FindWorkload() ?? throw Errors.Unauthenticated();
}
