namespace SecretsBroker.Engines;

/// <summary>A secret in named values, as the target made it: where no type of its own fits.</summary>
internal abstract class FieldsCredential : Credential
{
    /// <summary>By name; the names are not secret, the values are.</summary>
    public required IReadOnlyDictionary<string, Secret> Fields { get; init; }

    public override void Dispose()
    {
        foreach (var value in Fields.Values)
        {
            value.Dispose();
        }
    }
}
