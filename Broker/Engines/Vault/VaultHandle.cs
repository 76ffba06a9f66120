namespace SecretsBroker.Engines.Vault;

/// <summary>By what a lease is found again at Vault. Neither part is secret: who knows them needs a token all the same.</summary>
/// <param name="Accessor">Of the token that the secret was made with.</param>
/// <param name="LeaseId">Vault's name of the secret.</param>
internal readonly record struct VaultHandle(string Accessor, string LeaseId)
{
    private const int MaxAccessor = 100;
    private const int MaxLeaseId = 400;

    /// <exception cref="InvalidOperationException">They are not what Vault would give.</exception>
    public static VaultHandle Of(string accessor, string leaseId, string path) =>
        IsName(accessor, MaxAccessor) && IsName(leaseId, MaxLeaseId) && leaseId.StartsWith($"{path}/", StringComparison.Ordinal)
            ? new VaultHandle(accessor, leaseId)
            : throw new InvalidOperationException("accessor or lease are none");

    /// <returns>Null for a lease whose issue was not seen to its end.</returns>
    public static VaultHandle? Parse(string handle) => handle.Split(' ') is [var accessor, var leaseId] ? new VaultHandle(accessor, leaseId) : null;

    public override string ToString() => $"{Accessor} {LeaseId}";

    private static bool IsName(string text, int max) =>
        text.Length > 0 && text.Length <= max && text.All(character => character is > ' ' and <= '~');
}
