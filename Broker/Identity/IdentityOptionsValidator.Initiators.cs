namespace SecretsBroker.Identity;

/// <content>Issuers of initiators.</content>
internal sealed partial class IdentityOptionsValidator
{
    // The name is part of what stands for an initiator, which has to fit where initiators are named.
    private const int MaxInitiatorIssuerLength = 255;

    private static void CheckInitiator(IdentityOptions options, int index, List<string> faults)
    {
        var initiator = options.Initiators[index];
        var path = $"Initiators:{index}:";
        CheckIssuerUrl(options, initiator.Issuer, initiator.KeyFile, path, faults);
        if (initiator.Issuer.Length > MaxInitiatorIssuerLength || initiator.Issuer.Contains(VerifiedInitiator.Separator))
            Add(faults, path + "Issuer", $"must have at most {MaxInitiatorIssuerLength} characters and no fragment", initiator.Issuer);
        if (options.Initiators.Take(index).Any(other => other.Issuer == initiator.Issuer))
            Add(faults, path + "Issuer", "must not be named twice", initiator.Issuer);
        CheckOwnAudiences(options, initiator.Audiences, path, faults);
        foreach (var (claim, setting) in new[] { (initiator.NameClaim, "NameClaim"), (initiator.GroupsClaim, "GroupsClaim") })
        {
            if (claim.Length > 0)
                CheckClaim(claim, path + setting, faults);
        }

        for (var i = 0; i < initiator.RequiredClaims.Count; i++)
            CheckClaim(initiator.RequiredClaims[i].Claim, $"{path}RequiredClaims:{i}:Claim", faults);
        CheckApart(options, initiator, path, faults);
    }

    // A person's token must not be a workload's: whoever is shown one could call with it.
    private static void CheckApart(IdentityOptions options, InitiatorIssuerOptions initiator, string path, List<string> faults)
    {
        if (options.Issuers.FirstOrDefault(issuer => issuer.Issuer == initiator.Issuer) is { RequiredClaims.Count: 0 } workloads
            && Effective(initiator.Audiences).Intersect(Effective(workloads.Audiences), StringComparer.Ordinal).Any())
        {
            Add(
                faults,
                path + "Audiences",
                "must be others than those of the same issuer in Issuers, unless that one has RequiredClaims that tell a workload's token",
                string.Join(", ", Effective(initiator.Audiences)));
        }

        IList<string> Effective(IList<string> own) => own.Count > 0 ? own : options.Audiences;
    }
}
