using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace SecretsBroker.Samples.LocalServers;

/// <summary>
/// The installed <c>rabbitmq-server</c> with its management API, on free loopback ports and in a folder of its own. Started by root it runs as
/// <c>rabbitmq</c> or <c>nobody</c>. The daemon that its runtime finds nodes by is one of its own too, and ends with it.
/// </summary>
public sealed class RabbitMqServer : IAsyncDisposable
{
    public const string Username = "administrator";

    private const int StartAttempts = 3;
    private readonly TemporaryFolder _folder = new();
    private readonly UnprivilegedUser? _user = UnprivilegedUser.IfRoot("rabbitmq", "nobody");
    private ServerProcess? _names;
    private ServerProcess? _process;

    private RabbitMqServer()
    {
    }

    public static bool IsInstalled => Binary is not null && NamesBinary is not null;

    public int Port { get; private set; }

    public int ManagementPort { get; private set; }

    public Uri ManagementUrl => new($"http://127.0.0.1:{ManagementPort}/");

    /// <summary>Of the administrator.</summary>
    public string Password { get; } = RandomNumberGenerator.GetHexString(32);

    // What is on the PATH is Debian's wrapper, which changes to a user of its choice.
    private static string? Binary => new[] { "/usr/lib/rabbitmq/bin/rabbitmq-server" }.FirstOrDefault(File.Exists)
        ?? ServerBinary.Find("rabbitmq-server", "/opt/homebrew/sbin", "/usr/local/sbin");

    private static string? NamesBinary => ServerBinary.Find("epmd", "/usr/bin", "/opt/homebrew/bin");

    public static async Task<RabbitMqServer> StartAsync()
    {
        var server = new RabbitMqServer();
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                try
                {
                    await server.RunAsync();
                    return server;
                }
                catch (InvalidOperationException) when (attempt < StartAttempts)
                {
                    // Somebody else may have taken a port between the question and the start.
                    server._process?.Dispose();
                    server._names?.Dispose();
                }
            }
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it as a power cut would.</summary>
    public void Kill() => _process!.Kill();

    public ValueTask DisposeAsync()
    {
        _process?.Dispose();
        _names?.Dispose();
        _folder.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task RunAsync()
    {
        var ports = FreePort.Next(4);
        (Port, ManagementPort) = (ports[0], ports[1]);
        var (distribution, names) = (ports[2], ports[3]);
        var data = Directory.CreateDirectory(Path.Combine(_folder.Path, $"{Port}")).FullName;
        var configuration = Path.Combine(data, "rabbitmq.conf");
        var plugins = Path.Combine(data, "enabled_plugins");
        await File.WriteAllLinesAsync(configuration,
        [
            $"listeners.tcp.1 = 127.0.0.1:{Port}",
            "management.tcp.ip = 127.0.0.1",
            $"management.tcp.port = {ManagementPort}",
            $"default_user = {Username}",
            $"default_pass = {Password}",
        ]);
        await File.WriteAllTextAsync(plugins, "[rabbitmq_management].\n");
        foreach (var path in (string[])[_folder.Path, data, configuration, plugins])
            _user?.TakeOver(path);

        _names = Start(NamesBinary!, ["-address", "127.0.0.1", "-port", $"{names}"], []);
        _process = Start(Binary!, [],
        [
            $"HOME={data}", "RABBITMQ_NODENAME=broker@localhost", $"RABBITMQ_MNESIA_BASE={data}", $"RABBITMQ_LOG_BASE={data}",
            $"RABBITMQ_CONFIG_FILE={configuration}", $"RABBITMQ_ENABLED_PLUGINS_FILE={plugins}", "RABBITMQ_CONF_ENV_FILE=/dev/null",
            $"RABBITMQ_DIST_PORT={distribution}", $"ERL_EPMD_PORT={names}",
        ]);
        using var client = new HttpClient { BaseAddress = ManagementUrl, Timeout = TimeSpan.FromSeconds(20) };
        client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{Username}:{Password}")));
        await _process.WaitUntilAsync(cancellationToken => AnswersAsync(client, cancellationToken), TimeSpan.FromMinutes(3));
    }

    private ServerProcess Start(string file, IEnumerable<string> arguments, IReadOnlyCollection<string> environment)
    {
        IEnumerable<string> command = [.. environment, file, .. arguments];
        const string Environment = "/usr/bin/env";
        if (_user is null)
            return ServerProcess.Start(Environment, command, _folder.Path);
        var become = ServerBinary.Find("setpriv", "/usr/bin") ?? throw new FileNotFoundException("setpriv is not installed");
        return ServerProcess.Start(become, _user.Arguments(Environment, command), _folder.Path);
    }

    private async Task<bool> AnswersAsync(HttpClient client, CancellationToken cancellationToken)
    {
        try
        {
            // The management API answers before the server takes connections; this one tells whether it does.
            using var response = await client.GetAsync(new Uri($"api/health/checks/port-listener/{Port}", UriKind.Relative), cancellationToken);
            return response.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }
}
