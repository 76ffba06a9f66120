using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using SecretsBroker.Tests.Node;

namespace SecretsBroker.Tests.Engines.Postgres;

/// <summary>
/// The versions of the server that the engine is held against: the installed one, and those of the npm packages in
/// <c>Versions/package.json</c>, which hold the programs and are started like the installed ones.
/// </summary>
internal static class PostgresVersions
{
    public const string Installed = "installed";

    /// <summary>What a version is followed by at whose server the account has the functions that make roles for it.</summary>
    public const string FunctionsMark = "+functions";

    private static readonly Lazy<(string Folder, string Failure)> _packages = new(
        () => NpmPackages.Install(Path.Combine(SourceFolder(), "Versions", "package.json"), "broker-tests-postgres"));

    // Why one cannot be used; empty for one that can.
    private static readonly Dictionary<string, string> _failures = [];

    public static IEnumerable<string> All => [Installed, "14", "16", "17", "18", .. WithFunctions];

    public static IEnumerable<string> WithFunctions => [$"16{FunctionsMark}", $"17{FunctionsMark}", $"18{FunctionsMark}"];

    public static bool HasFunctions(string version) => version.EndsWith(FunctionsMark, StringComparison.Ordinal);

    /// <summary>The folder of a version's programs, null for the installed ones'. Ignores the test where they cannot be had.</summary>
    public static string? FolderOrIgnore(string version)
    {
        if (version == Installed)
        {
            return null;
        }

        version = version.Replace(FunctionsMark, "", StringComparison.Ordinal);
        var (folder, failure) = _packages.Value;
        var package = Path.Combine(folder, "node_modules", $"postgres-{version}");
        var programs = Path.Combine(package, "native", "bin");
        if (failure.Length == 0 && !_failures.TryGetValue(version, out failure))
        {
            MakeLinks(package);
            _failures[version] = failure = Runs(programs) ? "" : $"The server in {programs} does not run on this system.";
        }

        if (failure!.Length > 0)
        {
            Assert.Ignore(failure);
        }

        return programs;
    }

    /// <summary>Packages hold no links: this one lists those that its libraries need.</summary>
    private static void MakeLinks(string package)
    {
        using var links = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(package, "native", "pg-symlinks.json")));
        foreach (var link in links.RootElement.EnumerateArray())
        {
            var path = Path.Combine(package, link.GetProperty("target").GetString()!);
            try
            {
                File.CreateSymbolicLink(path, Path.Combine(package, link.GetProperty("source").GetString()!));
            }
            catch (IOException) when (File.Exists(path))
            {
                // It is there from another run.
            }
        }
    }

    private static bool Runs(string programs)
    {
        try
        {
            using var server = Process.Start(new ProcessStartInfo(Path.Combine(programs, "postgres"), ["--version"]) { UseShellExecute = false })!;
            server.WaitForExit();
            return server.ExitCode == 0;
        }
        catch (Win32Exception)
        {
            return false;
        }
    }

    private static string SourceFolder([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
