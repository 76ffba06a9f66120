using System.Security.Cryptography;
using System.Text;
using SecretsBroker.Catalog;
using SecretsBroker.Engines.Commands;
using SecretsBroker.Engines.Keys;

namespace SecretsBroker.Engines.Encryption;

/// <summary>Names an encryption key: a file, an environment variable, or a command that writes it. Exactly one of the three is set.</summary>
internal sealed record KeyReference
{
    private const string Rule = "must name a key as {file: PATH}, {env: NAME} or {command: [PROGRAM, …]}; a key is never written inline";
    private const int MaxOutput = 4096;

    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(10);

    public string? File { get; init; }

    public string? Env { get; init; }

    public IReadOnlyList<string>? Command { get; init; }

    /// <returns>Null when it is not there or faulty.</returns>
    public static KeyReference? Read(SettingsReader reader, string name) =>
        reader.Has(name) ? Read(reader.Section(name), () => reader.Fault(name, Rule)) : null;

    /// <summary>Of a list; those that are faulty are left out.</summary>
    public static IReadOnlyList<KeyReference> ReadList(SettingsReader reader, string name) =>
        [.. reader.Sections(name).Select((entry, index) => Read(entry, () => reader.Fault($"{name}/{index}", Rule))).OfType<KeyReference>()];

    /// <param name="target">Whose key it is, for the messages.</param>
    /// <param name="time">Measures the command's time: 10 s.</param>
    /// <param name="logger">Told of what a command leaves behind.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <exception cref="EngineException">It cannot be read, or is no key.</exception>
    public async Task<EncryptionKey> LoadAsync(string target, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        if (File is not null)
        {
            return KeyFile.ReadPrivate(File, text => EncryptionKey.Parse(text));
        }

        if (Env is not null)
        {
            return Parse(target, Encoding.UTF8.GetBytes(Environment.GetEnvironmentVariable(Env) ?? ""));
        }

        using var output = await ConfiguredCommand.RunAsync(
            $"target {target}: the key command {Command![0]}",
            Command,
            default,
            MaxOutput,
            CommandLimit,
            time,
            cancellationToken,
            _ => KeyReferenceLog.Left(logger, Command[0], target));
        return Parse(target, output.Bytes.ToArray());
    }

    public override string ToString() => File is not null ? $"file {File}" : Env is not null ? $"env {Env}" : $"command {Command![0]}";

    private static KeyReference? Read(SettingsReader entry, Action fault)
    {
        var reference = new KeyReference { File = entry.Text("file"), Env = entry.Text("env"), Command = CommandSetting.Read(entry, "command") };
        entry.RefuseOthers();
        var given = new object?[] { reference.File, reference.Env, reference.Command }.Count(one => one is not null);
        if (given == 1)
        {
            return reference;
        }

        fault();
        return null;
    }

    private EncryptionKey Parse(string target, byte[] read)
    {
        var text = Encoding.UTF8.GetChars(read);
        try
        {
            return EncryptionKey.Parse(text);
        }
        catch (CryptographicException)
        {
            throw new EngineException($"target {target}: {this} holds no key: {EncryptionKey.Rule}", isTransient: false);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(read);
            Array.Clear(text);
        }
    }
}
