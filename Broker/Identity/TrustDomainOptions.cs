using SecretsBroker.Identity.WorkloadApi;

namespace SecretsBroker.Identity;

/// <summary>One SPIFFE trust domain.</summary>
internal sealed class TrustDomainOptions
{
    /// <summary>Its name, such as <c>example.org</c>.</summary>
    public string Name { get; set => field = value ?? ""; } = "";

    /// <summary>
    /// Its trust bundle in SPIFFE's JSON format; re-read on change. With an <c>https_spiffe</c> endpoint only the first one. Default none.
    /// </summary>
    public string BundleFile { get; set => field = value ?? ""; } = "";

    /// <summary>Takes its bundle from the agent at <see cref="WorkloadApiOptions.Socket"/>, in place of a file. Default false.</summary>
    public bool WorkloadApi { get; set; }

    /// <summary>Fetches its bundle, in place of a file.</summary>
    public BundleEndpointOptions BundleEndpoint { get; set; } = new();

    /// <summary>Instead of <see cref="IdentityOptions.Audiences"/>. Default: those.</summary>
    public IList<string> Audiences { get; } = [];
}
