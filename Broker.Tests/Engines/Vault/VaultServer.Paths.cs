using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace SecretsBroker.Tests.Engines.Vault;

/// <summary>What the server answers at each of its paths.</summary>
internal sealed partial class VaultServer
{
    private const string Roles = "auth/token/roles";
    private const string TokensBy = "auth/token/create/";
    private const string RevokePrefix = "sys/leases/revoke-prefix/";
    private const string LookupPrefix = "sys/leases/lookup/";

    private VaultServerAnswer Answer(VaultRequest request)
    {
        if (request.Path == "sys/health")
        {
            return new(200, new JsonObject { ["initialized"] = true, ["sealed"] = false, ["standby"] = false, ["version"] = "1.15.0" });
        }

        if (request.Path == "auth/approle/login")
        {
            return LogIn(request.Body);
        }

        if (!State.Tokens.TryGetValue(request.Token, out var token) || !IsAllowed(token, request))
        {
            return VaultServerAnswer.Refused(403, "permission denied");
        }

        return request.Path switch
        {
            "auth/token/lookup-self" => VaultServerAnswer.Of("data", Describe(token)),
            "auth/token/lookup-accessor" => ByAccessor(request, found => VaultServerAnswer.Of("data", Describe(found))),
            "auth/token/renew-accessor" => ByAccessor(request, found => Renew(found, request.Body)),
            "sys/capabilities-self" => Capabilities(token, request.Body),
            "sys/leases/lookup" => ByLease(request, Lookup),
            "sys/leases/renew" => ByLease(request, lease => Renew(lease, request.Body)),
            "sys/leases/revoke" => RevokeLease(request.Body),
            Roles => List([.. State.Roles.Keys]),
            _ when request.Path.StartsWith($"{Roles}/", StringComparison.Ordinal) => OfRole(request),
            _ when request.Path.StartsWith(TokensBy, StringComparison.Ordinal) => CreateToken(token, request),
            _ when request.Path.StartsWith(RevokePrefix, StringComparison.Ordinal) => RevokeBelow(request.Path[RevokePrefix.Length..]),
            _ when request.Path.StartsWith(LookupPrefix, StringComparison.Ordinal) => ListBelow(request.Path[LookupPrefix.Length..]),
            _ => MakeSecret(token, request),
        };
    }

    private bool IsAllowed(VaultServerToken token, VaultRequest request)
    {
        // Whether something exists already tells "create" from "update"; only roles know that.
        string[] operations = request.Method switch
        {
            "GET" => ["read"],
            "LIST" => ["list"],
            "DELETE" => ["delete"],
            _ when request.Path.StartsWith($"{Roles}/", StringComparison.Ordinal) && !State.Roles.ContainsKey(NameIn(request)) => ["create"],
            _ => ["update"],
        };
        var capabilities = CapabilitiesOn(token, request.Path);
        var needsSudo = request.Path.StartsWith(RevokePrefix, StringComparison.Ordinal) || request.Path.StartsWith(LookupPrefix, StringComparison.Ordinal);
        return operations.All(capabilities.Contains)
            && (!needsSudo || capabilities.Contains("sudo"))
            && PoliciesOf(token).Any(policy => policy.CapabilitiesOn(request.Path).Count > 0 && policy.Allows(request.Path, request.Body.Select(one => one.Key)));
    }

    private IEnumerable<VaultPolicy> PoliciesOf(VaultServerToken token) => token.Policies.Select(name => Policies.GetValueOrDefault(name)).OfType<VaultPolicy>();

    private string[] CapabilitiesOn(VaultServerToken token, string path) =>
        [.. PoliciesOf(token).SelectMany(policy => policy.CapabilitiesOn(path)).Distinct()];

    private VaultServerAnswer Capabilities(VaultServerToken token, JsonObject body)
    {
        var data = new JsonObject();
        foreach (var path in body["paths"]!.AsArray().Select(path => path!.GetValue<string>()))
        {
            var capabilities = CapabilitiesOn(token, path);
            data[path] = new JsonArray([.. (capabilities.Length > 0 ? capabilities : ["deny"]).Select(one => (JsonNode)one)]);
        }

        return VaultServerAnswer.Of("data", data);
    }

