using System.Security.Cryptography;

namespace SecretsBroker.Engines.Ssh;

/// <summary>What a user certificate says (OpenSSH's PROTOCOL.certkeys).</summary>
internal sealed record SshCertificate
{
    private const uint UserCertificate = 1;
    private const int NonceBytes = 32;

    public required SshPublicKey Key { get; init; }

    public required ulong Serial { get; init; }

    /// <summary>What a host writes to its log.</summary>
    public required string KeyId { get; init; }

    public required IReadOnlyList<string> Principals { get; init; }

    public required DateTimeOffset ValidAfter { get; init; }

    /// <summary>The first second in which it is not valid any more.</summary>
    public required DateTimeOffset ValidBefore { get; init; }

    public IReadOnlyList<string> SourceAddresses { get; init; } = [];

    public string? ForceCommand { get; init; }

    public IReadOnlyList<string> Extensions { get; init; } = [];

    /// <returns>The line of a <c>-cert.pub</c> file.</returns>
    public string Sign(SshCertificateAuthority authority)
    {
        if (Principals.Count == 0)
        {
            // OpenSSH takes it for every account.
            throw new InvalidOperationException("a certificate without principals is never made");
        }

        var type = $"{Key.Type}-cert-v01@openssh.com";
        var certificate = new SshWriter()
            .String(type)
            .String(RandomNumberGenerator.GetBytes(NonceBytes))
            .Raw(Key.Fields.Span)
            .UInt64(Serial)
            .UInt32(UserCertificate)
            .String(KeyId)
            .String(List(Principals))
            .UInt64((ulong)ValidAfter.ToUnixTimeSeconds())
            .UInt64((ulong)ValidBefore.ToUnixTimeSeconds())
            .String(CriticalOptions())
            .String(Flags(Extensions))
            .String("")
            .String(authority.PublicKey.Blob);
        certificate.String(authority.Sign(certificate.Written));
        return $"{type} {Convert.ToBase64String(certificate.Written)} {KeyId}";
    }

    /// <summary>Hosts refuse a certificate with a critical option that they do not know. In the order of their names, as all lists here.</summary>
    private byte[] CriticalOptions()
    {
        var options = new SshWriter();
        if (ForceCommand is not null)
        {
            options.String("force-command").String(new SshWriter().String(ForceCommand).Written);
        }

        if (SourceAddresses.Count > 0)
        {
            options.String("source-address").String(new SshWriter().String(string.Join(',', SourceAddresses)).Written);
        }

        return options.ToArray();
    }

    private static byte[] List(IEnumerable<string> texts)
    {
        var list = new SshWriter();
        foreach (var text in texts)
        {
            list.String(text);
        }

        return list.ToArray();
    }

    private static byte[] Flags(IEnumerable<string> names)
    {
        var flags = new SshWriter();
        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            flags.String(name).String("");
        }

        return flags.ToArray();
    }
}
