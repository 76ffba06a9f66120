using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using SecretsBroker.Catalog;
using SecretsBroker.Engines;
using SecretsBroker.Engines.Static;
using SecretsBroker.Leases.Sqlite;
using SecretsBroker.Samples.LocalServers;
using SecretsBroker.Telemetry;
using SecretsBroker.Tests.Telemetry;

namespace SecretsBroker.Tests.Engines.Static;

/// <summary>
/// A system with accounts whose passwords lie in files, which a script can change: what the engine is for. Each run of the script is noted with what
/// it was told.
/// </summary>
internal sealed class LegacySystem : IDisposable
{
    /// <summary>Sets the proposed password. What it is told is one line; its values are letters and digits.</summary>
    private const string Hook = """
        set -eu
        IFS= read -r told || [ -n "$told" ]
        [[ $told =~ \"secret\":\"([a-z0-9-]+)\" ]]; secret=${BASH_REMATCH[1]}
        [[ $told =~ \"proposed\":\{[^}]*\"password\":\"([A-Za-z0-9]+)\" ]]; password=${BASH_REMATCH[1]}
        printf '%s\n' "$told" >> "$1/told"
        printf '%s' "$password" > "$1/$secret.$$"
        mv "$1/$secret.$$" "$1/$secret"
        """;

    private readonly TemporaryFolder _folder = new();
    private readonly TimeProvider _time;

    /// <param name="time">The broker's clock and the store's; the system's when not set.</param>
    public LegacySystem(TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        Store = new SqliteLeaseStore(new SqliteStoreOptions { Path = SqliteStoreOptions.InMemory }, _time);
        KeyFile = NewKeyFile();
        HookFile = Write("hook.sh", Hook);
    }

    public SqliteLeaseStore Store { get; }

    public RecordingLogger<StaticEngine> Log { get; } = new();

    public MeasuredBroker Measured { get; } = new();

    /// <summary>How the runs of the script ended, by the metrics, in their order.</summary>
    public IReadOnlyList<string> Outcomes =>
    [
        .. Measured.Measured
            .Where(measured => measured.Name == TelemetryNames.Metrics.RotationDuration)
            .Select(measured => measured.Tags[TelemetryNames.Attributes.Outcome]!),
    ];

    public string KeyFile { get; }

    public string HookFile { get; }

    public string Folder => _folder.Path;

    /// <summary>What the script was told, run by run.</summary>
    public IReadOnlyList<JsonNode> Told => File.Exists(PathOf("told")) ? [.. File.ReadAllLines(PathOf("told")).Select(line => JsonNode.Parse(line)!)] : [];

    public string PathOf(string name) => Path.Combine(_folder.Path, name);

    public string Write(string name, string text)
    {
        File.WriteAllText(PathOf(name), text);
        return PathOf(name);
    }

    public string NewKeyFile()
    {
        var file = Write($"{RandomNumberGenerator.GetHexString(8)}.key", Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return file;
    }

    public void SetPassword(string account, string password) => Write(account, password);

    public bool LogsIn(string account, string password) => File.ReadAllText(PathOf(account)) == password;

    public string[] HookCommand => ["/bin/bash", HookFile, Folder];

    public Target Target(object? rotation = null, string? keyFile = null, string[]? olderKeys = null, TimeSpan? timeout = null)
    {
        var settings = new JsonObject
        {
            ["encryption_key"] = new JsonObject { ["file"] = keyFile ?? KeyFile },
            ["old_encryption_keys"] = JsonSerializer.SerializeToNode((olderKeys ?? []).Select(file => new { file })),
        };
        if (rotation is not null)
        {
            settings["rotation"] = JsonSerializer.SerializeToNode(rotation);
        }

        return new Target("static-target", "static", JsonSerializer.SerializeToElement(settings), 8, timeout ?? TimeSpan.FromSeconds(60));
    }

    public StaticEngine Engine(Target target, IStaticSecretStore? store = null, TimeProvider? time = null) =>
        (StaticEngine)new StaticEngineType(store ?? Store, Measured.Metrics, time ?? _time, Log).Create(target);

    /// <summary>An engine that keeps the value of one account.</summary>
    public async Task<StaticEngine> EngineAsync(Target target, string account, string password, IStaticSecretStore? store = null)
    {
        SetPassword(account, password);
        var engine = Engine(target, store);
        await PutAsync(engine, account, password);
        return engine;
    }

    public static async Task<int> PutAsync(StaticEngine engine, string name, string password)
    {
        using var fields = Fields(name, password);
        return (await engine.Keeper.PutAsync(name, fields, expected: null, CancellationToken.None)).Version;
    }

    public static SecretFields Fields(string username, string password) =>
        SecretFields.TryRead(JsonSerializer.SerializeToUtf8Bytes(new { username, password }))!;

    public static Grant Grant(params string[] secrets) => TestLeases.Grant("static", new { secrets });

    public void Dispose()
    {
#pragma warning disable VSTHRD002 // Nothing else waits on this thread.
        Store.DisposeAsync().AsTask().GetAwaiter().GetResult();
#pragma warning restore VSTHRD002
        Measured.Dispose();
        _folder.Dispose();
    }
}
