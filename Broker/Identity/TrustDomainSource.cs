namespace SecretsBroker.Identity;

/// <summary>The rules of where a trust domain's bundle comes from: one place.</summary>
internal static class TrustDomainSource
{
    /// <param name="options">All settings.</param>
    /// <param name="domain">Which trust domain.</param>
    /// <param name="add">Takes each fault: the setting below the trust domain, the rule, the value.</param>
    public static void Check(IdentityOptions options, TrustDomainOptions domain, Action<string, string, string> add)
    {
        var endpoint = domain.BundleEndpoint;
        if (domain.WorkloadApi && (domain.BundleFile.Length > 0 || endpoint.Url.Length > 0))
            add("WorkloadApi", "must not be set beside BundleFile or BundleEndpoint: a bundle comes from one place", "true");
        if (domain.WorkloadApi && options.WorkloadApi.FindSocketPath() is null)
            add("WorkloadApi", "needs Identity:WorkloadApi:Socket", "true");
        if (endpoint.Url.Length > 0)
            CheckEndpoint(domain, endpoint, add);
        else if (!domain.WorkloadApi && string.IsNullOrWhiteSpace(domain.BundleFile))
            add("BundleFile", "must be the path of a trust bundle, unless that comes from BundleEndpoint or WorkloadApi", domain.BundleFile);
    }

    private static void CheckEndpoint(TrustDomainOptions domain, BundleEndpointOptions endpoint, Action<string, string, string> add)
    {
        if (!Uri.TryCreate(endpoint.Url, UriKind.Absolute, out var address)
            || address.Scheme != Uri.UriSchemeHttps
            || address.UserInfo.Length > 0
            || address.Fragment.Length > 0)
        {
            add("BundleEndpoint:Url", "must be an https URL without user and fragment", endpoint.Url);
        }

        switch (endpoint.Profile)
        {
            case BundleEndpointOptions.Web:
                if (domain.BundleFile.Length > 0)
                    add("BundleFile", "must be empty where BundleEndpoint is https_web: a bundle comes from one place", domain.BundleFile);
                if (endpoint.SpiffeId.Length > 0)
                    add("BundleEndpoint:SpiffeId", "is for https_spiffe only", endpoint.SpiffeId);
                break;
            case BundleEndpointOptions.Spiffe:
                if (string.IsNullOrWhiteSpace(domain.BundleFile))
                    add("BundleFile", "must be the path of the first bundle, by which an https_spiffe endpoint is known", domain.BundleFile);
                if (!WorkloadId.TryParse(endpoint.SpiffeId, out var id) || id.TrustDomain != domain.Name)
                    add("BundleEndpoint:SpiffeId", "must be the endpoint's SPIFFE ID, in this trust domain", endpoint.SpiffeId);
                if (endpoint.CaFile.Length > 0)
                    add("BundleEndpoint:CaFile", "is for https_web only", endpoint.CaFile);
                break;
            default:
                add("BundleEndpoint:Profile", "must be https_web or https_spiffe", endpoint.Profile);
                break;
        }
    }
}
