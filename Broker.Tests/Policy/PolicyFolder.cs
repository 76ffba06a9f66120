using SecretsBroker.Policy;
using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.Policy;

/// <summary>A folder of policy files.</summary>
internal sealed class PolicyFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public string Path => _folder.Path;

    public PolicyFolder Write(string text, string name = "a.cedar")
    {
        File.WriteAllText(System.IO.Path.Combine(Path, name), text);
        return this;
    }

    public void Delete(string name) => File.Delete(System.IO.Path.Combine(Path, name));

    /// <summary>Held against the catalogue of <see cref="Questions"/>.</summary>
    public Task<PolicyLoad> LoadAsync() => PolicyLoader.LoadAsync(Path, Questions.Catalog, CancellationToken.None);

    public void Dispose() => _folder.Dispose();
}
