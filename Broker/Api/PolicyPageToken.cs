using System.Globalization;

namespace SecretsBroker.Api;

/// <summary>Where the next page of policies begins, in which policy set.</summary>
internal static class PolicyPageToken
{
    private const string Rule = "must be one that the page before returned";

    public static string Of(string hash, int index) => $"{hash}.{index.ToString(CultureInfo.InvariantCulture)}";

    /// <returns>The index of the page's first policy.</returns>
    /// <exception cref="Grpc.Core.RpcException">INVALID_ARGUMENT: it is none. ABORTED: it is of another policy set.</exception>
    public static int Read(string token, string hash, int count)
    {
        if (token.Length == 0)
        {
            return 0;
        }

        var separator = token.LastIndexOf('.');
        if (separator < 0 || !int.TryParse(token.AsSpan(separator + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
        {
            throw Errors.Invalid("page_token", Rule);
        }

        if (!token.AsSpan(0, separator).SequenceEqual(hash))
        {
            throw Errors.PoliciesChanged();
        }

        return index <= count ? index : throw Errors.Invalid("page_token", Rule);
    }
}
