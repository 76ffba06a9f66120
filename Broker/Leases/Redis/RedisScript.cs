using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using StackExchange.Redis;

namespace SecretsBroker.Leases.Redis;

/// <summary>One <c>.lua</c> file with the prelude in front, sent as its hash; in full only to a server that does not know it yet.</summary>
internal sealed class RedisScript
{
    private readonly string _text;
    private readonly byte[] _hash;

    public RedisScript(string name)
    {
        Name = name;
        var script = Read(name);
        // The first line tells the server the script's flags; it has to stay the first.
        var flags = script[..(script.IndexOf('\n', StringComparison.Ordinal) + 1)];
        Writes = !flags.Contains("no-writes", StringComparison.Ordinal);
        _text = flags + Read("prelude") + script[flags.Length..];
#pragma warning disable CA5350 // The name that Redis gives a script (EVALSHA), not a protection.
        _hash = SHA1.HashData(Encoding.UTF8.GetBytes(_text));
#pragma warning restore CA5350
    }

    public string Name { get; }

    public bool Writes { get; }

    public async Task<RedisResult> RunAsync(IDatabaseAsync database, RedisKey[] keys, RedisValue[] arguments)
    {
        try
        {
            return await database.ScriptEvaluateAsync(_hash, keys, arguments, CommandFlags.DemandMaster);
        }
        catch (RedisServerException error) when (error.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            // A server that restarted, or one that took over, has none: this loads it there.
            return await database.ScriptEvaluateAsync(_text, keys, arguments, CommandFlags.DemandMaster);
        }
    }

    private static string Read(string name)
    {
        var resource = $"{typeof(RedisScript).Namespace}.Lua.{name}.lua";
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(resource)
            ?? throw new InvalidOperationException($"no script {name}");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
