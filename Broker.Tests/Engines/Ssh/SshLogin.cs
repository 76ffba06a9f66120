using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.CommandLine;

namespace SecretsBroker.Tests.Engines.Ssh;

/// <summary>A login at a host by a certificate, with OpenSSH's own client and nothing of the account's.</summary>
internal static class SshLogin
{
    public static Task<ProgramRun> RunAsync(
        SshServer server, string key, string certificate, string command = "echo in", params IEnumerable<string> options) => ProgramRun.OfAsync("ssh",
    [
        "-F", "none", "-p", $"{server.Port}", "-i", key, "-o", $"CertificateFile={certificate}", "-o", "IdentitiesOnly=yes",
        "-o", "IdentityAgent=none", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
        .. options, $"{SshServer.Account}@127.0.0.1", command,
    ]);

    public static void AssertRefused(ProgramRun run)
    {
        Assert.That(run.Errors, Does.Contain("Permission denied (publickey)"));
        Assert.That(run.Output, Is.Empty);
    }
}
