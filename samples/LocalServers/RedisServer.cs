using System.Net.Sockets;

namespace SecretsBroker.Samples.LocalServers;

/// <summary>
/// The installed <c>redis-server</c> on a free loopback port, with its data in a folder of its own and every write on disk before it
/// is answered (<c>appendfsync always</c>), unless the settings say otherwise.
/// </summary>
public sealed class RedisServer : IAsyncDisposable
{
    private const int StartAttempts = 5;
    private readonly TemporaryFolder _folder = new();
    private readonly IReadOnlyDictionary<string, string> _settings;
    private ServerProcess? _process;

    private RedisServer(IReadOnlyDictionary<string, string>? settings) =>
        _settings = settings ?? new Dictionary<string, string>();

    public static bool IsInstalled => Binary is not null;

    public int Port { get; private set; }

    public string Endpoint => $"127.0.0.1:{Port}";

    private string ConfigurationFile => Path.Combine(_folder.Path, "redis.conf");

    private static string? Binary => ServerBinary.Find("redis-server", "/usr/local/bin", "/opt/homebrew/bin");

    /// <param name="settings">Lines of <c>redis.conf</c> that replace or add to the defaults.</param>
    public static async Task<RedisServer> StartAsync(IReadOnlyDictionary<string, string>? settings = null)
    {
        var server = new RedisServer(settings);
        for (var attempt = 1; ; attempt++)
        {
            // Somebody else may take the port between the question and the start.
            server.Port = FreePort.Next();
            try
            {
                await server.ConfigureAsync();
                await server.RunAsync();
                return server;
            }
            catch (InvalidOperationException) when (attempt < StartAttempts)
            {
                server._process?.Dispose();
            }
            catch
            {
                await server.DisposeAsync();
                throw;
            }
        }
    }

    /// <summary>Asks until the condition holds. Fails when the server exits or after three minutes.</summary>
    public Task WaitUntilAsync(Func<CancellationToken, Task<bool>> condition) => _process!.WaitUntilAsync(condition);

    /// <summary>Ends it in order, as an administrator would.</summary>
    public Task StopAsync() => _process!.StopAsync();

    /// <summary>Ends it as a power cut would.</summary>
    public void Kill() => _process!.Kill();

    /// <summary>Starts it again on the same port with the data, and the configuration, that it left.</summary>
    public Task RestartAsync()
    {
        _process!.Dispose();
        return RunAsync();
    }

    public ValueTask DisposeAsync()
    {
        _process?.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    // In a file and not in arguments: a password among the settings must not be seen in the list of processes.
    private Task ConfigureAsync() =>
        File.WriteAllLinesAsync(ConfigurationFile, Configuration().Select(setting => $"{setting.Key} {setting.Value}"));

    private async Task RunAsync()
    {
        var binary = Binary ?? throw new FileNotFoundException("redis-server is not installed");
        _process = ServerProcess.Start(binary, [ConfigurationFile], _folder.Path);
        await _process.WaitUntilAsync(AnswersAsync);
    }

    private Dictionary<string, string> Configuration()
    {
        var all = new Dictionary<string, string>
        {
            ["port"] = $"{Port}",
            ["bind"] = "127.0.0.1",
            ["dir"] = _folder.Path,
            ["save"] = "\"\"",
            ["appendonly"] = "yes",
            ["appendfsync"] = "always",
            ["maxmemory-policy"] = "noeviction",
            ["logfile"] = "\"\"",
        };
        foreach (var (name, value) in _settings)
            all[name] = value;
        return all;
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        try
        {
            // One that asks for a password is up; one that is loading its data is not.
            return !(await RedisCommand.SendAsync(Port, "PING", cancellationToken)).StartsWith("-LOADING", StringComparison.Ordinal);
        }
        catch (Exception error) when (error is SocketException or IOException)
        {
            return false;
        }
    }
}
