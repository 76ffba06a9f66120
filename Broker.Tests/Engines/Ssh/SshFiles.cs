using System.Security.Cryptography;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Ssh;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.CommandLine;
using SecretsBroker.Tests.Engines.X509;

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
    /// <param name="type"><c>ed25519</c>, <c>rsa</c>, or <c>ecdsa-</c> and the bits of the curve.</param>
    /// <param name="tool"><c>openssl</c> or <c>ssh-keygen</c>.</param>
    /// <param name="passphrase">That opens it.</param>
    public async Task<string> NewAuthorityAsync(string type, string tool, string passphrase = "")
    {
        if (tool == "openssl")
        {
            X509Files.RequireOpenssl();
        }

        var path = NextPath();
        var (name, bits) = type.Split('-') is [var curve, var size] ? (curve, size) : (type, null);
        var run = tool == "ssh-keygen"
            ? await KeygenAsync(["-q", "-t", name, .. bits is null ? (string[])[] : ["-b", bits], "-N", passphrase, "-f", path])
            : await ProgramRun.OfAsync("openssl",
            [
                "genpkey", "-quiet", "-out", path,
                .. bits is null ? (string[])["-algorithm", name] : ["-algorithm", "EC", "-pkeyopt", $"ec_paramgen_curve:P-{bits}"],
            ]);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        return path;
    }

    /// <summary>What the tool that made an authority says of its public key: it ends in the key's point.</summary>
    public static async Task<byte[]> PublicKeyOfAsync(string authority, string tool)
    {
        if (tool == "ssh-keygen")
        {
            return Convert.FromBase64String((await File.ReadAllTextAsync($"{authority}.pub")).Split(' ')[1]);
        }

        var run = await ProgramRun.OfAsync("openssl", ["pkey", "-in", authority, "-pubout"]);
        Assert.That(run.ExitCode, Is.Zero, run.Errors);
        return Convert.FromBase64String(run.Output[PemEncoding.Find(run.Output).Base64Data]);
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
