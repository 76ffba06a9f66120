using System.Security.Cryptography;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Protocol = SecretsBroker.Engine.V1;

namespace SecretsBroker.Engines.External;

/// <summary>The target of one call as its engine is told: its own settings, and its secrets as they are now. Disposing zeroes these.</summary>
internal sealed class EngineTarget : IDisposable
{
    private readonly List<byte[]> _secrets = [];

    /// <exception cref="EngineException">A secret cannot be read.</exception>
    public EngineTarget(string name, ExternalTargetSettings settings)
    {
        Message = new Protocol.Target { Name = name, Settings = StructOf(settings.EngineSettings) };
        foreach (var (secret, reference) in settings.Secrets)
        {
            if (reference.TryRead() is not { } value)
            {
                Dispose();
                throw new EngineException($"target {name}: its secret {secret} ({reference}) cannot be read", isTransient: false);
            }

            _secrets.Add(value);
            Message.Secrets.Add(secret, UnsafeByteOperations.UnsafeWrap(value));
        }
    }

    public Protocol.Target Message { get; }

    public static Struct StructOf(JsonElement settings) => JsonParser.Default.Parse<Struct>(settings.GetRawText());

    public void Dispose()
    {
        foreach (var secret in _secrets)
        {
            CryptographicOperations.ZeroMemory(secret);
        }
    }
}
