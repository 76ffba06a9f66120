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
    public string Bearer(string path, string audience) =>
        "Bearer " + TestTokens.Mint(_key, TestTokens.SvidClaims($"spiffe://{Name}/{path}", audience, _time.GetUtcNow()));
}
