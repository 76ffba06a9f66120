using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using RabbitMQ.Client;
using RabbitMQ.Client.Exceptions;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.RabbitMq;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Engines.RabbitMq;

/// <summary>One server for all fixtures of this folder, with the virtual hosts <c>/</c> and <c>billing</c> and some queues.</summary>
[SetUpFixture]
internal sealed class TestRabbit
{
    public const string Broker = "broker";
    private static TemporaryFolder _folder = null!;

    public static RabbitMqServer Server { get; private set; } = null!;

    private static string Password { get; } = "the broker's own: \"password\"";

    [OneTimeSetUp]
    public async Task StartAsync()
    {
        if (!RabbitMqServer.IsInstalled)
        {
            Assert.Ignore("rabbitmq-server is not installed (Debian: apt-get install rabbitmq-server).");
        }

        _folder = new TemporaryFolder();
        Server = await RabbitMqServer.StartAsync();
        await PutAsync($"users/{Broker}", new { password = Password, tags = "administrator" });
        await PutAsync("vhosts/billing", new { });
        await PutAsync($"permissions/billing/{RabbitMqServer.Username}", new { configure = ".*", write = ".*", read = ".*" });
        foreach (var queue in (string[])["%2F/invoices", "%2F/invoices-archive", "billing/invoices"])
        {
            await PutAsync($"queues/{queue}", new { durable = true });
        }

        await PutAsync("exchanges/%2F/events", new { type = "topic" });
    }

    [OneTimeTearDown]
    public async Task StopAsync()
    {
        if (Server is not null)
        {
            await Server.DisposeAsync();
        }

        _folder?.Dispose();
    }

    /// <summary>As the administrator.</summary>
    public static async Task PutAsync(string path, object content)
    {
        using var client = Administrator();
        using var response = await client.PutAsync(new Uri($"api/{path}", UriKind.Relative), JsonContent.Create(content));
        Assert.That(response.IsSuccessStatusCode, Is.True, $"{path}: {response.StatusCode}");
    }

    /// <summary>The names of all users, as the administrator sees them.</summary>
    public static async Task<string[]> UsersAsync()
    {
        using var client = Administrator();
        var users = await client.GetFromJsonAsync<JsonElement>(new Uri("api/users", UriKind.Relative));
        return [.. users.EnumerateArray().Select(user => user.GetProperty("name").GetString()!)];
    }

    public static string PasswordFile()
    {
        var file = Path.Combine(_folder.Path, "broker.password");
        File.WriteAllText(file, Password);
        return file;
    }

    public static Target Target(string? url = null, string username = Broker) => new(
        "rabbitmq-target",
        "rabbitmq",
        JsonSerializer.SerializeToElement(new
        {
            url = url ?? Server.ManagementUrl.AbsoluteUri,
            username,
            password = new { file = PasswordFile() },
            amqp_host = "127.0.0.1",
            amqp_port = Server.Port,
            amqp_tls = false,
        }),
        8,
        TimeSpan.FromSeconds(20));

    public static Grant Grant(object settings) => TestLeases.Grant("rabbitmq", settings);

    public static IssueRequest Request(Grant grant) =>
        TestLeases.Request(grant, new CredentialInput.RabbitMq(), TimeProvider.System.GetUtcNow().AddMinutes(5));

    public static ICredentialEngine EngineOf(Target target) => new RabbitMqEngineType(TimeProvider.System).Create(target);

    public static Task<IConnection> LogInAsync(
        RabbitMqCredential credential, string? virtualHost = null, CancellationToken cancellationToken = default) =>
        new ConnectionFactory
        {
            HostName = credential.Host,
            Port = credential.Port,
            UserName = credential.Username,
            Password = credential.Password.Reveal(),
            VirtualHost = virtualHost ?? credential.VirtualHosts[0],
            AutomaticRecoveryEnabled = false,
            ContinuationTimeout = TimeSpan.FromSeconds(30),
            HandshakeContinuationTimeout = TimeSpan.FromSeconds(30),
            RequestedConnectionTimeout = TimeSpan.FromSeconds(30),
        }.CreateConnectionAsync(cancellationToken);

    /// <returns>Whether the server let it in and did what was asked; false only for a refusal, or for a connection that it closed.</returns>
    public static async Task<bool> MayAsync(
        RabbitMqCredential credential,
        Func<IChannel, Task> use,
        string? virtualHost = null,
        CancellationToken cancellationToken = default)
    {
        try
        {
            await using var connection = await LogInAsync(credential, virtualHost, cancellationToken);
            await using var channel = await connection.CreateChannelAsync(
                new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: true), cancellationToken);
            await use(channel);
            return true;
        }
        catch (OperationInterruptedException e) when (e.ShutdownReason?.ReplyCode is
            Constants.AccessRefused or Constants.ConnectionForced or Constants.NotAllowed)
        {
            return false;
        }
        catch (BrokerUnreachableException e) when (e.InnerException is
            AuthenticationFailureException or PossibleAuthenticationFailureException or OperationInterruptedException)
        {
            return false;
        }
    }

    private static HttpClient Administrator()
    {
        var client = new HttpClient { BaseAddress = Server.ManagementUrl };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue(
            "Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{RabbitMqServer.Username}:{Server.Password}")));
        return client;
    }
}
