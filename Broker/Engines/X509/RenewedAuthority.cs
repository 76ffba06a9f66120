using SecretsBroker.Configuration;
using SecretsBroker.Engines.Keys;

namespace SecretsBroker.Engines.X509;

/// <summary>
/// An authority whose certificate may be renewed in its file while the broker runs. Only the certificate: another key would leave nobody who
/// signs the list of what the old one certified, and is waited with until the catalogue says what becomes of that.
/// </summary>
internal sealed partial class RenewedAuthority(string target, AuthoritySettings settings, OwnKey<CertificateAuthority> first, TimeProvider time, ILogger logger)
    : IDisposable
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(10);

    private readonly Lock _looking = new();
    private readonly ReplaceableFiles _files = new([settings.KeyFile, settings.CertificateFile], time);
    private readonly List<CertificateAuthority> _renewed = [];
    private long? _lastLook;

    /// <exception cref="EngineException">It can be neither read nor made.</exception>
    public CertificateAuthority Value
    {
        get
        {
            lock (_looking)
            {
                if (_lastLook is { } last && time.GetElapsedTime(last) < LookAgainAfter)
                {
                    return Latest;
                }

                _lastLook = time.GetTimestamp();
                var latest = Latest;
                if (_files.ReadReplaced(() => ReadRenewed(latest), reason => LogUnusable(logger, target, reason)) is { } renewed)
                {
                    // Those before it may be in somebody's hands still.
                    _renewed.Add(latest = renewed);
                }

                return latest;
            }
        }
    }

    private CertificateAuthority Latest => _renewed.LastOrDefault() ?? first.Value;

    public void Dispose() => _renewed.ForEach(authority => authority.Dispose());

    /// <summary>Null when what is there now is the same, or another authority's.</summary>
    private CertificateAuthority? ReadRenewed(CertificateAuthority latest)
    {
        var found = CertificateAuthority.Load(settings.KeyFile, settings.CertificateFile, settings.NameConstraints);
        if (found.Id == latest.Id && found.Pem != latest.Pem)
        {
            LogRenewed(logger, target, settings.CertificateFile, found.NotAfter);
            return found;
        }

        if (found.Id != latest.Id)
        {
            LogOther(logger, target, settings.CertificateFile);
        }

        found.Dispose();
        return null;
    }

    [LoggerMessage(LogLevel.Information, "The certificate authority of target {Target} has a renewed certificate from {CertificateFile}, good until {EndTime:O}")]
    private static partial void LogRenewed(ILogger logger, string target, string certificateFile, DateTimeOffset endTime);

    [LoggerMessage(
        LogLevel.Warning,
        "{CertificateFile} holds another authority than target {Target} signs with, and is not used before a restart: name new files in the catalogue, and the old ones under previous_authorities")]
    private static partial void LogOther(ILogger logger, string target, string certificateFile);

    [LoggerMessage(LogLevel.Warning, "The changed certificate authority of target {Target} cannot be used, and the one before is: {Reason}")]
    private static partial void LogUnusable(ILogger logger, string target, string reason);
}
