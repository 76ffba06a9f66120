namespace SecretsBroker.Engines;

/// <summary>What an engine hands to the caller, once. Disposing zeroes what is secret in it.</summary>
internal abstract class Credential : IDisposable
{
    /// <summary>
    /// Kept in the lease and shown to the engine again when it revokes. Not secret. At most 512 characters; of an engine that cannot revoke
    /// without the secret, 8,192 with the secret sealed; of an external one, 512 of its own.
    /// </summary>
    public string Handle { get; init; } = "";

    public abstract void Dispose();
}

/// <summary>A database login: by password, or by a certificate for a key that the caller holds.</summary>
internal sealed class DatabaseCredential : Credential
{
    public required string Host { get; init; }

    public required int Port { get; init; }

    public required string Database { get; init; }

    public required string Username { get; init; }

    /// <summary>Empty where the login is by certificate.</summary>
    public required Secret Password { get; init; }

    /// <summary>PEM, the leaf first, then its issuers up to but without the root; empty where the login is by password.</summary>
    public string CertificateChain { get; init; } = "";

    public override void Dispose() => Password.Dispose();
}

/// <summary>A Redis login.</summary>
internal sealed class RedisCredential : Credential
{
    /// <summary>Every node of the target, the catalogue's first one first.</summary>
    public required IReadOnlyList<(string Host, int Port)> Nodes { get; init; }

    public required bool Tls { get; init; }

    public required string Username { get; init; }

    public required Secret Password { get; init; }

    public override void Dispose() => Password.Dispose();
}

/// <summary>A RabbitMQ login.</summary>
internal sealed class RabbitMqCredential : Credential
{
    public required string Host { get; init; }

    public required int Port { get; init; }

    public required bool Tls { get; init; }

    /// <summary>Those that may be entered, the grant's first one first.</summary>
    public required IReadOnlyList<string> VirtualHosts { get; init; }

    public required string Username { get; init; }

    public required Secret Password { get; init; }

    public override void Dispose() => Password.Dispose();
}

/// <summary>An X.509 certificate for a key that the caller holds. There is nothing secret in it.</summary>
internal sealed class CertificateCredential : Credential
{
    /// <summary>PEM, the leaf first, then its issuers up to but without the root.</summary>
    public required string CertificateChain { get; init; }

    /// <summary>PEM, the trust anchor.</summary>
    public required string CertificateAuthority { get; init; }

    /// <summary>Hexadecimal, lower case.</summary>
    public required string SerialNumber { get; init; }

    public override void Dispose()
    {
    }
}

/// <summary>An OpenSSH user certificate for a key that the caller holds. There is nothing secret in it.</summary>
internal sealed class SshCredential : Credential
{
    /// <summary>The line of a <c>-cert.pub</c> file.</summary>
    public required string Certificate { get; init; }

    public required ulong SerialNumber { get; init; }

    /// <summary>Whom it may log in as.</summary>
    public required IReadOnlyList<string> Principals { get; init; }

    public override void Dispose()
    {
    }
}

/// <summary>An OAuth 2.0 access token (RFC 6750 or RFC 8705): the broker's own, or another authorization server's.</summary>
internal sealed class AccessTokenCredential : Credential
{
    public required Secret Token { get; init; }

    /// <summary><c>Bearer</c> or, for a key-bound token, <c>DPoP</c>.</summary>
    public required string TokenType { get; init; }

    public required string Audience { get; init; }

    /// <summary>When it ends by itself, where that may be before the lease does.</summary>
    public DateTimeOffset? ExpireTime { get; init; }

    public override void Dispose() => Token.Dispose();
}
