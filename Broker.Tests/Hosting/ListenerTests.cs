using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using SecretsBroker.Revocation;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Hosting;

internal sealed class ListenerTests
{
    [Test]
    public async Task Issuers_of_the_certificate_are_sent_along()
    {
        using var folder = new TemporaryFolder();
        using var root = WriteChain(folder.Path);
        await using var broker = await TestBroker.StartAsync(options =>
        {
            options.Settings["Listen:Insecure"] = "false";
            options.Settings["Listen:CertificateFile"] = Path.Combine(folder.Path, "chain.pem");
            options.Settings["Listen:KeyFile"] = Path.Combine(folder.Path, "key.pem");
        });
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(IPAddress.Loopback, broker.Address.Port);
        await using var tls = new SslStream(tcp.GetStream());

        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
                CustomTrustStore = { root },
            },
        });

        Assert.That(tls.NegotiatedApplicationProtocol, Is.EqualTo(SslApplicationProtocol.Http2));
    }

    [Test]
    public async Task Connections_beyond_the_limit_are_closed()
    {
        const int Limit = 10;
        await using var broker = await TestBroker.StartAsync(options => options.Settings["Listen:MaxConnections"] = $"{Limit}");
        var clients = new List<TcpClient>();
        try
        {
            for (var i = 0; i <= Limit; i++)
            {
                clients.Add(new TcpClient());
                await clients[i].ConnectAsync(IPAddress.Loopback, broker.Address.Port);
            }

            using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            var reads = clients.ConvertAll(client => ReadAsync(client, limit.Token));
            // Whichever is counted last: they come at once, and are not counted in order.
            Assert.That(await await Task.WhenAny(reads), Is.Zero);
            Assert.That(reads.Count(read => !read.IsCompleted), Is.EqualTo(Limit));
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
        }
    }

    [Test]
    public async Task Environment_of_the_process_is_no_setting()
    {
        const string Variable = "Revocation__StuckAfter";
        Environment.SetEnvironmentVariable(Variable, "77");
        try
        {
            await using var broker = await TestBroker.StartAsync();

            Assert.That(
                broker.Services.GetRequiredService<IOptions<RevocationOptions>>().Value.StuckAfter,
                Is.EqualTo(new RevocationOptions().StuckAfter));
        }
        finally
        {
            Environment.SetEnvironmentVariable(Variable, null);
        }
    }

    [Test]
    public async Task Anybody_may_ask_over_http_whether_it_is_healthy()
    {
        await using var broker = await TestBroker.StartAsync();
        using var http = new HttpClient();

        Assert.That(await http.GetStringAsync(new Uri(broker.Publications, "/healthz")), Is.EqualTo("Healthy"));
    }

    // A connection that is turned away is closed or reset, as it happens.
    private static async Task<int> ReadAsync(TcpClient client, CancellationToken cancellationToken)
    {
        try
        {
            return await client.GetStream().ReadAsync(new byte[9], cancellationToken);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            return 0;
        }
    }

    private static X509Certificate2 WriteChain(string folder)
    {
        var (from, to) = (TimeProvider.System.GetUtcNow().AddHours(-1), TimeProvider.System.GetUtcNow().AddHours(1));
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var middleKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var leafKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var root = Authority("CN=root", rootKey).CreateSelfSigned(from, to);
        using var middle = Authority("CN=middle", middleKey).Create(root, from, to, [2]).CopyWithPrivateKey(middleKey);
        var request = new CertificateRequest("CN=broker", leafKey, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        using var leaf = request.Create(middle, from, to, [3]);
        File.WriteAllText(Path.Combine(folder, "chain.pem"), $"{leaf.ExportCertificatePem()}\n{middle.ExportCertificatePem()}\n");
        File.WriteAllText(Path.Combine(folder, "key.pem"), leafKey.ExportPkcs8PrivateKeyPem());
        return X509CertificateLoader.LoadCertificate(root.RawData);
    }

    private static CertificateRequest Authority(string name, ECDsa key)
    {
        var request = new CertificateRequest(name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, critical: true));
        return request;
    }
}
