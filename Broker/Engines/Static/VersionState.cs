namespace SecretsBroker.Engines.Static;

/// <summary>Stored as numbers.</summary>
internal enum VersionState
{
    /// <summary>The one that is handed out.</summary>
    Current = 1,

    /// <summary>Was handed out before another was put in its place; can be restored.</summary>
    Previous = 2,

    /// <summary>A rotation is about to set it at the target, or has set it and does not know yet.</summary>
    Pending = 3,

    /// <summary>Its value is gone from the store.</summary>
    Destroyed = 4,
}
