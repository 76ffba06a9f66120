using Grpc.Core;
using SecretsBroker.Api;
using Proto = SecretsBroker.V1;

namespace SecretsBroker.Tests.EndToEnd;

/// <summary>What a refused call says.</summary>
internal static class Rpc
{
    public static async Task<RpcException> RefusedAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (RpcException refused)
        {
            return refused;
        }

        throw new AssertionException("the call was served");
    }

    public static async Task<RpcException> RefusedAsync(StatusCode code, Func<Task> call)
    {
        var refused = await RefusedAsync(call);
        Assert.That(refused.StatusCode, Is.EqualTo(code), refused.Status.Detail);
        return refused;
    }

    /// <summary>All that a caller sees of it but the time.</summary>
    public static string Describe(RpcException refused) =>
        $"{refused.StatusCode} '{refused.Status.Detail}' {string.Join(", ", refused.Trailers.Where(entry => entry.Key != "date").Select(entry => $"{entry.Key}={Convert.ToHexString(entry.ValueBytes)}"))}";

    /// <summary>Empty when the broker itself said nothing, as when the connection broke.</summary>
    public static Proto.ErrorDetail DetailOf(RpcException refused) =>
        refused.Trailers.FirstOrDefault(entry => entry.Key == Errors.DetailTrailer) is { } entry
            ? Proto.ErrorDetail.Parser.ParseFrom(entry.ValueBytes)
            : new Proto.ErrorDetail();
}
