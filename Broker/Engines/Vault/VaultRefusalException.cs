namespace SecretsBroker.Engines.Vault;

/// <summary>Vault, or whatever answers in its place, did not do what it was asked. What it said is compared and never shown.</summary>
/// <param name="status">Of HTTP.</param>
/// <param name="errors">Null when the answer has not the form of Vault's errors.</param>
internal sealed class VaultRefusalException(int status, IReadOnlyList<string>? errors) : Exception($"status {status}")
{
    public int Status => status;

    /// <summary>Whether it is Vault that knows no such thing: a 404 of something that stands between proves nothing.</summary>
    public bool IsUnknown => status == 404 && errors is { Count: 0 };

    public bool Says(string words) => errors?.Any(error => error.Contains(words, StringComparison.Ordinal)) == true;
}
