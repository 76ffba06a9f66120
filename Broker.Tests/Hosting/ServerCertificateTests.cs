using SecretsBroker.Hosting;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.Engines;
using SecretsBroker.Tests.Identity;

namespace SecretsBroker.Tests.Hosting;

[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
internal sealed class ServerCertificateTests
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(5);

    private readonly TemporaryFolder _folder = new();
    private readonly SteppedTime _time = new();
    private readonly RecordingLogger<ServerCertificate> _log = new();

    [TearDown]
    public void Stop() => _folder.Dispose();

    [Test]
    [Platform(Exclude = "Win", Reason = "Links need a privilege there.")]
    public void Folder_exchanged_behind_links_is_noticed()
    {
        WritePair("first");
        WritePair("second");
        // As Kubernetes lays out a secret's volume: only the middle link is ever exchanged.
        var data = PathOf("..data");
        Directory.CreateSymbolicLink(data, "first");
        var certificateFile = File.CreateSymbolicLink(PathOf("tls.crt"), Path.Combine("..data", "listener.pem")).FullName;
        var keyFile = File.CreateSymbolicLink(PathOf("tls.key"), Path.Combine("..data", "listener.key")).FullName;
        var certificate = new ServerCertificate(certificateFile, keyFile, _time, _log);
        var first = ThumbprintOf(certificate);

        Directory.Delete(data);
        Directory.CreateSymbolicLink(data, "second");
        _time.Advance(LookAgain);

        Assert.That(ThumbprintOf(certificate), Is.Not.EqualTo(first));
    }

    [Test]
    public void Pair_before_serves_until_both_are_replaced()
    {
        var (certificateFile, keyFile) = WritePair("served");
        var (newCertificateFile, newKeyFile) = WritePair("new");
        var certificate = new ServerCertificate(certificateFile, keyFile, _time, _log);
        var first = ThumbprintOf(certificate);

        File.Copy(newCertificateFile, certificateFile, overwrite: true);
        _time.Advance(LookAgain);
        var halfWay = ThumbprintOf(certificate);
        File.Copy(newKeyFile, keyFile, overwrite: true);
        _time.Advance(LookAgain);
        var replaced = ThumbprintOf(certificate);

        Assert.That(halfWay, Is.EqualTo(first));
        Assert.That(replaced, Is.Not.EqualTo(first));
        Assert.That(_log.Text.Split('\n'), Has.Length.EqualTo(2));
        Assert.That(_log.Text, Does.Contain("cannot be used, and the one before is").And.Contain($"The listener shows the certificate that is in {certificateFile} now"));
    }

    [Test]
    public void File_that_is_gone_leaves_the_pair_before_it()
    {
        var (certificateFile, keyFile) = WritePair("served");
        var certificate = new ServerCertificate(certificateFile, keyFile, _time, _log);
        var first = ThumbprintOf(certificate);

        File.Delete(keyFile);
        _time.Advance(LookAgain);

        Assert.That(ThumbprintOf(certificate), Is.EqualTo(first));
    }

    private string PathOf(string name) => Path.Combine(_folder.Path, name);

    private (string CertificateFile, string KeyFile) WritePair(string folder) =>
        TlsClient.WriteServerCertificate(Directory.CreateDirectory(PathOf(folder)).FullName);

    private static string ThumbprintOf(ServerCertificate certificate) => certificate.Current.TargetCertificate.Thumbprint;
}
