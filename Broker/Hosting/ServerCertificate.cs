using System.Net.Security;
using SecretsBroker.Configuration;

namespace SecretsBroker.Hosting;

/// <summary>The listener's certificate with its issuers, read again when what is in its files has changed, so that renewing it needs no restart.</summary>
internal sealed partial class ServerCertificate
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    private readonly string _certificateFile;
    private readonly string _keyFile;
    private readonly TimeProvider _time;
    private readonly ILogger<ServerCertificate> _logger;
    private readonly ReplaceableFiles _files;
    private readonly Lock _gate = new();
    private SslStreamCertificateContext _current;
    private long _looked;

    /// <exception cref="ConfigurationException">It cannot be read.</exception>
    public ServerCertificate(string certificateFile, string keyFile, TimeProvider time, ILogger<ServerCertificate> logger)
    {
        (_certificateFile, _keyFile, _time, _logger) = (certificateFile, keyFile, time, logger);
        _files = new ReplaceableFiles([certificateFile, keyFile], time);
        _looked = time.GetTimestamp();
        _current = _files.Read(Read);
    }

    public SslStreamCertificateContext Current
    {
        get
        {
            lock (_gate)
            {
                if (_time.GetElapsedTime(_looked) >= LookAgain)
                {
                    _looked = _time.GetTimestamp();
                    Refresh();
                }

                return _current;
            }
        }
    }

    private void Refresh()
    {
        // Half-way through a replacement certificate and key do not match: the old pair serves until they do.
        if (_files.ReadReplaced(Read, LogUnusable) is { } renewed)
        {
            _current = renewed;
            LogRenewed(_certificateFile, renewed.TargetCertificate.NotAfter.ToUniversalTime());
        }
    }

    private SslStreamCertificateContext Read() => CertificateFiles.TryRead(_certificateFile, _keyFile) ?? throw new ConfigurationException(
        [$"Listen:CertificateFile, Listen:KeyFile: are not a PEM certificate and its key: '{_certificateFile}', '{_keyFile}'"]);

    [LoggerMessage(LogLevel.Information, "The listener shows the certificate that is in {CertificateFile} now, good until {EndTime:O}")]
    private partial void LogRenewed(string certificateFile, DateTime endTime);

    [LoggerMessage(LogLevel.Warning, "The listener's changed certificate cannot be used, and the one before is: {Reason}")]
    private partial void LogUnusable(string reason);
}
