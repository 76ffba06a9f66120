using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;

namespace SecretsBroker.Tests.Node;

/// <summary>
/// The npm packages of <c>package.json</c> (<see cref="NpmPackages"/>), and Node to run scripts with them. Where Node, npm or the packages cannot be
/// had, the test is ignored with the reason.
/// </summary>
internal static class NodePackages
{
    private static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(2);
    private static readonly Lazy<(string Folder, string Failure)> Installed = new(InstallAndTry);

    /// <summary>The folder that holds <c>node_modules</c>.</summary>
    public static string FolderOrIgnore()
    {
        var (folder, failure) = Installed.Value;
        if (failure.Length > 0)
        {
            Assert.Ignore(failure);
        }

        return folder;
    }

    /// <summary>Runs a script beside the test's source: <c>node SCRIPT FOLDER ARGUMENTS</c>.</summary>
    /// <returns>What it printed.</returns>
    public static async Task<string> RunAsync(
        string script, IReadOnlyList<string> arguments, string input = "", [CallerFilePath] string caller = "")
    {
        var folder = FolderOrIgnore();
        using var limit = new CancellationTokenSource(RunLimit);
        using var node = Process.Start(new ProcessStartInfo("node", [Path.Combine(Path.GetDirectoryName(caller)!, script), folder, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        })!;
        var output = node.StandardOutput.ReadToEndAsync(limit.Token);
        var errors = node.StandardError.ReadToEndAsync(limit.Token);
        await node.StandardInput.WriteAsync(input);
        node.StandardInput.Close();
        await node.WaitForExitAsync(limit.Token);
        Assert.That(node.ExitCode, Is.Zero, await errors);
        return await output;
    }

    // That they are there does not say that this Node can load them.
    private static (string Folder, string Failure) InstallAndTry()
    {
        try
        {
            var (folder, failure) = NpmPackages.Install(Path.Combine(SourceFolder(), "package.json"), "broker-tests-node");
            if (failure.Length > 0)
            {
                return ("", failure);
            }

            using var node = Process.Start(new ProcessStartInfo("node", [Path.Combine(SourceFolder(), "load.mjs"), folder])
            {
                UseShellExecute = false,
            })!;
            if (!node.WaitForExit(RunLimit))
            {
                node.Kill();
                return ("", "Node took too long to load the packages of Broker.Tests/Node/package.json.");
            }

            return node.ExitCode == 0 ? (folder, "") : ("", $"This Node cannot load the packages in {folder}.");
        }
        catch (Exception e) when (e is Win32Exception or IOException or UnauthorizedAccessException)
        {
            return ("", $"The tests against npm packages need Node and npm: {e.Message}");
        }
    }

    private static string SourceFolder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
