using System.Security.Cryptography;
using System.Text.Json;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Tests.CommandLine;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>The service of <c>samples/external-engine-python</c>, and how its engine is run, with the system's Python.</summary>
internal sealed class NotebooksService : IDisposable
{
    public const string Python = "/usr/bin/python3";

    private static readonly string _sample = Path.Combine(Repository.Root, "samples", "external-engine-python");
    private readonly TemporaryFolder _folder = new();

    private NotebooksService()
    {
    }

    public string Socket => Path.Combine(_folder.Path, "engine.sock");

    /// <summary>The service's file.</summary>
    public string Notebooks => Path.Combine(_folder.Path, "notebooks.db");

    /// <summary>What the broker would start.</summary>
    public string[] Command => [Python, Path.Combine(_sample, "engine.py"), "--socket", Socket, "--until-input-ends"];

    public Dictionary<string, string> Environment => new()
    {
        ["XDG_CACHE_HOME"] = Path.Combine(_folder.Path, "cache"), ["PYTHONDONTWRITEBYTECODE"] = "1",
    };

    /// <summary>Puts a secret to its use; for <c>broker engine test --try</c>.</summary>
    public string[] Trial => [Python, Path.Combine(_sample, "try.py"), Notebooks];

    /// <summary>Ignores the test where Python or its gRPC is missing.</summary>
    public static async Task<NotebooksService> CreateAsync()
    {
        if (!File.Exists(Python) || (await ProgramRun.OfAsync(Python, ["-c", "import grpc, grpc_tools"])).ExitCode != 0)
        {
            Assert.Ignore("python3-grpcio or python3-grpc-tools is not installed (Debian: apt-get install python3-grpcio python3-grpc-tools).");
        }

        var service = new NotebooksService();
        var made = await ProgramRun.OfAsync(Python, [Path.Combine(_sample, "notebooks.py"), service.Notebooks], service.Environment!);
        Assert.That(made.ExitCode, Is.Zero, made.Errors);
        return service;
    }

    /// <summary>Whether the service lets these in and shows its notebook.</summary>
    public async Task<bool> AcceptsAsync(IReadOnlyDictionary<string, string> fields)
    {
        // By a file and not by a pipe: what runs programs for tests gives them no input.
        var file = Path.Combine(_folder.Path, $"fields-{RandomNumberGenerator.GetHexString(16)}.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(fields));
        var run = await ProgramRun.OfAsync("/bin/sh", ["-c", "exec \"$@\" < \"$0\"", file, .. Trial], Environment!);
        return run.ExitCode switch
        {
            0 => true,
            3 => false,
            _ => throw new InvalidOperationException($"the service cannot be tried: {run.Errors}"),
        };
    }

    /// <summary>The ids of the engine's processes.</summary>
    public IReadOnlyList<int> Engines() =>
    [
        .. Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), out var id) ? id : 0)
            .Where(id => id > 0 && CommandOf(id) is var words && words.Contains(Socket) && words.Contains(Command[1])),
    ];

    public void Dispose() => _folder.Dispose();

    private static string[] CommandOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/cmdline").Split('\0');
        }
        catch (IOException)
        {
            // It has ended meanwhile.
            return [];
        }
    }
}
