using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace SecretsBroker.Tests.Node;

/// <summary>
/// A script beside a test's source that serves on loopback, over npm packages: it prints its address, answers each line that it is told with
/// one of its own, and ends with its input.
/// </summary>
internal sealed class NodeServer : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly Process _node;

    private NodeServer(Process node, string address) => (_node, Address) = (node, address);

    public string Address { get; }

    /// <summary>Ignores the test where Node or the packages cannot be had.</summary>
    public static async Task<NodeServer> StartOrIgnoreAsync(string script, [CallerFilePath] string caller = "")
    {
        var path = Path.Combine(Path.GetDirectoryName(caller)!, script);
        var node = Process.Start(new ProcessStartInfo("node", [path, NodePackages.FolderOrIgnore()])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        // What it warns of, such as plain http, would fill the pipe some day.
        node.ErrorDataReceived += (_, _) => { };
        node.BeginErrorReadLine();
        using var limit = new CancellationTokenSource(Limit);
        var address = await node.StandardOutput.ReadLineAsync(limit.Token);
        Assert.That(address, Does.StartWith("http://127.0.0.1:"));
        return new NodeServer(node, address!);
    }

    /// <summary>Tells it something, and waits until it says that it is so.</summary>
    public async Task TellAsync(string line, string answer)
    {
        await _node.StandardInput.WriteLineAsync(line);
        using var limit = new CancellationTokenSource(Limit);
        Assert.That(await _node.StandardOutput.ReadLineAsync(limit.Token), Is.EqualTo(answer));
    }

    public async ValueTask DisposeAsync()
    {
        _node.StandardInput.Close();
        await _node.WaitForExitAsync();
        _node.Dispose();
    }
}
