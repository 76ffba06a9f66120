using System.Text.RegularExpressions;
using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Vault;

/// <summary>Which dynamic secret a lease of a grant is.</summary>
internal sealed partial record VaultGrantSettings
{
    private const int MaxNames = 100;
    private static readonly string[] _ofVaultsOwn = ["sys", "auth", "identity", "cubbyhole"];

    private static readonly Dictionary<string, HttpMethod> _methods = new()
    {
        ["GET"] = HttpMethod.Get,
        ["POST"] = HttpMethod.Post,
        ["PUT"] = HttpMethod.Put,
    };

    /// <summary><c>path</c>: mount and role, such as <c>database/creds/invoices-read</c>. Required.</summary>
    public required string Path { get; init; }

    /// <summary><c>method</c>: <c>GET</c> (the default), <c>POST</c> or <c>PUT</c>.</summary>
    public required HttpMethod Method { get; init; }

    /// <summary><c>parameters</c>: what is sent with <c>POST</c> and <c>PUT</c>, the same for each lease.</summary>
    public required IReadOnlyDictionary<string, string> Parameters { get; init; }

    /// <summary><c>ttl_parameter</c>: the parameter that asks for the lease's own time to live, where the mount takes one.</summary>
    public string? TimeToLiveParameter { get; init; }

    /// <summary><c>policies</c>: those of the token by which the secret is made. Required; the broker's own token must hold them.</summary>
    public required IReadOnlyList<string> Policies { get; init; }

    /// <summary><c>fields</c>: what callers get of the answer; all of it when not set.</summary>
    public required IReadOnlyList<string> Fields { get; init; }

    public static VaultGrantSettings Read(Grant grant, CatalogFaults faults)
    {
        var reader = SettingsReader.Of(grant, faults);
        var settings = new VaultGrantSettings
        {
            Path = ReadPath(reader),
            Method = reader.Choice("method", HttpMethod.Get, _methods),
            Parameters = reader.TextsByName("parameters"),
            TimeToLiveParameter = reader.Text("ttl_parameter"),
            Policies = reader.Texts("policies"),
            Fields = reader.Texts("fields"),
        };
        settings.CheckParameters(reader);
        settings.CheckNames(reader);
        reader.RefuseOthers();
        return settings;
    }

    private static string ReadPath(SettingsReader reader)
    {
        const string Name = "path";
        if (!reader.Has(Name))
        {
            reader.Fault(Name, "is required");
        }

        var path = VaultPath.Read(reader, Name, fallback: "");
        // Any part: those before it may be namespaces, whose own paths begin there.
        if (path.Split('/')[..^1].FirstOrDefault(_ofVaultsOwn.Contains) is { } reserved)
        {
            reader.Fault(Name, $"must be below a mount of secrets, not below {reserved}");
        }

        return path;
    }

    private void CheckParameters(SettingsReader reader)
    {
        if (Method == HttpMethod.Get && Parameters.Count > 0)
        {
            reader.Fault("parameters", "are sent with POST and PUT only");
        }

        if (TimeToLiveParameter is null)
        {
            return;
        }

        if (Method == HttpMethod.Get)
        {
            reader.Fault("ttl_parameter", "is sent with POST and PUT only");
        }

        if (Parameters.ContainsKey(TimeToLiveParameter))
        {
            reader.Fault("ttl_parameter", "must not be one of parameters");
        }
    }

    private void CheckNames(SettingsReader reader)
    {
        if (Policies.Count is 0 or > MaxNames)
        {
            reader.Fault("policies", $"must name 1 to {MaxNames} policies");
        }

        foreach (var (index, policy) in Policies.Index())
        {
            if (policy == "root" || !PolicyName().IsMatch(policy))
            {
                reader.Fault($"policies/{index}", "must be 1 to 128 characters of [a-z0-9_./-], and not root");
            }
        }

        if (Fields.Count > MaxNames)
        {
            reader.Fault("fields", $"must be at most {MaxNames}");
        }
    }

    [GeneratedRegex(@"^[a-z0-9_./-]{1,128}\z", RegexOptions.CultureInvariant)]
    private static partial Regex PolicyName();
}
