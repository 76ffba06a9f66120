using SecretsBroker.Engines;
using SecretsBroker.Engines.External;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>Who listens at an engine's socket.</summary>
internal sealed class EngineSocketTests
{
    private const string Python = "/usr/bin/python3";
    private const string SetPrivileges = "/usr/bin/setpriv";
    private const int Nobody = 65534;

    [Test]
    public async Task Somebody_elses_process_is_not_believed_unless_the_catalogue_names_its_user()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "engine.sock");
        using var listener = Listen(folder.Path, path, out var other);
        await listener.WaitUntilAsync(_ => Task.FromResult(File.Exists($"{path}.listens")));

        var failure = await Assert.ThrowsAsync<EngineSocketException>(
            async () => await EngineSocket.ConnectAsync(path, other is null ? Nobody : null, CancellationToken.None));

        Assert.That(failure!.Message, Does.Contain("listens at its socket, and not"));
        await using var connected = await EngineSocket.ConnectAsync(path, other ?? (int)EngineSocket.OwnUser(), CancellationToken.None);
    }

    /// <param name="folder">The socket's.</param>
    /// <param name="path">The socket.</param>
    /// <param name="other">As whom it runs; null where only root could run it as somebody else.</param>
    private static ServerProcess Listen(string folder, string path, out int? other)
    {
        if (!File.Exists(Python) || !File.Exists(SetPrivileges))
        {
            Assert.Ignore("python3 or setpriv is not installed (Debian: apt-get install python3 util-linux).");
        }

        other = EngineSocket.OwnUser() == 0 ? Nobody : null;
        // With this user's own rights the folder would do as it is; nobody needs to be let in.
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_111_111);
        }

        string[] program =
        [
            Python, "-c",
            "import os, socket, sys; os.umask(0o117); s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); s.listen(); "
            + "open(sys.argv[1] + '.listens', 'w').close(); sys.stdin.read()",
            path,
        ];
        return other is null
            ? ServerProcess.Start(program[0], program[1..], folder)
            : ServerProcess.Start(SetPrivileges, [$"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", "--", .. program], folder);
    }
}
