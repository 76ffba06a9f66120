using System.Net.Security;
using SecretsBroker.Configuration;

namespace SecretsBroker.Hosting;

/// <summary>The listener's certificate with its issuers, read again when its file has changed, so that renewing it needs no restart.</summary>
internal sealed class ServerCertificate
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    private readonly string _certificateFile;
    private readonly string _keyFile;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private SslStreamCertificateContext _current;
    private DateTime _written;
    private long _looked;

    /// <exception cref="ConfigurationException">It cannot be read.</exception>
    public ServerCertificate(string certificateFile, string keyFile, TimeProvider time)
    {
        _certificateFile = certificateFile;
        _keyFile = keyFile;
        _time = time;
        _written = File.GetLastWriteTimeUtc(certificateFile);
        _looked = time.GetTimestamp();
        _current = TryRead() ?? throw new ConfigurationException(
            [$"Listen:CertificateFile, Listen:KeyFile: are not a PEM certificate and its key: '{certificateFile}', '{keyFile}'"]);
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
        var written = File.GetLastWriteTimeUtc(_certificateFile);
        // Half-way through a replacement certificate and key do not match: the old pair serves until they do.
        if (written != _written && TryRead() is { } renewed)
        {
            _current = renewed;
            _written = written;
        }
    }

    private SslStreamCertificateContext? TryRead() => CertificateFiles.TryRead(_certificateFile, _keyFile);
}
