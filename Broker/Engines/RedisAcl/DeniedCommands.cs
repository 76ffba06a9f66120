namespace SecretsBroker.Engines.RedisAcl;

/// <summary>
/// What no lease gets unless its grant says so a second time. The server's own categories decide; the names here are those of Redis
/// 7.0, so that a grant which names one in vain is told when the catalogue is checked and not by an agent that is refused.
/// </summary>
internal static class DeniedCommands
{
    public static readonly string[] Categories = ["@scripting", "@admin", "@dangerous"];

    private static readonly HashSet<string> _names =
    [
        .. Categories,
        .. """
        acl|deluser acl|dryrun acl|getuser acl|list acl|load acl|log acl|save acl|setuser acl|users bgrewriteaof bgsave client|kill
        client|list client|no-evict client|pause client|unblock client|unpause cluster|addslots cluster|addslotsrange
        cluster|bumpepoch cluster|count-failure-reports cluster|delslots cluster|delslotsrange cluster|failover
        cluster|flushslots cluster|forget cluster|meet cluster|replicas cluster|replicate cluster|reset cluster|saveconfig
        cluster|set-config-epoch cluster|setslot cluster|slaves config|get config|resetstat config|rewrite config|set debug eval
        eval_ro evalsha evalsha_ro failover fcall fcall_ro flushall flushdb function|delete function|dump function|flush
        function|help function|kill function|list function|load function|restore function|stats info keys lastsave
        latency|doctor latency|graph latency|histogram latency|history latency|latest latency|reset migrate module|list
        module|load module|loadex module|unload monitor pfdebug pfselftest psync replconf replicaof restore restore-asking role
        save script|debug script|exists script|flush script|help script|kill script|load shutdown slaveof slowlog|get
        slowlog|len slowlog|reset sort sort_ro swapdb sync
        """.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
    ];

    public static bool Contains(string command) => _names.Contains(command);
}
