using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.X509;
using SecretsBroker.Leases;

namespace SecretsBroker.Tests.Engines.X509;

/// <summary>Authorities that follow one another: each has its files, named after it, and all share a clock, a log and what was revoked.</summary>
internal sealed class RotatingAuthorities : IDisposable
{
    private readonly X509Files _files = new();
    private readonly InMemoryDenyList _denyList;

    public RotatingAuthorities() => _denyList = new InMemoryDenyList(Time);

    public ManualTime Time { get; } = new();

    public RecordingLogger<X509Engine> Log { get; } = new();

    public string PathOf(string file) => _files.PathOf(file);

    public string Write(string file, string text) => _files.Write(file, text);

    public X509EngineType Type() => new(_denyList, Time, Log);

    /// <summary>One that signs by the files of this name, and knows those of the previous ones for an hour.</summary>
    public X509Engine Engine(string name, params string[] previous) => (X509Engine)Type().Create(Target(name, previous));

    public Target Target(string name, params string[] previous) => TestLeases.Target("x509", new
    {
        key_file = PathOf($"{name}.key"),
        certificate_file = PathOf($"{name}.pem"),
        common_name = $"{name} CA",
        base_url = "https://broker.example/",
        previous_authorities = previous.Select(one => new
        {
            key_file = PathOf($"{one}.key"),
            certificate_file = PathOf($"{one}.pem"),
            until = Time.GetUtcNow().AddHours(1).ToString("O"),
        }),
    });

    public IssueRequest Request() => X509Files.Request() with { ExpireTime = Time.GetUtcNow().AddMinutes(5) };

    public async Task<CertificateCredential> IssueAsync(X509Engine engine) =>
        (CertificateCredential)await engine.IssueAsync(Request(), CancellationToken.None);

    public async Task<(Lease Lease, CertificateCredential Credential)> IssueLeaseAsync(X509Engine engine, TimeSpan? life = null)
    {
        var request = Request() with { ExpireTime = Time.GetUtcNow() + (life ?? TimeSpan.FromMinutes(5)) };
        var credential = (CertificateCredential)await engine.IssueAsync(request, CancellationToken.None);
        return (TestLeases.LeaseOf(request) with { Handle = credential.Handle }, credential);
    }

    /// <summary>Where a certificate says that its CRL is.</summary>
    public static string ListIn(CertificateCredential credential)
    {
        using var leaf = credential.Leaf();
        var text = leaf.Extensions.Single(extension => extension.Oid!.Value == "2.5.29.31").Format(multiLine: false);
        return text[text.IndexOf("http", StringComparison.Ordinal)..].Trim();
    }

    public void Dispose() => _files.Dispose();
}
