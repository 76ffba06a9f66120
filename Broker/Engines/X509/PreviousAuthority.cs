using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.X509;

/// <summary>An authority that signed leases' certificates before: its list and its answers are published until the last of them has ended.</summary>
/// <param name="KeyFile"><c>key_file</c>: its private key, PEM, mode 0600. Required.</param>
/// <param name="CertificateFile"><c>certificate_file</c>: its certificate and those above it, PEM. Required.</param>
/// <param name="Until"><c>until</c>: an instant, RFC 3339, later than the longest <c>max_ttl</c> from when it signed last. Required.</param>
internal sealed record PreviousAuthority(string KeyFile, string CertificateFile, DateTimeOffset Until)
{
    private const string Setting = "previous_authorities";
    private const int Max = 8;

    public static IReadOnlyList<PreviousAuthority> ReadAll(SettingsReader reader, AuthoritySettings current)
    {
        var previous = reader.Sections(Setting).Select(section => Read(section, current)).ToArray();
        if (previous.Length > Max)
        {
            reader.Fault(Setting, $"must be at most {Max}");
        }

        return previous;
    }

    private static PreviousAuthority Read(SettingsReader reader, AuthoritySettings current)
    {
        var previous = new PreviousAuthority(reader.RequiredText("key_file"), reader.RequiredText("certificate_file"), reader.RequiredInstant("until"));
        foreach (var (name, file) in ((string, string)[])[("key_file", previous.KeyFile), ("certificate_file", previous.CertificateFile)])
        {
            if (file.Length > 0 && (file == current.KeyFile || file == current.CertificateFile))
            {
                reader.Fault(name, "must be another file than those of the authority that signs now");
            }
        }

        reader.RefuseOthers();
        return previous;
    }
}
