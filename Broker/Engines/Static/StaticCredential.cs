namespace SecretsBroker.Engines.Static;

/// <summary>A secret that somebody made for a system that cannot make one a lease.</summary>
internal sealed class StaticCredential : FieldsCredential
{
    /// <summary>Its name at the target.</summary>
    public required string Name { get; init; }

    public required int Version { get; init; }
}
