using System.Text.RegularExpressions;
using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.AwsSts;

/// <summary>An AWS role, and the account by which the broker assumes it.</summary>
internal sealed partial record AwsTargetSettings
{
    private static readonly Dictionary<string, bool> _earlyEnds = new() { ["none"] = false, ["deny"] = true };

    /// <summary><c>region</c>: whose STS is asked, and which callers are told. Required.</summary>
    public required string Region { get; init; }

    /// <summary><c>role_arn</c>: the role that leases are sessions of. Required.</summary>
    public required string RoleArn { get; init; }

    /// <summary><c>external_id</c>: what the role's trust policy asks for, where it is another company's.</summary>
    public string? ExternalId { get; init; }

    /// <summary><c>early_revocation</c>: <c>none</c> (the default), or <c>deny</c>, by which the role's policies deny the session.</summary>
    public required bool DeniesEarly { get; init; }

    /// <summary><c>access_key_id</c>; null when the SDK's own chain is asked (<c>default_credentials</c>).</summary>
    public string? AccessKeyId { get; init; }

    /// <summary><c>secret_access_key</c>: read at each use.</summary>
    public SecretReference? SecretAccessKey { get; init; }

    /// <summary><c>session_token</c>: where the key is itself one of a session.</summary>
    public SecretReference? SessionToken { get; init; }

    /// <summary><c>sts_endpoint</c>: such as a VPC endpoint; the region's when not set.</summary>
    public Uri? StsEndpoint { get; init; }

    /// <summary><c>iam_endpoint</c>: the partition's when not set.</summary>
    public Uri? IamEndpoint { get; init; }

    public string RoleName => RoleArn[(RoleArn.LastIndexOf('/') + 1)..];

    public string Partition => RoleArn.Split(':') is [_, var partition, ..] ? partition : "aws";

    public static AwsTargetSettings Read(Target target, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(target, faults);
        var settings = new AwsTargetSettings
        {
            Region = Matching(reader, "region", Regions(), "must be the name of a region, such as eu-central-1") ?? "us-east-1",
            RoleArn = Matching(reader, "role_arn", RoleArns(), "must be the ARN of a role, such as arn:aws:iam::123456789012:role/invoices") ?? "",
            ExternalId = reader.Has("external_id")
                ? Matching(reader, "external_id", ExternalIds(), "must be 2 to 1224 characters of [A-Za-z0-9_+=,.@:/-]")
                : null,
            DeniesEarly = reader.Choice("early_revocation", fallback: false, _earlyEnds),
            AccessKeyId = reader.Text("access_key_id"),
            SecretAccessKey = reader.Secret("secret_access_key"),
            SessionToken = reader.Secret("session_token"),
            StsEndpoint = TargetAddress.Read(reader, "sts_endpoint"),
            IamEndpoint = TargetAddress.Read(reader, "iam_endpoint"),
        };
        CheckCredentials(reader, reader.Flag("default_credentials", fallback: false));
        reader.RefuseOthers();
        return settings;
    }

    private static void CheckCredentials(SettingsReader reader, bool usesChain)
    {
        if (usesChain == reader.Has("access_key_id"))
        {
            reader.Fault("access_key_id", "must be given, or default_credentials be true, and not both");
        }

        if (reader.Has("access_key_id") != reader.Has("secret_access_key"))
        {
            reader.Fault("secret_access_key", "goes together with access_key_id");
        }

        if (reader.Has("session_token") && !reader.Has("access_key_id"))
        {
            reader.Fault("session_token", "goes together with access_key_id");
        }
    }

    private static string? Matching(SettingsReader reader, string name, Regex form, string rule)
    {
        if (!reader.Has(name))
        {
            reader.Fault(name, "is required");
            return null;
        }

        if (reader.Text(name) is not { } text)
        {
            return null;
        }

        if (form.IsMatch(text))
        {
            return text;
        }

        reader.Fault(name, rule);
        return null;
    }

    [GeneratedRegex(@"^[a-z]{2,}(-[a-z0-9]+){2,}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Regions();

    [GeneratedRegex(@"^arn:aws(-cn|-us-gov)?:iam::[0-9]{12}:role/([A-Za-z0-9_+=,.@-]+/)*[A-Za-z0-9_+=,.@-]{1,64}\z", RegexOptions.CultureInvariant)]
    private static partial Regex RoleArns();

    [GeneratedRegex(@"^[A-Za-z0-9_+=,.@:/-]{2,1224}\z", RegexOptions.CultureInvariant)]
    private static partial Regex ExternalIds();
}
