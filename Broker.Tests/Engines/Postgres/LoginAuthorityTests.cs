using SecretsBroker.Engines.Postgres;
using SecretsBroker.Engines.X509;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.Postgres;

/// <summary>The files of the authority of logins are replaced while the broker runs.</summary>
internal sealed class LoginAuthorityTests
{
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromSeconds(10);

    private readonly ManualTime _time = new();
    private TemporaryFolder _folder = null!;
    private RecordingLogger<PostgresEngine> _log = null!;
    private LoginAuthority _authority = null!;
    private string _first = null!;
    private string _other = null!;

    [SetUp]
    public void Create()
    {
        _folder = new TemporaryFolder();
        _log = new RecordingLogger<PostgresEngine>();
        _authority = new LoginAuthority("orders", Settings("ca"), _time, _log);
        _first = _authority.Value.Id;
        using var other = CertificateAuthority.LoadOrCreate(Settings("other"), _time, out _);
        _other = other.Id;
    }

    [TearDown]
    public void Dispose()
    {
        _authority.Dispose();
        _folder.Dispose();
    }

    [Test]
    public void Another_authority_signs_without_a_restart()
    {
        Replace("key");
        Replace("pem");
        Assert.That(_authority.Value.Id, Is.EqualTo(_first), "the files are not read for every login");

        _time.Advance(LookAgainAfter);

        Assert.That(_authority.Value.Id, Is.EqualTo(_other));
        Assert.That(_log.Text, Does.Contain("what").And.Contain("ca.pem").And.Contain("orders"));
    }

    [Test]
    public void Half_of_a_replacement_is_told_once_and_the_authority_before_signs_on()
    {
        Replace("key");
        for (var look = 0; look < 3; look++)
        {
            _time.Advance(LookAgainAfter);
            Assert.That(_authority.Value.Id, Is.EqualTo(_first));
        }

        Assert.That(_log.Text.Split("cannot be used"), Has.Length.EqualTo(2), _log.Text);
        Replace("pem");
        _time.Advance(LookAgainAfter);

        Assert.That(_authority.Value.Id, Is.EqualTo(_other));
    }

    [Test]
    public void Files_that_stay_are_not_taken_for_new()
    {
        _time.Advance(LookAgainAfter);

        Assert.That(_authority.Value.Id, Is.EqualTo(_first));
        Assert.That(_log.Text, Is.Empty);
    }

    private void Replace(string kind) => File.Move(PathOf("other", kind), PathOf("ca", kind), overwrite: true);

    private AuthoritySettings Settings(string name) => new()
    {
        KeyFile = PathOf(name, "key"),
        CertificateFile = PathOf(name, "pem"),
        CommonName = $"Logins {name}",
    };

    private string PathOf(string name, string kind) => Path.Combine(_folder.Path, $"{name}.{kind}");
}
