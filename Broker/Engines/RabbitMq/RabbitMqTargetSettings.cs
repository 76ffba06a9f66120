using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.RabbitMq;

/// <summary>A RabbitMQ (3.10 or later), one node or several, whose management API any node answers, and the account that the broker makes users with.</summary>
internal sealed record RabbitMqTargetSettings
{
    private static readonly Uri Nowhere = new("https://localhost");

    /// <summary><c>url</c>: of the management API, without <c>/api</c>. Plain http only for loopback. Required.</summary>
    public required Uri Url { get; init; }

    /// <summary><c>username</c>: the broker's own account. Required.</summary>
    public required string Username { get; init; }

    /// <summary><c>password</c> of that account. Required.</summary>
    public SecretReference? Password { get; init; }

    /// <summary><c>tls_ca_file</c>: PEM; the system's trusted roots when not set.</summary>
    public string? TlsCaFile { get; init; }

    /// <summary><c>amqp_host</c>: where callers connect; the host of <c>url</c> when not set.</summary>
    public required string AmqpHost { get; init; }

    /// <summary><c>amqp_tls</c>: whether callers connect with TLS. Default true.</summary>
    public required bool AmqpTls { get; init; }

    /// <summary><c>amqp_port</c>: 5671 with TLS, else 5672, when not set.</summary>
    public required int AmqpPort { get; init; }

    public static RabbitMqTargetSettings Read(Target target, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(target, faults);
        var url = TargetAddress.ReadRequired(reader, "url");
        var tls = reader.Flag("amqp_tls", fallback: true);
        var settings = new RabbitMqTargetSettings
        {
            Url = url ?? Nowhere,
            Username = reader.RequiredText("username"),
            Password = reader.Secret("password"),
            TlsCaFile = reader.Text("tls_ca_file"),
            AmqpHost = reader.Text("amqp_host") ?? url?.Host ?? "",
            AmqpTls = tls,
            AmqpPort = reader.Number("amqp_port", tls ? 5671 : 5672, 1, 65535),
        };
        if (!reader.Has("password"))
        {
            reader.Fault("password", "is required");
        }

        if (settings.Username.Contains(':'))
        {
            reader.Fault("username", "must hold no colon: HTTP could not tell it from the password");
        }

        reader.RefuseOthers();
        return settings;
    }
}
