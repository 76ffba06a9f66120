using SecretsBroker.Identity.WorkloadApi;

namespace SecretsBroker.Identity;

/// <summary>One SPIFFE trust domain.</summary>
internal sealed class TrustDomainOptions
{
    /// <summary>Its name, such as <c>example.org</c>.</summary>
    public string Name { get; set => field = value ?? ""; } = "";

    /// <summary>Its trust bundle in SPIFFE's JSON format; re-read on change. Default none.</summary>
    public string BundleFile { get; set => field = value ?? ""; } = "";

    /// <summary>Takes its bundle from the agent at <see cref="WorkloadApiOptions.Socket"/>, in place of a file. Default false.</summary>
    public bool WorkloadApi { get; set; }

    /// <summary>Instead of <see cref="IdentityOptions.Audiences"/>. Default: those.</summary>
    public IList<string> Audiences { get; } = [];
}
