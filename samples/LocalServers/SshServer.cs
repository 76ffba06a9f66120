using System.Diagnostics;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace SecretsBroker.Samples.LocalServers;

/// <summary>
/// The installed <c>sshd</c> on a free loopback port, with a host key and a configuration of its own. It lets in whoever runs it and nobody
/// else, by certificates only.
/// </summary>
public sealed partial class SshServer : IAsyncDisposable
{
    private const int StartAttempts = 5;
    private readonly TemporaryFolder _folder = new();
    private ServerProcess? _process;

    private SshServer()
    {
    }

    public static bool IsInstalled => Binary is not null && ServerBinary.Find("ssh-keygen") is not null && ServerBinary.Find("ssh") is not null;

    public int Port { get; private set; }

    /// <summary>The one account that can be logged in to.</summary>
    public static string Account => Environment.UserName;

    private static string? Binary => ServerBinary.Find("sshd", "/usr/sbin", "/usr/local/sbin");

    /// <param name="settings">Lines of <c>sshd_config</c>, before the defaults: the first one of a name holds.</param>
    public static async Task<SshServer> StartAsync(params IEnumerable<string> settings)
    {
        var server = new SshServer();
        try
        {
            await RunAsync("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", server.PathOf("host_key"));
            if (Environment.IsPrivilegedProcess)
                // Root's sshd shuts its untrusted half in there; what installs it makes it when the service starts.
                Directory.CreateDirectory("/run/sshd");
            for (var attempt = 1; ; attempt++)
            {
                // Somebody else may take the port between the question and the start.
                server.Port = FreePort.Next();
                try
                {
                    await server.RunAsync(settings);
                    return server;
                }
                catch (InvalidOperationException) when (attempt < StartAttempts)
                {
                    server._process?.Dispose();
                }
            }
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync()
    {
        _process?.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private string PathOf(string file) => Path.Combine(_folder.Path, file);

    private async Task RunAsync(IEnumerable<string> settings)
    {
        await File.WriteAllLinesAsync(PathOf("sshd_config"),
        [
            .. settings,
            "ListenAddress 127.0.0.1",
            $"Port {Port}",
            $"HostKey {PathOf("host_key")}",
            "PidFile none",
            "UsePAM no",
            // The folders of tests are not the account's home.
            "StrictModes no",
            "AuthorizedKeysFile none",
            "PasswordAuthentication no",
            "KbdInteractiveAuthentication no",
            "PermitRootLogin prohibit-password",
            "MaxStartups 100",
            // From 9.8 on it would lock out an address that was refused a few times.
            .. await VersionAsync() >= new Version(9, 8) ? ["PerSourcePenalties no"] : Array.Empty<string>(),
        ]);
        _process = ServerProcess.Start(Binary!, ["-D", "-e", "-f", PathOf("sshd_config")], _folder.Path);
        await _process.WaitUntilAsync(AnswersAsync);
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync("127.0.0.1", Port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static async Task<Version> VersionAsync() =>
        VersionNumber().Match(await RunAsync("ssh", "-V")) is { Success: true } match
            ? Version.Parse(match.Groups["version"].Value)
            : throw new InvalidOperationException("ssh does not say its version");

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(ServerBinary.Find(program)!, arguments)
        {
            RedirectStandardError = true,
            UseShellExecute = false,
        })!;
        var errors = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? errors : throw new InvalidOperationException($"{program}: {errors}");
    }

    [GeneratedRegex(@"OpenSSH_(?<version>\d+\.\d+)")]
    private static partial Regex VersionNumber();
}
