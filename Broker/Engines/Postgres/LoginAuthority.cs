using SecretsBroker.Configuration;
using SecretsBroker.Engines.X509;

namespace SecretsBroker.Engines.Postgres;

/// <summary>
/// The authority of logins, made when it does not exist. Its files may be replaced while the broker runs, also by another authority's: nothing is
/// published of what it signed, and which authorities are let in, the server says.
/// </summary>
internal sealed partial class LoginAuthority(string target, AuthoritySettings settings, TimeProvider time, ILogger logger) : IDisposable
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(10);

    private readonly Lock _looking = new();
    private readonly ReplaceableFiles _files = new([settings.KeyFile, settings.CertificateFile], time);
    private readonly List<CertificateAuthority> _read = [];
    private long _lastLook;

    /// <exception cref="EngineException">It can be neither read nor made.</exception>
    public CertificateAuthority Value
    {
        get
        {
            lock (_looking)
            {
                if (_read.Count == 0)
                {
                    AuthorityFiles.EnsureExist(settings, time);
                    _read.Add(_files.Read(Load));
                    _lastLook = time.GetTimestamp();
                }
                else if (time.GetElapsedTime(_lastLook) >= LookAgainAfter)
                {
                    _lastLook = time.GetTimestamp();
                    if (_files.ReadReplaced(Load, reason => LogUnusable(logger, target, reason)) is { } replaced)
                    {
                        // Those before it may be in somebody's hands still.
                        _read.Add(replaced);
                        LogReplaced(logger, target, settings.CertificateFile, replaced.NotAfter);
                    }
                }

                return _read[^1];
            }
        }
    }

    public void Dispose() => _read.ForEach(authority => authority.Dispose());

    private CertificateAuthority Load() => CertificateAuthority.Load(settings.KeyFile, settings.CertificateFile, settings.NameConstraints);

    [LoggerMessage(LogLevel.Information, "Logins at target {Target} are signed with what {CertificateFile} holds now, good until {EndTime:O}")]
    private static partial void LogReplaced(ILogger logger, string target, string certificateFile, DateTimeOffset endTime);

    [LoggerMessage(LogLevel.Warning, "The changed certificate authority of target {Target} cannot be used, and the one before is: {Reason}")]
    private static partial void LogUnusable(ILogger logger, string target, string reason);
}
