namespace SecretsBroker.Engines.X509;

/// <summary>What the broker's certificate authority is, and who signs its certificate.</summary>
internal enum AuthorityKind
{
    /// <summary>Made by the broker, signed by itself; files that are there already are used, whatever they are.</summary>
    Root,

    /// <summary>An intermediate and a root above it, both made by the broker. The root's key is not needed afterwards.</summary>
    RootAndIntermediate,

    /// <summary>An intermediate whose certificate somebody else signs: the broker makes a key and a request, and never a certificate.</summary>
    Intermediate,
}
