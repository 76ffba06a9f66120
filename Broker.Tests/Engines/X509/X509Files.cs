using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Engines;
using SecretsBroker.Engines.X509;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.CommandLine;

namespace SecretsBroker.Tests.Engines.X509;

/// <summary>A folder with an authority's files, engines that use them, and OpenSSL's own tool to judge what they make.</summary>
internal sealed class X509Files : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Folder => _folder.Path;

    public string KeyPath => PathOf("ca.key");

    public string CertificatePath => PathOf("ca.pem");

    public string RootKeyPath => PathOf("root.key");

    public InMemoryDenyList DenyList { get; } = new(TimeProvider.System);

    public static void RequireOpenssl()
    {
        if (!File.Exists("/usr/bin/openssl"))
        {
            Assert.Ignore("openssl is not installed (Debian: apt-get install openssl).");
        }
    }

    public string PathOf(string file) => Path.Combine(_folder.Path, file);

    public string Write(string file, string text)
    {
        File.WriteAllText(PathOf(file), text);
        return PathOf(file);
    }

    public X509Engine Engine(string authority = "root", object? nameConstraints = null)
    {
        var settings = new Dictionary<string, object?>
        {
            ["key_file"] = KeyPath,
            ["certificate_file"] = CertificatePath,
            ["authority"] = authority,
        };
        if (authority == "root-and-intermediate")
        {
            settings["root_key_file"] = RootKeyPath;
        }

        if (nameConstraints is not null)
        {
            settings["name_constraints"] = nameConstraints;
        }

        return (X509Engine)new X509EngineType(DenyList, TimeProvider.System, NullLogger<X509Engine>.Instance)
            .Create(TestLeases.Target("x509", settings));
    }

    public static IssueRequest Request(object? grant = null, CredentialInput? input = null)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return TestLeases.Request(
            TestLeases.Grant("x509", grant),
            input ?? new CredentialInput.X509(Certificates.Request(key), default),
            TimeProvider.System.GetUtcNow().AddMinutes(5));
    }

    public static async Task<CertificateCredential> IssueAsync(X509Engine engine, object? grant = null, CredentialInput? input = null) =>
        (CertificateCredential)await engine.IssueAsync(Request(grant, input), CancellationToken.None);

    /// <summary>What OpenSSL says of a leaf and those sent along with it, to somebody who trusts the anchor alone.</summary>
    public async Task<string> VerifyAsync(string chain, string anchor, params string[] options)
    {
        var leaf = Write("verified.pem", chain);
        var run = await ProgramRun.OfAsync(
            "openssl",
            ["verify", "-x509_strict", .. options, "-CAfile", Write("anchor.pem", anchor), "-untrusted", leaf, leaf]);
        return run.Errors + run.Output;
    }

    public static async Task<string> OpensslAsync(params string[] arguments)
    {
        var run = await ProgramRun.OfAsync("openssl", arguments);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        return run.Output;
    }

    public static X509Certificate2Collection CertificatesOf(string pem)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPem(pem);
        return certificates;
    }

    public void Dispose() => _folder.Dispose();
}
