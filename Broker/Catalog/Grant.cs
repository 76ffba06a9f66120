using System.Text.Json;

namespace SecretsBroker.Catalog;

/// <summary>A catalogue entry: which engine makes the secret for an action on a resource, and within which bounds.</summary>
internal sealed record Grant
{
    /// <summary>No grant's <see cref="MaxTimeToLive"/> is longer.</summary>
    public static readonly TimeSpan LongestTimeToLive = TimeSpan.FromHours(24);

    /// <summary>Unique; <c>[a-z0-9-]</c>, at most 40 characters.</summary>
    public required string Name { get; init; }

    public required string Action { get; init; }

    public required string Resource { get; init; }

    public required string Target { get; init; }

    /// <summary>The target's engine type. One action on one resource may have one grant an engine type.</summary>
    public required string Engine { get; init; }

    public required TimeSpan DefaultTimeToLive { get; init; }

    /// <summary>The longest life, renewals included.</summary>
    public required TimeSpan MaxTimeToLive { get; init; }

    /// <summary>For policy; empty when not stated.</summary>
    public string Classification { get; init; } = "";

    /// <summary>For policy; empty when not stated.</summary>
    public string Environment { get; init; } = "";

    /// <summary>Tools that may use it; empty means any.</summary>
    public IReadOnlyList<string> Tools { get; init; } = [];

    /// <summary>Whether a reported use outside the intent revokes the lease.</summary>
    public bool RevokeOnViolation { get; init; }

    /// <summary>Whether its secrets are delivered sealed for a key of the caller's only.</summary>
    public bool Sealed { get; init; }

    /// <summary>Whether only who shows possession of a key may have it: a stolen bearer token gets nothing.</summary>
    public bool RequireProof { get; init; }

    /// <summary>Whether each token serves one request for it.</summary>
    public bool SingleUseTokens { get; init; }

    /// <summary>The engine's own, an object.</summary>
    public JsonElement Settings { get; init; }
}
