namespace SecretsBroker.Engines.RedisAcl;

/// <summary>A server refused a command.</summary>
internal sealed class RespErrorException(string code) : Exception($"redis answered {code}")
{
    public string Code { get; } = code;

    /// <summary>Whether it may pass by itself: the server is loading, busy, or not what it should be at the moment.</summary>
    public bool IsTransient => Code is "LOADING" or "BUSY" or "MASTERDOWN" or "CLUSTERDOWN" or "TRYAGAIN" or "OOM" or "MISCONF";
}
