using SecretsBroker.Samples.LocalServers;

namespace SecretsBroker.Tests.CommandLine.Policies;

/// <summary>A small company's configuration, catalogue and policies, in a folder.</summary>
internal sealed class CompanyFolder : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public CompanyFolder()
    {
        Write("catalog/a.yaml", PolicyExamples.Catalog);
        Write("policies/a.cedar", PolicyExamples.Policies);
        Write("broker.yaml", "Catalog:\n  Folder: catalog\nPolicy:\n  Folder: policies\n");
    }

    public string Configuration => PathOf("broker.yaml");

    public string PathOf(string name) => Path.Combine(_folder.Path, name);

    public string Write(string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllText(PathOf(name), text);
        return PathOf(name);
    }

    public void Dispose() => _folder.Dispose();
}
