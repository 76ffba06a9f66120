using System.Net.Security;
using System.Security.Cryptography;
using SecretsBroker.Configuration;

namespace SecretsBroker.Hosting;

/// <summary>The listener's certificate with its issuers, read again when what is in its files has changed, so that renewing it needs no restart.</summary>
internal sealed class ServerCertificate
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    private readonly string _certificateFile;
    private readonly string _keyFile;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private SslStreamCertificateContext _current;
    private byte[]? _content;
    private long _looked;

    /// <exception cref="ConfigurationException">It cannot be read.</exception>
    public ServerCertificate(string certificateFile, string keyFile, TimeProvider time)
    {
        _certificateFile = certificateFile;
        _keyFile = keyFile;
        _time = time;
        _content = TryHash();
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
        // Before the pair itself is read: what is replaced in between is found at the next look.
        if (TryHash() is not { } content || content.AsSpan().SequenceEqual(_content))
        {
            return;
        }

        // Half-way through a replacement certificate and key do not match: the old pair serves until they do.
        if (TryRead() is { } renewed)
        {
            _current = renewed;
            _content = content;
        }
    }

    // Not when they were written: that is asked of a link itself, and in a Kubernetes volume the files are links that stay while a
    // folder behind them is exchanged.
    private byte[]? TryHash()
    {
        try
        {
            return [.. HashOf(_certificateFile), .. HashOf(_keyFile)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static byte[] HashOf(string file)
    {
        var content = File.ReadAllBytes(file);
        try
        {
            return SHA256.HashData(content);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(content);
        }
    }

    private SslStreamCertificateContext? TryRead() => CertificateFiles.TryRead(_certificateFile, _keyFile);
}
