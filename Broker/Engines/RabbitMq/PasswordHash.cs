using System.Security.Cryptography;

namespace SecretsBroker.Engines.RabbitMq;

/// <summary>A password as RabbitMQ keeps it (<c>rabbit_password_hashing_sha256</c>), so that it does not have to be sent.</summary>
internal static class PasswordHash
{
    public const string Algorithm = "rabbit_password_hashing_sha256";

    private const int SaltBytes = 4;

    public static string Compute(ReadOnlySpan<byte> password)
    {
        var salted = new byte[SaltBytes + password.Length];
        RandomNumberGenerator.Fill(salted.AsSpan(..SaltBytes));
        password.CopyTo(salted.AsSpan(SaltBytes));
        var hash = Convert.ToBase64String((byte[])[.. salted.AsSpan(..SaltBytes), .. SHA256.HashData(salted)]);
        CryptographicOperations.ZeroMemory(salted);
        return hash;
    }
}