    private VaultServerAnswer LogIn(JsonObject body)
    {
        if ((string?)body["role_id"] != RoleId || (string?)body["secret_id"] != SecretId)
        {
            return VaultServerAnswer.Refused(400, "invalid role or secret ID");
        }

        var token = new VaultServerToken
        {
            Id = State.New("hvs."),
            Accessor = State.New("accessor-"),
            Policies = BrokersPolicies,
            Path = "auth/approle/login",
            Expires = LoginLife == TimeSpan.Zero ? DateTimeOffset.MaxValue : State.Now + LoginLife,
        };
        State.Add(token);
        return VaultServerAnswer.Of("auth", Auth(token, LoginLife));
    }

    private VaultServerAnswer OfRole(VaultRequest request)
    {
        var name = NameIn(request);
        switch (request.Method)
        {
            case "GET":
                return State.Roles.TryGetValue(name, out var role)
                    ? VaultServerAnswer.Of("data", (JsonObject)role.DeepClone())
                    : VaultServerAnswer.Refused(404);
            case "DELETE":
                State.Roles.Remove(name);
                return VaultServerAnswer.None;
            default:
                State.Roles[name] = request.Body;
                return VaultServerAnswer.None;
        }
    }

    private VaultServerAnswer CreateToken(VaultServerToken own, VaultRequest request)
    {
        var role = request.Path[TokensBy.Length..];
        if (!State.Roles.TryGetValue(role, out var settings))
        {
            return VaultServerAnswer.Refused(400, $"unknown role {role}");
        }

        var policies = request.Body["policies"]!.AsArray().Select(policy => policy!.GetValue<string>()).ToArray();
        if (policies.Except(own.Policies).Any() || own.Type == "batch" || own.Uses > 0 || (bool?)settings["orphan"] != true)
        {
            return VaultServerAnswer.Refused(400, "child policies must be subset of parent");
        }

        var life = Shorter(SpanOf(request.Body["ttl"]!), MaxTokenLife);
        var token = new VaultServerToken
        {
            Id = State.New("hvs."),
            Accessor = State.New("accessor-"),
            Policies = policies,
            Path = $"{TokensBy}{role}",
            Expires = State.Now + life,
            MaxExpires = State.Now + Shorter(SpanOf(request.Body["explicit_max_ttl"]!), MaxTokenLife),
            Meta = (JsonObject)request.Body["meta"]!.DeepClone(),
        };
        State.Add(token);
        return VaultServerAnswer.Of("auth", Auth(token, life));
    }

    private VaultServerAnswer MakeSecret(VaultServerToken token, VaultRequest request)
    {
        if (!Mounts.TryGetValue(request.Path, out var make))
        {
            return VaultServerAnswer.Refused(404);
        }

        var secret = make(request.Body);
        if (!secret.HasLease)
        {
            return Made("", secret);
        }

        var lease = new VaultServerLease
        {
            Id = State.New($"{request.Path}/"),
            Token = token.Id,
            User = (string?)secret.Data["username"] ?? "",
            IsRenewable = secret.IsRenewable,
            Expires = State.Now + secret.TimeToLive,
            MaxExpires = State.Now + secret.MaxTimeToLive,
        };
        State.Leases.Add(lease.Id, lease);
        if (lease.User.Length > 0)
        {
            State.Users[lease.User] = (string?)secret.Data["password"] ?? "";
        }

        return Made(lease.Id, secret);
    }

    private static VaultServerAnswer Made(string lease, VaultServerSecret secret) => new(200, new JsonObject
    {
        ["request_id"] = RandomNumberGenerator.GetHexString(32, lowercase: true),
        ["lease_id"] = lease,
        ["renewable"] = secret.HasLease && secret.IsRenewable,
        ["lease_duration"] = (long)secret.TimeToLive.TotalSeconds,
        ["data"] = secret.Data.DeepClone(),
        ["wrap_info"] = null,
        ["warnings"] = null,
        ["auth"] = null,
    });

