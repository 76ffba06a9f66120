using System.Security.Cryptography;
using System.Text.Json.Nodes;

namespace SecretsBroker.Tests.Engines.Vault;

/// <summary>What a Vault keeps: token roles, tokens, leases, and the users that its leases are at the system behind it.</summary>
internal sealed class VaultState(TimeProvider time)
{
    private int _made;

    public Dictionary<string, JsonObject> Roles { get; } = [];

    public Dictionary<string, VaultServerToken> Tokens { get; } = [];

    public Dictionary<string, VaultServerLease> Leases { get; } = [];

    /// <summary>Of the database behind the mount.</summary>
    public Dictionary<string, string> Users { get; } = [];

    /// <summary>Whether leases of revoked tokens wait, as Vault's own queue may.</summary>
    public bool IsQueueHeld { get; set; }

    public DateTimeOffset Now => time.GetUtcNow();

    public string New(string prefix) => $"{prefix}{++_made:x8}-{RandomNumberGenerator.GetHexString(32, lowercase: true)}";

    public void Add(VaultServerToken token) => Tokens.Add(token.Id, token);

    /// <summary>What has ended by itself goes.</summary>
    public void Expire()
    {
        foreach (var token in Tokens.Values.Where(token => token.Expires <= Now).ToArray())
        {
            Revoke(token);
        }

        foreach (var lease in Leases.Values.Where(lease => lease.Expires <= Now && !(IsQueueHeld && lease.IsQueued)).ToArray())
        {
            Revoke(lease);
        }
    }

    /// <summary>Its leases are only due with that, as at Vault: they are carried out by its queue.</summary>
    public void Revoke(VaultServerToken token)
    {
        Tokens.Remove(token.Id);
        foreach (var lease in Leases.Values.Where(lease => lease.Token == token.Id).ToArray())
        {
            (lease.Expires, lease.IsQueued) = (Now, true);
            if (!IsQueueHeld)
            {
                Revoke(lease);
            }
        }
    }

    public void Revoke(VaultServerLease lease)
    {
        Leases.Remove(lease.Id);
        Users.Remove(lease.User);
    }
}

internal sealed class VaultServerToken
{
    public required string Id { get; init; }

    public required string Accessor { get; init; }

    public required string[] Policies { get; init; }

    /// <summary>Under which its own lease is kept: <c>auth/token/create/ROLE</c>.</summary>
    public string Path { get; init; } = "";

    public string Type { get; init; } = "service";

    public int Uses { get; init; }

    public DateTimeOffset Expires { get; set; } = DateTimeOffset.MaxValue;

    public DateTimeOffset MaxExpires { get; init; } = DateTimeOffset.MaxValue;

    public JsonObject Meta { get; init; } = [];
}

internal sealed class VaultServerLease
{
    public required string Id { get; init; }

    public required string Token { get; init; }

    public string User { get; init; } = "";

    public bool IsRenewable { get; init; }

    public bool IsQueued { get; set; }

    public DateTimeOffset Expires { get; set; }

    public DateTimeOffset MaxExpires { get; init; }
}

/// <param name="TimeToLive">Of its lease.</param>
/// <param name="MaxTimeToLive">Renewals included.</param>
internal sealed record VaultServerSecret(TimeSpan TimeToLive, TimeSpan MaxTimeToLive, JsonObject Data)
{
    public bool IsRenewable { get; init; } = true;

    public bool HasLease { get; init; } = true;
}
