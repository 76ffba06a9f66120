using SecretsBroker.Identity.Certificates;

namespace SecretsBroker.Identity;

/// <summary>What one call brings to prove who makes it, as it came over the wire.</summary>
/// <param name="Authorization">The one value of the metadata entry; null when there is none.</param>
internal readonly record struct CallerCredentials(string? Authorization)
{
    /// <summary>The one value of the metadata entry <c>dpop</c>; null when there is none.</summary>
    public string? Proof { get; init; }

    /// <summary>Of the connection; null when there is none.</summary>
    public PresentedCertificate? Certificate { get; init; }

    /// <summary>Where the call came to, as its caller wrote it: <c>https://broker:7443</c>. Needed where there is a proof.</summary>
    public string Origin { get; init; } = "";

    /// <summary>The call: <c>/secretsbroker.v1.LeaseService/IssueLease</c>. Needed where there is a proof.</summary>
    public string Path { get; init; } = "";
}
