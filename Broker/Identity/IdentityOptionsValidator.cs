using SecretsBroker.Identity.Dev;
using SecretsBroker.Identity.Keys;
using SecretsBroker.Identity.Tokens;

namespace SecretsBroker.Identity;

/// <summary>Finds every fault at once; each message is the setting's path, the rule, and the value.</summary>
internal sealed partial class IdentityOptionsValidator : IValidateOptions<IdentityOptions>
{
    private const int MaxAudienceLength = 1024;

    public ValidateOptionsResult Validate(string? name, IdentityOptions options)
    {
        var faults = new List<string>();
        CheckLimits(options, faults);
        CheckAudiences(options.Audiences, "Audiences", faults);
        if (options.Issuers.Count + options.TrustDomains.Count == 0)
            Add(faults, "Issuers", "must name an issuer, or TrustDomains a trust domain: nobody could authenticate", "");

        for (var i = 0; i < options.Issuers.Count; i++)
            CheckIssuer(options, i, faults);
        for (var i = 0; i < options.Initiators.Count; i++)
            CheckInitiator(options, i, faults);
        for (var i = 0; i < options.TrustDomains.Count; i++)
            CheckTrustDomain(options, i, faults);
        return faults.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(faults);
    }

    private static void CheckLimits(IdentityOptions options, List<string> faults)
    {
        CheckRange(options.DiscoveryTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(1), "DiscoveryTimeout", faults);
        CheckRange(options.KeyRefreshInterval, TimeSpan.FromSeconds(10), TimeSpan.FromDays(1), "KeyRefreshInterval", faults);
        CheckRange(options.UnknownKeyInterval, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), "UnknownKeyInterval", faults);
        CheckRange(options.KeyLifetime, options.KeyRefreshInterval, TimeSpan.FromDays(7), "KeyLifetime", faults);
        CheckRange(options.FileCheckInterval, TimeSpan.Zero, TimeSpan.FromHours(1), "FileCheckInterval", faults);
        CheckRange(
            options.WorkloadApi.StartTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(10), "WorkloadApi:StartTimeout", faults);
        if (options.WorkloadApi.Socket.Length > 0 && options.WorkloadApi.FindSocketPath() is null)
            Add(faults, "WorkloadApi:Socket", "must be unix:///PATH, at most 107 characters of path", options.WorkloadApi.Socket);
        if (options.RememberedTokens is < 0 or > 1_000_000)
            Add(faults, "RememberedTokens", "must be from 0 to 1000000", $"{options.RememberedTokens}");
        CheckDpop(options.Dpop, faults);
    }

    private static void CheckDpop(DpopOptions dpop, List<string> faults)
    {
        CheckRange(dpop.ProofLifetime, TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(5), "Dpop:ProofLifetime", faults);
        CheckRange(dpop.NonceLifetime, TimeSpan.FromSeconds(10), TimeSpan.FromHours(1), "Dpop:NonceLifetime", faults);
        for (var i = 0; i < dpop.Origins.Count; i++)
        {
            if (!IsOrigin(dpop.Origins[i]))
                Add(faults, $"Dpop:Origins:{i}", "must be scheme and authority, such as https://broker.example.org:7443", dpop.Origins[i]);
        }

        if (dpop.NonceKey is { IsValid: false })
            faults.Add($"{IdentityOptions.Section}:Dpop:NonceKey must have either File or Env, which says where the key is");
    }

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var origin)
        && (origin.Scheme == Uri.UriSchemeHttps || origin.Scheme == Uri.UriSchemeHttp)
        && origin.PathAndQuery == "/"
        && origin.UserInfo.Length + origin.Fragment.Length == 0;

    private static void CheckIssuer(IdentityOptions options, int index, List<string> faults)
    {
        var issuer = options.Issuers[index];
        var path = $"Issuers:{index}:";
        CheckIssuerUrl(options, issuer.Issuer, issuer.KeyFile, path, faults);
        if (options.Issuers.Take(index).Any(other => other.Issuer == issuer.Issuer))
            Add(faults, path + "Issuer", "must not be named twice", issuer.Issuer);
        CheckOwnAudiences(options, issuer.Audiences, path, faults);
        if (WorkloadTemplate.TryParse(issuer.Workload, out _) is { } rule)
            Add(faults, path + "Workload", rule, issuer.Workload);
        CheckDevelopment(options, issuer.Workload, path + "Workload", faults);
        if (issuer.GroupsClaim.Length > 0)
            CheckClaim(issuer.GroupsClaim, path + "GroupsClaim", faults);
        for (var i = 0; i < issuer.RequiredClaims.Count; i++)
            CheckClaim(issuer.RequiredClaims[i].Claim, $"{path}RequiredClaims:{i}:Claim", faults);
        CheckAttributes(issuer, path, faults);
    }

    // Without discovery the issuer is only a name to compare, and any URL will do.
    private static void CheckIssuerUrl(IdentityOptions options, string issuer, string keyFile, string path, List<string> faults)
    {
        var wellFormed = Uri.TryCreate(issuer, UriKind.Absolute, out var address);
        if (keyFile.Length > 0 && !wellFormed)
            Add(faults, path + "Issuer", "must be an absolute URL", issuer);
        if (keyFile.Length > 0)
            return;
        if (!IssuerAddress.IsAllowed(issuer, options.AllowHttpOnLoopback, out _) || address!.Query.Length > 0)
        {
            Add(
                faults,
                path + "Issuer",
                "must be an https URL without user, query and fragment (http on loopback if AllowHttpOnLoopback)",
                issuer);
        }
    }

    private static void CheckTrustDomain(IdentityOptions options, int index, List<string> faults)
    {
        var domain = options.TrustDomains[index];
        var path = $"TrustDomains:{index}:";
        if (!SpiffeSyntax.IsTrustDomain(domain.Name))
            Add(faults, path + "Name", "must be a SPIFFE trust domain: lower-case letters, digits, '.', '-' and '_'", domain.Name);
        if (options.TrustDomains.Take(index).Any(other => other.Name == domain.Name))
            Add(faults, path + "Name", "must not be named twice", domain.Name);
        CheckDevelopment(options, SpiffeSyntax.Scheme + domain.Name + '/', path + "Name", faults);
        TrustDomainSource.Check(options, domain, (setting, rule, value) => Add(faults, path + setting, rule, value));
        CheckOwnAudiences(options, domain.Audiences, path, faults);
    }

    // The development key lies in a file that anybody who starts "broker dev" has.
    private static void CheckDevelopment(IdentityOptions options, string id, string path, List<string> faults)
    {
        if (!options.Development && id.StartsWith(DevIssuer.IdPrefix, StringComparison.Ordinal))
            Add(faults, path, $"must not be the development trust domain {DevIssuer.TrustDomain}", id);
    }

    private static void CheckOwnAudiences(IdentityOptions options, IList<string> own, string path, List<string> faults)
    {
        if (own.Count + options.Audiences.Count == 0)
            Add(faults, path + "Audiences", "must name an audience, here or in Identity:Audiences", "");
        CheckAudiences(own, path + "Audiences", faults);
    }

    private static void CheckAudiences(IList<string> audiences, string path, List<string> faults)
    {
        for (var i = 0; i < audiences.Count; i++)
        {
            if (string.IsNullOrWhiteSpace(audiences[i]) || audiences[i].Length > MaxAudienceLength)
                Add(faults, $"{path}:{i}", $"must have 1 to {MaxAudienceLength} characters", audiences[i]);
        }
    }

    private static void CheckAttributes(IssuerOptions issuer, string path, List<string> faults)
    {
        for (var i = 0; i < issuer.Attributes.Count; i++)
        {
            var (name, at) = (issuer.Attributes[i].Name, $"{path}Attributes:{i}:");
            CheckClaim(issuer.Attributes[i].Claim, at + "Claim", faults);
            if (name.Length is 0 or > 64 || !char.IsAsciiLetter(name[0]) || !name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
                Add(faults, at + "Name", "must be a letter and up to 63 letters, digits and underscores", name);
            if (issuer.Attributes.Take(i).Any(other => other.Name == name))
                Add(faults, at + "Name", "must not be named twice", name);
        }
    }

    private static void CheckClaim(string claim, string path, List<string> faults)
    {
        if (!ClaimPath.IsValid(claim))
            Add(faults, path, $"must be the name of a claim, 1 to {ClaimPath.MaxLength} characters without braces", claim);
    }

    private static void CheckRange(TimeSpan value, TimeSpan min, TimeSpan max, string path, List<string> faults)
    {
        if (value < min || value > max)
            Add(faults, path, $"must be from {min} to {max}", $"{value}");
    }

    private static void Add(List<string> faults, string path, string rule, string value) =>
        faults.Add($"{IdentityOptions.Section}:{path} {rule}; it is \"{value}\"");
}
