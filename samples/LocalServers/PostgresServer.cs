using System.Diagnostics;
using System.Security.Cryptography;

namespace SecretsBroker.Samples.LocalServers;

/// <summary>
/// The installed <c>postgres</c> with a new cluster in a folder of its own, on a free loopback port and a Unix socket; both ask for
/// the superuser's password. Started by root it runs as <c>postgres</c> or <c>nobody</c>.
/// </summary>
public sealed class PostgresServer : IAsyncDisposable
{
    public const string Username = "postgres";
    private const int StartAttempts = 10;
    private const int SigQuit = 3;
    private readonly TemporaryFolder _folder = new();
    private readonly UnprivilegedUser? _user = UnprivilegedUser.IfRoot("postgres", "nobody");
    private readonly IReadOnlyDictionary<string, string> _settings;
    private readonly string? _programs;
    private ServerProcess? _process;

    private PostgresServer(IReadOnlyDictionary<string, string>? settings, string? programs) =>
        (_settings, _programs) = (settings ?? new Dictionary<string, string>(), programs);

    public static bool IsInstalled => Find("initdb") is not null && Find("postgres") is not null;

    public int Port { get; private set; }

    /// <summary>The superuser's.</summary>
    public string Password { get; } = RandomNumberGenerator.GetHexString(32, lowercase: true);

    public string SocketDirectory => _folder.Path;

    /// <summary>What the server logs; written by a process of its own, so a line may come a moment late.</summary>
    public string LogFile => Path.Combine(_folder.Path, "server.log");

    private string DataDirectory => Path.Combine(_folder.Path, "data");

    /// <param name="settings">Lines of <c>postgresql.conf</c> that replace or add to the defaults; for example <c>fsync</c> <c>off</c>.</param>
    /// <param name="files">Put into the data folder, readable by the server alone; for example <c>server.key</c> and <c>server.crt</c>.</param>
    /// <param name="programs">The folder with <c>initdb</c> and <c>postgres</c> of another version; those that are installed when not given.</param>
    public static async Task<PostgresServer> StartAsync(
        IReadOnlyDictionary<string, string>? settings = null,
        IReadOnlyDictionary<string, string>? files = null,
        string? programs = null)
    {
        var server = new PostgresServer(settings, programs);
        try
        {
            await server.InitializeAsync();
            foreach (var (name, content) in files ?? new Dictionary<string, string>())
                await server.WriteAsync(Path.Combine(server.DataDirectory, name), content);
            await server.StartOnFreePortAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it in order, without waiting for its clients.</summary>
    public Task StopAsync() => _process!.StopAsync(ServerProcess.SigInt);

    /// <summary>Ends it as a power cut would.</summary>
    public void Kill() => _process!.Kill();

    /// <summary>Starts it again on the same port with the data that it left.</summary>
    public async Task RestartAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            _process!.Dispose();
            try
            {
                await RunAsync();
                return;
            }
            catch (InvalidOperationException) when (attempt < StartAttempts)
            {
                // The children of a killed server may still hold its shared memory for a moment.
                await Task.Delay(TimeSpan.FromMilliseconds(100 * attempt));
            }
        }
    }

    /// <summary>Starts it again as a standby that nobody sends anything: it answers what is read, with what it knew.</summary>
    public async Task RestartAsStandbyAsync()
    {
        await StopAsync();
        await WriteAsync(Path.Combine(DataDirectory, "standby.signal"), "");
        await RestartAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            // Unlike a kill, an immediate shutdown gives its shared memory back.
            await _process.StopAsync(SigQuit);
            _process.Dispose();
        }

        _folder.Dispose();
    }

    private static string? Find(string name)
    {
        const string Debian = "/usr/lib/postgresql";
        var folders = Directory.Exists(Debian)
            ? Directory.GetDirectories(Debian).OrderByDescending(d => int.TryParse(Path.GetFileName(d), out var v) ? v : 0)
            : Enumerable.Empty<string>();
        return ServerBinary.Find(name, [.. folders.Select(d => Path.Combine(d, "bin")), "/opt/homebrew/bin", "/usr/local/pgsql/bin"]);
    }

    private ServerProcess Start(string name, IEnumerable<string> arguments)
    {
        var file = (_programs is null ? Find(name) : ServerBinary.FindIn(_programs, name)) ?? throw new FileNotFoundException($"{name} is not installed");
        if (_user is null)
            return ServerProcess.Start(file, arguments, _folder.Path);
        var become = ServerBinary.Find("setpriv", "/usr/bin") ?? throw new FileNotFoundException("setpriv is not installed");
        return ServerProcess.Start(become, _user.Arguments(file, arguments), _folder.Path);
    }

    private async Task WriteAsync(string path, string content)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await using (var file = new StreamWriter(path, options))
            await file.WriteAsync(content);

        _user?.TakeOver(path);
    }

    private async Task InitializeAsync()
    {
        _user?.TakeOver(_folder.Path);
        var passwordFile = Path.Combine(_folder.Path, "password");
        await WriteAsync(passwordFile, Password);
        using var initialize = Start(
            "initdb",
            [
                $"--pgdata={DataDirectory}", $"--username={Username}", $"--pwfile={passwordFile}",
                "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync",
            ]);
        var clock = Stopwatch.StartNew();
        while (!initialize.HasExited)
        {
            if (clock.Elapsed > TimeSpan.FromMinutes(3))
                throw new TimeoutException($"initdb does not end:\n{initialize.Output}");
            await Task.Delay(10);
        }

        File.Delete(passwordFile);
        if (!File.Exists(Path.Combine(DataDirectory, "PG_VERSION")))
            throw new InvalidOperationException($"initdb failed:\n{initialize.Output}");
    }

    private async Task StartOnFreePortAsync()
    {
        for (var attempt = 1; ; attempt++)
        {
            // Somebody else may take the port between the question and the start.
            Port = FreePort.Next();
            try
            {
                await RunAsync();
                return;
            }
            catch (InvalidOperationException) when (attempt < StartAttempts)
            {
                _process?.Dispose();
                _process = null;
            }
        }
    }

    private async Task RunAsync()
    {
        _process = Start("postgres", ["-D", DataDirectory, .. Configuration().Select(setting => $"--{setting.Key}={setting.Value}")]);
        await _process.WaitUntilAsync(_ => Task.FromResult(IsReady()));
    }

    private Dictionary<string, string> Configuration()
    {
        var all = new Dictionary<string, string>
        {
            ["port"] = $"{Port}",
            ["listen_addresses"] = "127.0.0.1",
            ["unix_socket_directories"] = _folder.Path,
            // Not in /dev/shm, where what a killed server had would stay for ever.
            ["dynamic_shared_memory_type"] = "mmap",
            ["logging_collector"] = "on",
            ["log_directory"] = _folder.Path,
            ["log_filename"] = Path.GetFileName(LogFile),
        };
        foreach (var (name, value) in _settings)
            all[name] = value;
        return all;
    }

    private bool IsReady()
    {
        try
        {
            // The file's first line is the server's process, its last the state (PostgreSQL 10 and later). A killed server leaves it.
            var lines = File.ReadAllLines(Path.Combine(DataDirectory, "postmaster.pid"));
            return lines.Length >= 8 && lines[0] == $"{_process!.Id}" && lines[7].Trim() == "ready";
        }
        catch (IOException)
        {
            return false;
        }
    }
}
