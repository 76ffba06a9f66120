using System.Text.Json.Nodes;

namespace SecretsBroker.Tests.Identity;

/// <summary>A SPIFFE trust domain for tests: its bundle in a file, and JWT-SVIDs for its workloads.</summary>
internal sealed class TestTrustDomain
{
    private readonly TestKey _key;
    private readonly TimeProvider _time;

    /// <param name="name">Such as <c>example.org</c>.</param>
    /// <param name="folder">Where its bundle is written.</param>
    /// <param name="time">The broker's clock.</param>
    public TestTrustDomain(string name, string folder, TimeProvider? time = null)
    {
        Name = name;
        BundleFile = Path.Combine(folder, name + ".json");
        _key = TestKey.Create("ES256", name);
        _time = time ?? TimeProvider.System;
        TestTokens.Replace(BundleFile, TestTokens.Bundle(1, _key));
    }

    public string Name { get; }

    public string BundleFile { get; }

    /// <summary>A value for the <c>authorization</c> metadata.</summary>
    public string Bearer(string path, string audience) => "Bearer " + Token(path, audience);

    /// <param name="path">Of the workload.</param>
    /// <param name="audience">The broker.</param>
    /// <param name="boundTo">The thumbprint of the key that it is bound to; null for a bearer token.</param>
    public string Token(string path, string audience, string? boundTo = null)
    {
        var claims = TestTokens.SvidClaims($"spiffe://{Name}/{path}", audience, _time.GetUtcNow());
        if (boundTo is not null)
            claims["cnf"] = new JsonObject { ["jkt"] = boundTo };
        return TestTokens.Mint(_key, claims);
    }
}