    private VaultServerAnswer ByAccessor(VaultRequest request, Func<VaultServerToken, VaultServerAnswer> answer) =>
        State.Tokens.Values.FirstOrDefault(token => token.Accessor == (string?)request.Body["accessor"]) is { } found
            ? answer(found)
            : VaultServerAnswer.Refused(400, "invalid accessor");

    private VaultServerAnswer ByLease(VaultRequest request, Func<VaultServerLease, VaultServerAnswer> answer) =>
        State.Leases.TryGetValue((string?)request.Body["lease_id"] ?? "", out var lease)
            ? answer(lease)
            : VaultServerAnswer.Refused(400, request.Path == "sys/leases/lookup" ? "invalid lease" : "lease not found");

    private VaultServerAnswer Lookup(VaultServerLease lease) => VaultServerAnswer.Of("data", new JsonObject
    {
        ["id"] = lease.Id,
        ["renewable"] = lease.IsRenewable,
        ["ttl"] = Math.Max(0, (long)(lease.Expires - State.Now).TotalSeconds),
    });

    private VaultServerAnswer Renew(VaultServerToken token, JsonObject body)
    {
        token.Expires = Earlier(State.Now + SpanOf(body["increment"]!), token.MaxExpires);
        return VaultServerAnswer.Of("auth", Auth(token, token.Expires - State.Now));
    }

    private VaultServerAnswer Renew(VaultServerLease lease, JsonObject body)
    {
        if (!lease.IsRenewable)
        {
            return VaultServerAnswer.Refused(400, "lease is not renewable");
        }

        lease.Expires = Earlier(State.Now + TimeSpan.FromSeconds((long)body["increment"]!), lease.MaxExpires);
        return new(200, new JsonObject
        {
            ["lease_id"] = lease.Id, ["renewable"] = true, ["lease_duration"] = (long)(lease.Expires - State.Now).TotalSeconds,
        });
    }

    private VaultServerAnswer RevokeLease(JsonObject body)
    {
        if (!State.Leases.TryGetValue((string)body["lease_id"]!, out var lease))
        {
            return VaultServerAnswer.None;
        }

        if (!IsBackendUp)
        {
            return VaultServerAnswer.Refused(500, "failed to revoke entry: the database's own words");
        }

        State.Revoke(lease);
        return VaultServerAnswer.None;
    }

    private VaultServerAnswer RevokeBelow(string prefix)
    {
        foreach (var token in State.Tokens.Values.Where(token => token.Path == prefix.TrimEnd('/')).ToArray())
        {
            State.Revoke(token);
        }

        return VaultServerAnswer.None;
    }

    private VaultServerAnswer ListBelow(string prefix) =>
        List([.. State.Tokens.Values.Where(token => token.Path == prefix.TrimEnd('/')).Select(token => $"h{token.Accessor}")]);

    private static VaultServerAnswer List(string[] keys) => keys.Length == 0
        ? VaultServerAnswer.Refused(404)
        : VaultServerAnswer.Of("data", new JsonObject { ["keys"] = new JsonArray([.. keys.Select(key => (JsonNode)key)]) });

    private static JsonObject Describe(VaultServerToken token) => new()
    {
        ["accessor"] = token.Accessor, ["type"] = token.Type, ["num_uses"] = token.Uses, ["meta"] = token.Meta.DeepClone(),
    };

    private static JsonObject Auth(VaultServerToken token, TimeSpan life) => new()
    {
        ["client_token"] = token.Id,
        ["accessor"] = token.Accessor,
        ["policies"] = new JsonArray([.. token.Policies.Select(policy => (JsonNode)policy)]),
        ["lease_duration"] = (long)life.TotalSeconds,
        ["renewable"] = true,
    };

    private static string NameIn(VaultRequest request) => request.Path[$"{Roles}/".Length..];

    private static TimeSpan SpanOf(JsonNode duration) =>
        TimeSpan.FromSeconds(long.Parse(duration.GetValue<string>().TrimEnd('s'), CultureInfo.InvariantCulture));

    private static TimeSpan Shorter(TimeSpan one, TimeSpan other) => one < other ? one : other;

    private static DateTimeOffset Earlier(DateTimeOffset one, DateTimeOffset other) => one < other ? one : other;
}
