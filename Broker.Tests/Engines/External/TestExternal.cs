using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.External;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Engines.External;

/// <summary>Targets and grants of a <see cref="TestEngine"/>.</summary>
internal static class TestExternal
{
    public const string AdminSecret = "the engine's own: \"secret\"";

    /// <summary>Starts no processes.</summary>
    public static ExternalEngineType Type { get; } = TypeOf(new MeasuredBroker());

    /// <inheritdoc cref="Type"/>
    public static ExternalEngineType TypeOf(MeasuredBroker measured, TimeProvider? time = null) => new(
        new EngineProcesses(measured.Metrics, TimeProvider.System, NullLogger<EngineProcesses>.Instance), measured.Metrics, time ?? TimeProvider.System);

    public static Target Target(string socket, string secretFile, TimeSpan? timeout = null)
    {
        File.WriteAllText(secretFile, AdminSecret);
        return new Target(
            "external-target",
            ExternalEngineType.TypeName,
            JsonSerializer.SerializeToElement(new
            {
                socket,
                revocability = "destroy",
                engine_settings = new { folder = "/srv/notes", limits = new { size = 3 } },
                secrets = new { admin = new { file = secretFile } },
            }),
            8,
            timeout ?? TimeSpan.FromSeconds(30));
    }

    public static Grant Grant() => TestLeases.Grant("external", new { engine_settings = new { notebooks = new[] { "minutes" } } });

    public static IssueRequest Request(Grant? grant = null, CredentialInput? input = null) =>
        TestLeases.Request(grant ?? Grant(), input ?? new CredentialInput.None(), TimeProvider.System.GetUtcNow().AddMinutes(5));
}
