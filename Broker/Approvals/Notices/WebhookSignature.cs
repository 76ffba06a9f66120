using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace SecretsBroker.Approvals.Notices;

/// <summary>Signs a request as the Standard Webhooks specification says: HMAC-SHA256 of id, time and body, joined by dots.</summary>
internal static class WebhookSignature
{
    public const int MinKeyLength = 24;

    private static readonly byte[] Base64Prefix = "whsec_"u8.ToArray();

    /// <param name="secret">As the file or variable holds it.</param>
    /// <param name="id">Of the notice; the same with each try.</param>
    /// <param name="time">Unix seconds, of this try.</param>
    /// <param name="body">What is sent.</param>
    /// <returns>The header's value; null when the secret is no key.</returns>
    public static string? Of(byte[] secret, string id, long time, string body)
    {
        var key = KeyOf(secret);
        try
        {
            return key is null
                ? null
                : "v1," + Convert.ToBase64String(HMACSHA256.HashData(
                    key, Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{time}.{body}"))));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static byte[]? KeyOf(byte[] secret)
    {
        byte[] key;
        if (secret.AsSpan().StartsWith(Base64Prefix))
        {
            var buffer = new byte[secret.Length];
            var text = Encoding.ASCII.GetString(secret.AsSpan(Base64Prefix.Length));
            if (!Convert.TryFromBase64String(text, buffer, out var length))
            {
                return null;
            }

            key = buffer[..length];
            CryptographicOperations.ZeroMemory(buffer);
        }
        else
        {
            key = [.. secret];
        }

        return key.Length >= MinKeyLength ? key : null;
    }
}
