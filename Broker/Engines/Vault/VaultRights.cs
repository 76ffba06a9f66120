using SecretsBroker.Leases;

namespace SecretsBroker.Engines.Vault;

/// <summary>What the broker's own token must be allowed, whatever the grants are.</summary>
internal static class VaultRights
{
    private static readonly string _role = LeaseNames.Of(LeaseId.New(0));

    private static readonly Dictionary<string, string[]> _needed = new()
    {
        ["auth/token/roles"] = ["list"],
        [$"auth/token/roles/{_role}"] = ["create", "read", "update", "delete"],
        [$"auth/token/create/{_role}"] = ["update"],
        ["auth/token/renew-accessor"] = ["update"],
        ["auth/token/lookup-accessor"] = ["update"],
        [$"sys/leases/revoke-prefix/auth/token/create/{_role}"] = ["update", "sudo"],
        [$"sys/leases/lookup/auth/token/create/{_role}/"] = ["list", "sudo"],
        ["sys/leases/lookup"] = ["update"],
        ["sys/leases/renew"] = ["update"],
        ["sys/leases/revoke"] = ["update"],
    };

    public static IReadOnlyCollection<string> Paths => _needed.Keys;

    /// <returns>What is missing, each with its path.</returns>
    public static IEnumerable<string> FindMissing(IReadOnlyDictionary<string, IReadOnlyList<string>> capabilities) =>
        from needed in _needed
        let given = capabilities[needed.Key]
        where !given.Contains("root")
        let missing = needed.Value.Except(given).ToArray()
        where missing.Length > 0
        select $"its token lacks {string.Join(", ", missing)} on {needed.Key.Replace(_role, "sb_*", StringComparison.Ordinal)}";
}
