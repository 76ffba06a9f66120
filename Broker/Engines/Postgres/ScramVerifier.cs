using System.Security.Cryptography;
using System.Text;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// What PostgreSQL stores instead of a password (RFC 5803): made here, so that the password is in no statement and in no log of the
/// server. For a random password of 256 bits one iteration is enough: iterations slow down guessing, and there is nothing to guess.
/// </summary>
internal static class ScramVerifier
{
    private const int SaltLength = 16;

    public static string Compute(ReadOnlySpan<byte> password, int iterations)
    {
        Span<byte> salt = stackalloc byte[SaltLength];
        RandomNumberGenerator.Fill(salt);
        return Compute(password, salt, iterations);
    }

    public static string Compute(ReadOnlySpan<byte> password, ReadOnlySpan<byte> salt, int iterations)
    {
        Span<byte> salted = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> clientKey = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> storedKey = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> serverKey = stackalloc byte[SHA256.HashSizeInBytes];
        Rfc2898DeriveBytes.Pbkdf2(password, salt, salted, iterations, HashAlgorithmName.SHA256);
        HMACSHA256.HashData(salted, "Client Key"u8, clientKey);
        SHA256.HashData(clientKey, storedKey);
        HMACSHA256.HashData(salted, "Server Key"u8, serverKey);
        // Whoever has one of these two can log in.
        CryptographicOperations.ZeroMemory(salted);
        CryptographicOperations.ZeroMemory(clientKey);
        return new StringBuilder("SCRAM-SHA-256$")
            .Append(iterations).Append(':').Append(Convert.ToBase64String(salt))
            .Append('$').Append(Convert.ToBase64String(storedKey))
            .Append(':').Append(Convert.ToBase64String(serverKey))
            .ToString();
    }
}
