using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using SecretsBroker.Identity.Keys;
using Spiffe.Workload;

namespace SecretsBroker.Identity.WorkloadApi;

/// <summary>
/// The broker's own X.509-SVID, which its listener shows. Each new one serves the connections made from then on; the last one stays
/// until it expires or is withdrawn, whatever has become of the agent.
/// </summary>
internal sealed class ServedSvid(TimeProvider time)
{
    private readonly TaskCompletionSource _first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Held? _held;

    /// <summary>Done when there has been one.</summary>
    public Task First => _first.Task;

    /// <summary>Null when there is none that is valid now.</summary>
    public SslStreamCertificateContext? Current =>
        _held is { } held && time.GetUtcNow() <= held.EndTime ? held.Certificate : null;

    /// <summary>Takes the first of an answer: the standard calls it the default one.</summary>
    /// <returns>Until when it is valid.</returns>
    /// <exception cref="KeySourceException">It cannot be used. The one before stays.</exception>
    public DateTimeOffset Replace(X509SVIDResponse response)
    {
        if (response.Svids.Count == 0)
            throw new KeySourceException("it holds no SVID");
        var certificate = Read(response.Svids[0]);
        var endTime = new DateTimeOffset(certificate.TargetCertificate.NotAfter);
        if (time.GetUtcNow() > endTime)
            throw new KeySourceException("its SVID has expired");
        _held = new Held(certificate, endTime);
        _first.TrySetResult();
        return endTime;
    }

    /// <summary>It is the broker's no more.</summary>
    public void Withdraw() => _held = null;

    private static SslStreamCertificateContext Read(X509SVID svid)
    {
        var chain = DerCertificates.Split(svid.X509Svid.Memory);
        if (chain.Count == 0)
            throw new KeySourceException("its SVID has no certificate");
        var key = svid.X509SvidKey.ToByteArray();
        try
        {
            using var leaf = X509CertificateLoader.LoadCertificate(chain[0].Span);
            using var pair = Join(leaf, key);
            // As with files: Windows' TLS takes no key that lives in memory only.
            var served = X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), password: null);
            return SslStreamCertificateContext.Create(
                served, [.. chain.Skip(1).Select(issuer => X509CertificateLoader.LoadCertificate(issuer.Span))], offline: true);
        }
        catch (Exception fault) when (fault is CryptographicException or ArgumentException)
        {
            throw new KeySourceException("its SVID is not a certificate and its key", fault);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
    }

    private static X509Certificate2 Join(X509Certificate2 leaf, byte[] key)
    {
        using var elliptic = leaf.GetECDsaPublicKey();
        if (elliptic is not null)
        {
            elliptic.ImportPkcs8PrivateKey(key, out _);
            return leaf.CopyWithPrivateKey(elliptic);
        }

        using var rsa = RSA.Create();
        rsa.ImportPkcs8PrivateKey(key, out _);
        return leaf.CopyWithPrivateKey(rsa);
    }

    private sealed record Held(SslStreamCertificateContext Certificate, DateTimeOffset EndTime);
}
