namespace SecretsBroker.Identity;

/// <summary>Where a trust domain publishes its bundle (SPIFFE Federation §5).</summary>
internal sealed class BundleEndpointOptions
{
    public const string Web = "https_web";
    public const string Spiffe = "https_spiffe";

    /// <summary>An https address; redirects are not followed. Default none: the bundle comes from elsewhere.</summary>
    public string Url { get; set => field = value ?? ""; } = "";

    /// <summary>
    /// How it shows that it is the right one: <c>https_web</c> by a certificate for its name, <c>https_spiffe</c> by an X.509-SVID of
    /// the trust domain itself, for which the first bundle must be in <see cref="TrustDomainOptions.BundleFile"/>. Default https_web.
    /// </summary>
    public string Profile { get; set => field = value ?? ""; } = Web;

    /// <summary>Its SPIFFE ID. Required with <c>https_spiffe</c>, and with nothing else.</summary>
    public string SpiffeId { get; set => field = value ?? ""; } = "";

    /// <summary>PEM file with the authorities of its certificate, with <c>https_web</c>. Default: the system's.</summary>
    public string CaFile { get; set => field = value ?? ""; } = "";
}
