using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SecretsBroker.Client;

/// <summary>
/// Sends requests over connections with the workload's certificate, as its files have it now. When they have changed, new requests go
/// over new connections; what is under way, lifelines among it, goes on over the old ones, which close once they are idle.
/// </summary>
internal sealed class CertificateHandler : HttpMessageHandler
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly string _certificateFile;
    private readonly string _keyFile;
    private readonly Func<SslStreamCertificateContext, SocketsHttpHandler> _connect;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private byte[] _seen = [];
    private HttpMessageInvoker _current;
    private long _looked;

    /// <param name="certificateFile">PEM, its issuers behind it.</param>
    /// <param name="keyFile">PEM.</param>
    /// <param name="connect">Makes what connects with a certificate.</param>
    /// <param name="time">Decides when files are looked at again.</param>
    /// <exception cref="ArgumentException">The files cannot be used.</exception>
    public CertificateHandler(
        string certificateFile, string keyFile, Func<SslStreamCertificateContext, SocketsHttpHandler> connect, TimeProvider time)
    {
        _certificateFile = certificateFile;
        _keyFile = keyFile;
        _connect = connect;
        _time = time;
        _looked = time.GetTimestamp();
        _current = TryRead() ?? throw new ArgumentException(
            $"{nameof(SecretsBrokerOptions.CertificateFile)}: '{certificateFile}' and '{keyFile}' are not a PEM certificate and its key", nameof(certificateFile));
    }

    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        Current().SendAsync(request, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _current.Dispose();
        }

        base.Dispose(disposing);
    }

    private HttpMessageInvoker Current()
    {
        lock (_gate)
        {
            if (_time.GetElapsedTime(_looked) >= LookAgain)
            {
                _looked = _time.GetTimestamp();
                // Half-way through a replacement certificate and key do not match: the old pair is shown until they do.
                _current = TryRead() ?? _current;
            }

            return _current;
        }
    }

    /// <returns>Null when the files have not changed, or cannot be used.</returns>
    private HttpMessageInvoker? TryRead()
    {
        try
        {
            var (certificate, key) = (File.ReadAllText(_certificateFile), File.ReadAllText(_keyFile));
            var hash = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{certificate}\0{key}"));
            if (hash.AsSpan().SequenceEqual(_seen))
            {
                return null;
            }

            using var pem = X509Certificate2.CreateFromPem(certificate, key);
            // Windows' TLS takes no key that lives in memory only; read back from PKCS#12 it is accepted everywhere.
            var leaf = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), password: null);
            var issuers = new X509Certificate2Collection();
            issuers.ImportFromPem(certificate);
            var handler = _connect(SslStreamCertificateContext.Create(leaf, [.. issuers.Skip(1)], offline: true));
            _seen = hash;
            return new HttpMessageInvoker(handler);
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return null;
        }
    }
}
