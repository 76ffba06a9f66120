using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;

namespace SecretsBroker.Catalog;

/// <summary>Names a secret of the broker's own: a file or an environment variable. Exactly one of the two is set.</summary>
internal sealed record SecretReference
{
    /// <summary>A path; its content without the last line end is the secret. Read at each use, so that rotation needs no restart.</summary>
    [JsonPropertyName("file")]
    public string? File { get; init; }

    /// <summary>The name of an environment variable.</summary>
    [JsonPropertyName("env")]
    public string? Env { get; init; }

    public bool IsValid => string.IsNullOrEmpty(File) != string.IsNullOrEmpty(Env);

    /// <returns>The secret, which the caller zeroes after use; null when it cannot be read or is empty.</returns>
    public byte[]? TryRead()
    {
        byte[] read;
        if (Env is not null)
        {
            read = Encoding.UTF8.GetBytes(Environment.GetEnvironmentVariable(Env) ?? "");
            return read.Length == 0 ? null : read;
        }

        try
        {
            read = System.IO.File.ReadAllBytes(File!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        var content = read.AsSpan();
        content = content.EndsWith("\r\n"u8) ? content[..^2] : content.EndsWith("\n"u8) ? content[..^1] : content;
        var secret = content.ToArray();
        CryptographicOperations.ZeroMemory(read);
        return secret.Length == 0 ? null : secret;
    }

    public override string ToString() => File is null ? $"env {Env}" : $"file {File}";
}
