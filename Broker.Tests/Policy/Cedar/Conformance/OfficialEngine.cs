using System.ComponentModel;
using System.Diagnostics;

namespace SecretsBroker.Tests.Policy.Cedar.Conformance;

/// <summary>The official Cedar engine in a Node process of its own.</summary>
internal sealed class OfficialEngine : IDisposable
{
    private const string Package = "@cedar-policy/cedar-wasm";
    private const string Version = "4.13.0";

    // A registry that does not answer must not hold up the whole run.
    private static readonly TimeSpan InstallLimit = TimeSpan.FromMinutes(3);

    private readonly string _package;
    private Process _process;

    private OfficialEngine(string package)
    {
        _package = package;
        _process = Start(package);
    }

    /// <summary>The engine; where Node, npm or the package cannot be had, the test is ignored with the reason.</summary>
    public static OfficialEngine StartOrIgnore() => new(InstalledPackage());

    /// <summary>Answers in the order of the calls. A call that the engine did not survive is answered with <c>null</c>.</summary>
    public async Task<string?[]> AskAsync(IReadOnlyList<(string Function, string Json)> calls)
    {
        var answers = new string?[calls.Count];
        var writing = WriteAsync(calls);
        var survived = true;
        for (var i = 0; i < calls.Count; i++)
        {
            var line = await _process.StandardOutput.ReadLineAsync();
            answers[i] = line?.StartsWith("ok ", StringComparison.Ordinal) == true ? line[3..] : null;
            survived &= answers[i] is not null;
        }

        await writing;
        if (!survived)
            Restart();
        return answers;
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
    }

    private async Task WriteAsync(IReadOnlyList<(string Function, string Json)> calls)
    {
        foreach (var (function, json) in calls)
            await _process.StandardInput.WriteAsync($"{function} {json}\n");
        await _process.StandardInput.FlushAsync();
    }

    // After an overflow of its stack the engine fails every later call.
    private void Restart()
    {
        Dispose();
        _process = Start(_package);
    }

    private static Process Start(string package)
    {
        var script = Path.Combine(SourceFolder(), "official-engine.cjs");
        return Process.Start(new ProcessStartInfo("node", ["--no-turbo-inline-js-wasm-calls", script, package])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            StandardInputEncoding = new System.Text.UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = System.Text.Encoding.UTF8,
        })!;
    }

    private static string InstalledPackage()
    {
        var folder = Path.Combine(Path.GetTempPath(), $"cedar-wasm-{Version}");
        var package = Path.Combine(folder, "node_modules", Package, "nodejs");
        if (Directory.Exists(package))
            return package;
        try
        {
            Directory.CreateDirectory(folder);
            using var npm = Process.Start(new ProcessStartInfo("npm", ["install", "--silent", "--no-save", "--prefix", folder, $"{Package}@{Version}"]))!;
            if (!npm.WaitForExit(InstallLimit))
            {
                npm.Kill(entireProcessTree: true);
                Directory.Delete(folder, recursive: true);
            }
        }
        catch (Win32Exception exception)
        {
            Assert.Ignore($"The official Cedar engine needs Node and npm: {exception.Message}");
        }

        if (!Directory.Exists(package))
            Assert.Ignore($"npm could not install {Package} {Version}.");
        return package;
    }

    private static string SourceFolder([System.Runtime.CompilerServices.CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
