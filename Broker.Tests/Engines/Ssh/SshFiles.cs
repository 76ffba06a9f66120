using System.Security.Cryptography;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Ssh;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.CommandLine;

namespace SecretsBroker.Tests.Engines.Ssh;

/// <summary>A folder of keys, certificates and lists, and OpenSSH's own tool to judge them.</summary>
internal sealed class SshFiles : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private int _files;

    public static void RequireOpenSsh()
    {
        if (!SshServer.IsInstalled)
        {
            Assert.Ignore("sshd, ssh or ssh-keygen is not installed (Debian: apt-get install openssh-server).");
        }
    }

    public string PathOf(string file) => Path.Combine(_folder.Path, file);

    /// <summary>A key of a caller, made by OpenSSH.</summary>
    /// <returns>The path of the private key; that of the public one ends in <c>.pub</c>.</returns>
    public async Task<string> NewKeyAsync(string type, int bits = 0)
    {
        var path = NextPath();
        var run = await KeygenAsync(["-q", "-t", type, .. bits > 0 ? (string[])["-b", $"{bits}"] : [], "-N", "", "-C", "agent@example", "-f", path]);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        return path;
    }

    /// <summary>A key file of an authority, as an operator would make it.</summary>
    public string NewAuthority(ECCurve curve)
    {
        using var key = ECDsa.Create(curve);
        var path = NextPath();
        File.WriteAllText(path, key.ExportPkcs8PrivateKeyPem());
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return path;
    }

    public string Write(Credential credential)
    {
        var path = NextPath() + "-cert.pub";
        File.WriteAllText(path, ((SshCredential)credential).Certificate + "\n");
        return path;
    }

    /// <summary>What OpenSSH reads in a certificate. It checks the signature before.</summary>
    public static async Task<string> DescribeAsync(string certificate)
    {
        var run = await KeygenAsync("-L", "-f", certificate);
        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Errors);
        return run.Output;
    }

    /// <summary>Whether OpenSSH finds a certificate, or a key, on a list.</summary>
    public async Task<bool> IsRevokedAsync(SshRevocationList list, string certificate)
    {
        var path = NextPath();
        await File.WriteAllBytesAsync(path, list.Krl.ToArray());
        var run = await KeygenAsync("-Q", "-f", path, certificate);
        var answer = run.Output + run.Errors;
        Assert.That(answer, Does.EndWith(run.ExitCode == 0 ? ": ok\n" : ": REVOKED\n"));
        return run.ExitCode != 0;
    }

    public void Dispose() => _folder.Dispose();

    private static Task<ProgramRun> KeygenAsync(params string[] arguments) => ProgramRun.OfAsync("ssh-keygen", arguments);

    private string NextPath() => PathOf($"{Interlocked.Increment(ref _files)}");
}
