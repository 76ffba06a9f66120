using System.Net;

namespace SecretsBroker.Engines.RedisAcl;

/// <summary>Where a node listens.</summary>
internal readonly record struct RedisEndpoint(string Host, int Port)
{
    public bool IsLoopback => Host == "localhost" || (IPAddress.TryParse(Host, out var address) && IPAddress.IsLoopback(address));

    /// <summary>Reads <c>host:port</c>, where a host is a name, an IPv4 address or an IPv6 address in brackets.</summary>
    public static bool TryParse(string text, out RedisEndpoint endpoint)
    {
        endpoint = default;
        var end = text.LastIndexOf(':');
        if (end <= 0 || !ushort.TryParse(text.AsSpan(end + 1), out var port) || port == 0)
        {
            return false;
        }

        var host = text[..end];
        if (host is ['[', .., ']'])
        {
            host = host[1..^1];
        }

        if (Uri.CheckHostName(host) == UriHostNameType.Unknown)
        {
            return false;
        }

        endpoint = new RedisEndpoint(host, port);
        return true;
    }

    public override string ToString() => Host.Contains(':') ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
