using SecretsBroker.Catalog;

namespace SecretsBroker.Engines.Vault;

/// <summary>
/// How the broker logs in: <c>token</c>, a token that something else keeps alive; <c>approle</c> with <c>mount</c> (<c>approle</c>),
/// <c>role_id</c> and <c>secret_id</c>; or <c>jwt</c> with <c>mount</c> (<c>jwt</c>), <c>role</c> and <c>token</c>, which serves Kubernetes'
/// way as well.
/// </summary>
/// <param name="Path">Where; null for a token, which needs no login.</param>
/// <param name="Fields">What is sent beside the secret.</param>
/// <param name="SecretField">What the secret is called there.</param>
/// <param name="Secret">Null only where the settings are faulty.</param>
internal sealed record VaultLogin(
    string? Path, IReadOnlyDictionary<string, string> Fields, string SecretField, SecretReference? Secret)
{
    private static readonly string[] _ways = ["token", "approle", "jwt"];

    public static VaultLogin Read(SettingsReader reader)
    {
        if (_ways.Count(reader.Has) != 1)
        {
            reader.Fault(_ways.FirstOrDefault(reader.Has) ?? _ways[0], "must be the one way to log in: one of token, approle and jwt");
        }

        if (reader.Has("approle"))
        {
            return ReadRole(reader.Section("approle"), "approle", "role_id", "secret_id", "secret_id");
        }

        if (reader.Has("jwt"))
        {
            return ReadRole(reader.Section("jwt"), "jwt", "role", "token", "jwt");
        }

        return new VaultLogin(Path: null, new Dictionary<string, string>(), "", reader.Secret("token"));
    }

    private static VaultLogin ReadRole(SettingsReader reader, string mount, string role, string secret, string secretField)
    {
        var login = new VaultLogin(
            $"auth/{VaultPath.Read(reader, "mount", mount)}/login",
            new Dictionary<string, string> { [role] = reader.RequiredText(role) },
            secretField,
            reader.Secret(secret));
        if (!reader.Has(secret))
        {
            reader.Fault(secret, "is required");
        }

        reader.RefuseOthers();
        return login;
    }
}
